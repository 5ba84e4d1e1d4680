import {
  DIRECTORY,
  directoryScope,
  tenantScope,
  type Scope,
  type StoreTransaction,
  type TenantId,
} from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import {
  overlay,
  overlayRepositories,
  repositoryOf,
  type AnyRepository,
  type RepositoryName,
} from './overlay.ts'

type StateGuard = AnyRepository['guardState']

const isIn = async (repository: AnyRepository, { id, states }: Parameters<StateGuard>[0]) =>
  states.includes((await repository.find(id))?.state ?? '')

/** Replaces the guards by states, each by itself. */
const guarding =
  (guardOf: (repository: AnyRepository, tx: StoreTransaction) => StateGuard): FaultyStore['corrupt'] =>
  () =>
  (good) =>
    overlayRepositories(good, (repository, _, tx) => ({ guardState: guardOf(repository, tx) }))

/** Does not compare with what was updated at some of the levels of the same transaction. */
const passing =
  (passes: (updated: number, guarded: number) => boolean): FaultyStore['corrupt'] =>
  () =>
  (good) =>
    overlay(good, {
      transaction(scope, work, reads) {
        const levels = new Map<string, number>()
        const forgiving = overlayRepositories(good, (repository, _name, _tx, { depth }) => ({
          async update(record) {
            await repository.update(record)
            levels.set(record.id, depth)
          },
          async guardState(seen) {
            const updated = levels.get(seen.id)
            if (updated === undefined || !passes(updated, depth)) await repository.guardState(seen)
          },
        }))
        return forgiving.transaction(scope, work, reads)
      },
    })

/** Lets guards by states pass of what is in one of them for another scope. */
const lookingIn =
  (
    scopeOf: (seen: Parameters<StateGuard>[0], scope: Scope, name: RepositoryName) => Scope | null,
  ): FaultyStore['corrupt'] =>
  () =>
  (good) =>
    overlayRepositories(good, (repository, name, _, { scope }) => ({
      async guardState(seen) {
        const other = scopeOf(seen, scope, name)
        const passes =
          other !== null && (await good.transaction(other, (tx) => isIn(repositoryOf(tx, name), seen)))
        if (!passes) await repository.guardState(seen)
      },
    }))

