import { StoreError, type VersionedRecord } from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayRepositories, repositoryOf, type RepositoryName } from './overlay.ts'

const KINDS = {
  tenants: 'tenant',
  users: 'user',
  accounts: 'account',
  externalIdentities: 'external_identity',
  tenantAccounts: 'tenant_account',
} as const

export const faultyVersions: readonly FaultyStore[] = [
  {
    name: 'last-writer-wins',
    defect: 'An update is carried out whatever version it was decided on.',
    breaks: 'UE-VERSION-001',
    expect: '',
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
    expect: '',
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
            await good.transaction(scope, async (other) => {
              for (const { name, record } of updates) {
                const repository = repositoryOf(other, name)
                const current = await repository.find(record.id)
                await repository.update({ ...record, version: (current?.version ?? 0) + 1 })
              }
            })
            return result
          })
        },
      }),
  },
  {
    name: 'guards-nothing',
    defect: 'A guard does nothing.',
    breaks: 'UE-VERSION-003',
    expect: '',
    corrupt: () => (good) => overlayRepositories(good, () => ({ guard: async () => {} })),
  },
  {
    name: 'guards-when-called',
    defect: 'A guard compares versions when it is called, and holds nothing until the commit.',
    breaks: 'UE-VERSION-004',
    expect: '',
    corrupt: () => (good) =>
      overlayRepositories(good, (repository, name) => ({
        async guard({ id, version }) {
          const current = await repository.find(id)
          if (current?.version !== version)
            throw new StoreError('VERSION_CONFLICT', { kind: KINDS[name], id })
        },
      })),
  },
]
