import { DIRECTORY, type StoreTransaction } from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import {
  overlay,
  overlayRepositories,
  REPOSITORIES,
  repositoryOf,
  type AnyRepository,
  type RepositoryName,
} from './overlay.ts'

type Guard = AnyRepository['guard']

const isCurrent = async (repository: AnyRepository, { id, version }: Parameters<Guard>[0]) =>
  (await repository.find(id))?.version === version

/** Guards that hold but in one scope, one order or one company. */
export const faultyGuards: readonly FaultyStore[] = [
  {
    name: 'guards-its-own-scope',
    defect: 'In a tenant a guard of what the directory has compares when it is called, and holds nothing.',
    breaks: 'UE-VERSION-003',
    expect: 'a guard held although the change was committed before',
    by: 'UE-VERSION-003/tenants-raced-in-a-tenant',
    corrupt: () => (good) =>
      overlayRepositories(good, (repository, _, tx) => ({
        async guard(seen) {
          const holds = tx.scope.kind === 'directory' || seen.scopeId !== DIRECTORY
          if (holds || !(await isCurrent(repository, seen))) await repository.guard(seen)
        },
      })),
  },
  {
    name: 'the-last-guard-of-a-record',
    defect: 'Of two guards of one record the second takes the place of the first.',
    breaks: 'UE-VERSION-003',
    expect: 'a wrong guard before a right one of the same record resolved',
    by: 'UE-VERSION-003/users',
    corrupt: () => (good) =>
      overlay(good, {
        transaction: (scope, work, reads) =>
          good.transaction(
            scope,
            async (tx) => {
              const wrong = new Map<string, () => Promise<void>>()
              const result = await work(
                withGuards(tx, (name) => async (seen) => {
                  const repository = repositoryOf(tx, name)
                  wrong.delete(`${name} ${seen.id}`)
                  if (await isCurrent(repository, seen)) await repository.guard(seen)
                  else wrong.set(`${name} ${seen.id}`, () => repository.guard(seen))
                }),
              )
              for (const guard of wrong.values()) await guard()
              return result
            },
            reads,
          ),
      }),
  },
  {
    name: 'guards-end-with-a-nested-one',
    defect:
      'Guards that were made before a nested transaction are compared when they are called, and hold nothing.',
    breaks: 'UE-VERSION-004',
    expect: '2 of two that exclude each other committed',
    by: 'UE-VERSION-004/users-nested',
    corrupt: () => (good) =>
      overlay(good, {
        transaction: (scope, work, reads) =>
          good.transaction(
            scope,
            async (tx) => {
              const held: (() => Promise<void>)[] = []
              const guarding = withGuards(tx, (name) => async (seen) => {
                const guard = () => repositoryOf(tx, name).guard(seen)
                if (await isCurrent(repositoryOf(tx, name), seen)) held.push(guard)
                else await guard()
              })
              const result = await work(
                overlay(guarding, {
                  nested(inner) {
                    held.length = 0
                    return tx.nested(inner)
                  },
                }),
              )
              for (const guard of held) await guard()
              return result
            },
            reads,
          ),
      }),
  },
  {
    name: 'guards-end-with-one-of-them',
    defect: 'Who guards a record and then replaces it ends the guards that others have of it.',
    breaks: 'UE-HISTORY-001',
    expect: 'guarded read skew: ',
    by: 'UE-HISTORY-001/guarded-by-who-writes',
    corrupt: () => {
      /** Of each open transaction the guards that are still to be made before it commits. */
      const open = new Set<Map<string, () => Promise<void>>>()
      return (good) =>
        overlay(good, {
          transaction: (scope, work, reads) =>
            good.transaction(
              scope,
              async (tx) => {
                const guards = new Map<string, () => Promise<void>>()
                open.add(guards)
                try {
                  const guarding = withGuards(tx, (name) => async (seen) => {
                    const guard = () => repositoryOf(tx, name).guard(seen)
                    if (await isCurrent(repositoryOf(tx, name), seen)) guards.set(seen.id, guard)
                    else await guard()
                  })
                  const replacing = withMembers(guarding, (repository) => ({
                    async update(record) {
                      await repository.update(record)
                      if (guards.has(record.id)) for (const others of open) others.delete(record.id)
                    },
                  }))
                  const result = await work(replacing)
                  for (const guard of guards.values()) await guard()
                  return result
                } finally {
                  open.delete(guards)
                }
              },
              reads,
            ),
        })
    },
  },
  {
    name: 'guards-its-own-update',
    defect: 'A guard that was sent is sent again with what follows: who replaces the record is in its way.',
    breaks: 'UE-VERSION-003',
    expect: 'the store unexpectedly answered StoreError VERSION_CONFLICT',
    by: 'UE-VERSION-003/users-own-writes',
    corrupt: () => (good) =>
      overlay(good, {
        transaction: (scope, work, reads) =>
          good.transaction(
            scope,
            async (tx) => {
              const made: (() => Promise<void>)[] = []
              let sent: (() => Promise<void>)[] = []
              const guarding = withGuards(tx, (name) => async (seen) => {
                await repositoryOf(tx, name).guard(seen)
                made.push(() => repositoryOf(tx, name).guard(seen))
              })
              const result = await work(
                overlay(guarding, {
                  async recordCounts() {
                    for (const again of sent) await again()
                    sent = [...made]
                    return tx.recordCounts()
                  },
                }),
              )
              return result
            },
            reads,
          ),
      }),
  },
  {
    name: 'guards-of-its-own-pass',
    defect: 'A guard on a record that the transaction has replaced is not compared.',
    breaks: 'UE-VERSION-003',
    expect: 'a guard on the version that the same transaction has replaced resolved',
    by: 'UE-VERSION-003/users-own-writes',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work, reads) {
          const replaced = new Set<string>()
          return overlayRepositories(good, (repository) => ({
            async update(record) {
              await repository.update(record)
              replaced.add(record.id)
            },
            async guard(seen) {
              if (!replaced.has(seen.id)) await repository.guard(seen)
            },
          })).transaction(scope, work, reads)
        },
      }),
  },
]

function withMembers(
  tx: StoreTransaction,
  replace: (repository: AnyRepository, name: RepositoryName) => Partial<AnyRepository>,
): StoreTransaction {
  const members = REPOSITORIES.map((name) => {
    const repository = repositoryOf(tx, name)
    return [name, overlay(repository, replace(repository, name))]
  })
  return overlay(tx, Object.fromEntries(members) as Partial<StoreTransaction>)
}

const withGuards = (tx: StoreTransaction, guardOf: (name: RepositoryName) => Guard) =>
  withMembers(tx, (_, name) => ({ guard: guardOf(name) }))