/** Guards by states that hold but in one state, one scope, one order or one company. */
export const faultyStateGuards: readonly FaultyStore[] = [
  {
    name: 'guards-no-state',
    defect: 'A guard by states does nothing.',
    breaks: 'UE-VERSION-005',
    expect: 'a guard by the state before resolved',
    by: 'UE-VERSION-005/users',
    corrupt: guarding(() => async () => {}),
  },
  {
    name: 'guards-the-first-of-its-states',
    defect: 'Of several states that a guard allows only the first one counts.',
    breaks: 'UE-VERSION-005',
    expect: 'the store unexpectedly answered StoreError VERSION_CONFLICT',
    by: 'UE-VERSION-005/users',
    corrupt: guarding(
      (repository) => (seen) => repository.guardState({ ...seen, states: seen.states.slice(0, 1) }),
    ),
  },
  {
    name: 'no-state-is-any',
    defect: 'A guard by states that names none allows all of them.',
    breaks: 'UE-VERSION-005',
    expect: 'a guard by no state resolved',
    by: 'UE-VERSION-005/users',
    corrupt: guarding((repository) => async (seen) => {
      if (seen.states.length > 0) await repository.guardState(seen)
    }),
  },
  {
    name: 'what-is-absent-is-in-no-other-state',
    defect: 'A guard by states passes where there is no record.',
    breaks: 'UE-VERSION-005',
    expect: 'a guard by the state of an absent record resolved',
    by: 'UE-VERSION-005/users',
    corrupt: guarding((repository) => async (seen) => {
      if ((await repository.find(seen.id)) !== null) await repository.guardState(seen)
    }),
  },
  {
    name: 'a-state-in-place-of-a-version',
    defect: 'Who guards a record by its state is not held to a guard by its version before that.',
    breaks: 'UE-VERSION-005',
    expect: 'a guard of a wrong version before the right state resolved',
    by: 'UE-VERSION-005/users',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work, reads) {
          const wrong = new Map<string, () => Promise<void>>()
          const forgetful = overlayRepositories(good, (repository, name, _, { depth }) => ({
            async guard(seen) {
              const current = depth > 0 || (await repository.find(seen.id))?.version === seen.version
              if (current) await repository.guard(seen)
              else wrong.set(`${name} ${seen.id}`, () => repository.guard(seen))
            },
            async guardState(seen) {
              wrong.delete(`${name} ${seen.id}`)
              await repository.guardState(seen)
            },
          }))
          const held = async (tx: StoreTransaction) => {
            const result = await work(tx)
            for (const guard of wrong.values()) await guard()
            return result
          }
          return forgetful.transaction(scope, held, reads)
        },
      }),
  },
  {
    name: 'guards-states-when-called',
    defect: 'A guard by states compares when it is called, and holds nothing until the commit.',
    breaks: 'UE-VERSION-005',
    expect: 'a guard held although the change was committed before',
    by: 'UE-VERSION-005/users-raced',
    corrupt: guarding((repository) => async (seen) => {
      if (!(await isIn(repository, seen))) await repository.guardState(seen)
    }),
  },
  {
    name: 'guards-states-of-its-own-scope',
    defect: 'In a tenant a guard by states of what the directory has compares when it is called, no later.',
    breaks: 'UE-VERSION-005',
    expect: 'a guard held although the change was committed before',
    by: 'UE-VERSION-005/tenants-raced-in-a-tenant',
    corrupt: guarding((repository, tx) => async (seen) => {
      const holds = tx.scope.kind === 'directory' || seen.scopeId !== DIRECTORY
      if (holds || !(await isIn(repository, seen))) await repository.guardState(seen)
    }),
  },
  {
    name: 'guards-the-version-it-finds',
    defect: 'A guard by states becomes one of the version that the record has when it is called.',
    breaks: 'UE-VERSION-005',
    expect: 'the transaction that guards their states ended with',
    by: 'UE-VERSION-005/replaced-meanwhile',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work, reads) {
          const found = new Map<string, () => Promise<void>>()
          const strict = overlayRepositories(good, (repository, _name, _tx, { depth }) => ({
            async guardState(seen) {
              const record = await repository.find(seen.id)
              if (depth > 0 || record === null || !seen.states.includes(record.state))
                await repository.guardState(seen)
              else found.set(seen.id, () => repository.guard(record))
            },
            async update(record) {
              await found.get(record.id)?.()
              found.delete(record.id)
              await repository.update(record)
            },
          }))
          const held = async (tx: StoreTransaction) => {
            const result = await work(tx)
            for (const guard of found.values()) await guard()
            return result
          }
          return strict.transaction(scope, held, reads)
        },
      }),
  },
  {
    name: 'guards-the-state-that-was-stored',
    defect: 'A guard by states looks past what its own transaction has written.',
    breaks: 'UE-VERSION-005',
    expect: 'the store unexpectedly answered StoreError VERSION_CONFLICT',
    by: 'UE-VERSION-005/users-own-writes',
    corrupt: () => (good) =>
      overlayRepositories(good, (repository, name, _, { scope }) => ({
        async guardState(seen) {
          const stored = await good.transaction(scope, (tx) => isIn(repositoryOf(tx, name), seen))
          await repository.guardState(stored ? seen : { ...seen, states: [] })
        },
      })),
  },
  {
    name: 'states-of-its-own-pass',
    defect: 'A guard by states is not compared with what its transaction has updated.',
    breaks: 'UE-VERSION-005',
    expect: 'a guard by the state that the same transaction has left resolved',
    by: 'UE-VERSION-005/users-own-writes',
    corrupt: passing((updated, guarded) => updated === guarded),
  },
  {
    name: 'states-of-the-one-around-pass',
    defect:
      'In a nested transaction a guard by states is not compared with what the one around it has updated.',
    breaks: 'UE-VERSION-005',
    expect: 'a guard by the state that the transaction around it has left resolved',
    by: 'UE-VERSION-005/users-own-writes',
    corrupt: passing((updated, guarded) => updated < guarded),
  },
  {
    name: 'states-of-a-nested-one-pass',
    defect: 'A guard by states is not compared with what a nested transaction has updated.',
    breaks: 'UE-VERSION-005',
    expect: 'a guard by the state that a nested transaction has left resolved',
    by: 'UE-VERSION-005/users-own-writes',
    corrupt: passing((updated, guarded) => updated > guarded),
  },
  {
    name: 'states-at-the-very-end',
    defect: 'What a nested transaction guards by states is held when the outermost one commits, no earlier.',
    breaks: 'UE-TRANSACTION-006',
    expect: 'the outer one ended with',
    by: 'UE-TRANSACTION-006/held-guard-by-state',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work, reads) {
          const late: ((tx: StoreTransaction) => Promise<void>)[] = []
          const postponing = overlayRepositories(good, (repository, name, _, { depth }) => ({
            async guardState(seen) {
              if (depth === 0 || !(await isIn(repository, seen))) return repository.guardState(seen)
              late.push((tx) => repositoryOf(tx, name).guardState(seen))
            },
          }))
          const held = async (tx: StoreTransaction) => {
            const result = await work(tx)
            for (const guard of late) await guard(tx)
            return result
          }
          return postponing.transaction(scope, held, reads)
        },
      }),
  },
  {
    name: 'guards-states-wherever-they-are',
    defect: 'A guard by states of what another tenant has passes where it is in one of them.',
    breaks: 'UE-TENANT-001',
    expect: 'a guard by states from another tenant, on a stored record resolved',
    by: 'UE-TENANT-001/guard-state-groups',
    corrupt: lookingIn(({ scopeId }, scope) =>
      scopeId === DIRECTORY || scopeId === scope.tenantId ? null : tenantScope(scopeId as TenantId),
    ),
  },
  {
    name: 'guards-users-by-their-state',
    defect:
      'In a tenant a guard by states of a user passes where the directory has that user in one of them.',
    breaks: 'UE-TENANT-004',
    expect: 'a guard by states on a stored user resolved',
    by: 'UE-TENANT-004/guard',
    corrupt: lookingIn((_, { kind }, name) =>
      kind === 'tenant' && name === 'users' ? directoryScope() : null,
    ),
  },
  {
    name: 'guards-drafts-by-their-state',
    defect: "In a tenant a guard by states of the directory's catalogs finds drafts as well.",
    breaks: 'UE-CATALOG-004',
    expect: 'a guard by its state by a tenant resolved',
    corrupt: lookingIn((_, { kind }, name) =>
      kind === 'tenant' && name === 'attributeCatalogs' ? directoryScope() : null,
    ),
  },
]
