import {
  isStoreError,
  StoreError,
  type RecordKind,
  type Scope,
  type StoreTransaction,
  type UserEngineStore,
  type VersionedRecord,
} from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayRepositories, REPOSITORIES, repositoryOf, type RepositoryName } from './overlay.ts'

const KINDS = {
  tenants: 'tenant',
  users: 'user',
  accounts: 'account',
  externalIdentities: 'external_identity',
  tenantAccounts: 'tenant_account',
  groups: 'group',
  memberships: 'membership',
  applications: 'application',
  applicationBindings: 'application_binding',
  attributeCatalogs: 'attribute_catalog',
  profileValues: 'profile_value',
} as const

export const faultyVersions: readonly FaultyStore[] = [
  {
    name: 'last-writer-wins',
    defect: 'An update is carried out whatever version it was decided on.',
    breaks: 'UE-VERSION-001',
    expect: "and not with VERSION_CONFLICT 'account'",
    corrupt: () => (good) =>
      overlayRepositories(good, (repository) => ({
        async update(record) {
          const current = await repository.find(record.id)
          await repository.update({ ...record, version: (current?.version ?? record.version - 1) + 1 })
        },
      })),
  },
  {
    name: 'checks-the-version-too-early',
    defect: 'It compares versions when an update is called, and writes without comparing when it commits.',
    breaks: 'UE-VERSION-002',
    expect: 'versions that were made, of those that committed: it is',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work) {
          const updates: { readonly name: RepositoryName; readonly record: VersionedRecord }[] = []
          const late = overlayRepositories(good, (repository, name) => ({
            async update(record) {
              const current = await repository.find(record.id)
              if (current?.version !== record.version - 1) {
                throw new StoreError('VERSION_CONFLICT', { kind: KINDS[name], id: record.id })
              }
              updates.push({ name, record })
            },
          }))
          return late.transaction(scope, async (tx) => {
            const result = await work(tx)
            for (const { name, record } of updates) await overwrite(good, scope, name, record)
            return result
          })
        },
      }),
  },
  {
    name: 'updates-under-its-guard',
    defect: 'What a transaction has guarded it updates without a lock: versions are compared at the call.',
    breaks: 'UE-VERSION-002',
    expect: '2 of two that exclude each other committed',
    by: 'UE-VERSION-002/users-guarded',
    corrupt: () => (good) =>
      overlay(good, {
        transaction: (scope, work) =>
          good.transaction(scope, async (tx) => {
            const guards = new Map<string, () => Promise<void>>()
            const updates = new Map<string, () => Promise<void>>()
            const careless = REPOSITORIES.map((name) => {
              const repository = repositoryOf(tx, name)
              const expectVersion = async (id: string, version: number) => {
                if ((await repository.find(id))?.version !== version)
                  throw new StoreError('VERSION_CONFLICT', { kind: KINDS[name], id })
              }
              const members: Partial<typeof repository> = {
                async guard(seen) {
                  if (updates.has(seen.id)) return
                  await expectVersion(seen.id, seen.version)
                  guards.set(seen.id, () => repository.guard(seen))
                },
                async update(record) {
                  if (!guards.delete(record.id)) return repository.update(record)
                  await expectVersion(record.id, record.version - 1)
                  updates.set(record.id, () => overwrite(good, scope, name, record))
                },
              }
              return [name, overlay(repository, members)]
            })
            const result = await work(overlay(tx, Object.fromEntries(careless) as Partial<StoreTransaction>))
            for (const step of [...guards.values(), ...updates.values()]) await step()
            return result
          }),
      }),
  },
  {
    name: 'guards-nothing',
    defect: 'A guard does nothing.',
    breaks: 'UE-VERSION-003',
    expect: "and not with VERSION_CONFLICT 'account'",
    disturbs: ['UE-APPLICATION-002'],
    corrupt: () => (good) =>
      overlayRepositories(good, () => ({ guard: async () => {}, guardState: async () => {} })),
  },
  {
    name: 'guards-when-called',
    defect: 'A guard compares versions when it is called, and holds nothing until the commit.',
    breaks: 'UE-VERSION-004',
    expect: 'crosswise unlinks committed',
    corrupt: () => (good) =>
      overlayRepositories(good, (repository, name) => ({
        async guard({ id, version }) {
          const current = await repository.find(id)
          if (current?.version !== version)
            throw new StoreError('VERSION_CONFLICT', { kind: KINDS[name], id })
        },
      })),
  },
  {
    name: 'holds-its-last-guard',
    defect:
      'Of several guards only the last one is held until the commit; the others compare when they are called.',
    breaks: 'UE-HISTORY-001',
    expect: 'guarded read skew: ',
    corrupt: () => (good) =>
      overlay(good, {
        transaction: (scope, work) =>
          good.transaction(scope, async (tx) => {
            let hold = async () => {}
            const forgetful = REPOSITORIES.map((name) => {
              const repository = repositoryOf(tx, name)
              const guard: typeof repository.guard = async (seen) => {
                const current = await repository.find(seen.id)
                if (current?.version !== seen.version)
                  throw new StoreError('VERSION_CONFLICT', { kind: KINDS[name], id: seen.id })
                hold = () => repository.guard(seen)
              }
              return [name, overlay(repository, { guard })]
            })
            const result = await work(overlay(tx, Object.fromEntries(forgetful) as Partial<StoreTransaction>))
            await hold()
            return result
          }),
      }),
  },
  {
    name: 'names-the-first-of-several',
    defect: 'A version conflict names the record that its transaction wrote first, whichever it is about.',
    breaks: 'UE-VERSION-001',
    expect: 'one stale update among 11, of ',
    by: 'UE-VERSION-001/stale-among-others',
    corrupt: () => (good) =>
      overlay(good, {
        async transaction(scope, work, reads) {
          const written: { readonly kind: RecordKind; readonly id: string }[] = []
          const noting = overlayRepositories(good, (repository, name) => ({
            async update(record) {
              written.push({ kind: KINDS[name], id: record.id })
              await repository.update(record)
            },
          }))
          try {
            return await noting.transaction(scope, work, reads)
          } catch (error) {
            const [first] = written
            if (first === undefined || !isStoreError(error, 'VERSION_CONFLICT')) throw error
            throw new StoreError('VERSION_CONFLICT', first)
          }
        },
      }),
  },
]

/** Writes the record over whatever is there, as often as it takes. */
async function overwrite(
  good: UserEngineStore,
  scope: Scope,
  name: RepositoryName,
  record: VersionedRecord,
): Promise<void> {
  try {
    await good.transaction(scope, async (tx) => {
      const repository = repositoryOf(tx, name)
      const current = await repository.find(record.id)
      await repository.update({ ...record, version: (current?.version ?? 0) + 1 })
    })
  } catch (error) {
    if (!isStoreError(error, 'VERSION_CONFLICT')) throw error
    await overwrite(good, scope, name, record)
  }
}
