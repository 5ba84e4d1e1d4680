import { setImmediate as turn } from 'node:timers/promises'

import {
  directoryScope,
  scopeIds,
  StoreError,
  tenantScope,
  type ProfileValue,
  type Scope,
  type TenantId,
} from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayTransactions } from './overlay.ts'

export const faultyTenants: readonly FaultyStore[] = [
  {
    name: 'finds-by-id-alone',
    defect: 'A tenant account is found by its id whatever tenant asks.',
    breaks: 'UE-TENANT-001',
    expect: 'tenant-accounts-find from another tenant: it is',
    corrupt: () => {
      const homes = new Map<string, TenantId>()
      return (good) =>
        overlayTransactions(good, (tx) => ({
          tenantAccounts: overlay(tx.tenantAccounts, {
            async insert(record) {
              await tx.tenantAccounts.insert(record)
              homes.set(record.id, record.scopeId)
            },
            async find(id) {
              const found = await tx.tenantAccounts.find(id)
              const home = homes.get(id)
              if (found !== null || home === undefined) return found
              return good.transaction(tenantScope(home), (other) => other.tenantAccounts.find(id))
            },
          }),
        }))
    },
  },
  {
    name: 'cursors-of-a-tenant',
    defect: 'Where a page of groups ended is kept with its tenant, and gone on with there whoever asks.',
    breaks: 'UE-TENANT-001',
    expect: 'groups of the other tenant after that',
    corrupt: () => {
      const homes = new Map<string, Scope>()
      return (good) =>
        overlayTransactions(good, (tx, { scope }) => ({
          groups: overlay(tx.groups, {
            async list(page) {
              const home = homes.get(page.after ?? '') ?? scope
              const found =
                home.tenantId === scope.tenantId
                  ? await tx.groups.list(page)
                  : await good.transaction(home, (other) => other.groups.list(page))
              if (found.next !== null) homes.set(found.next, home)
              return found
            },
          }),
        }))
    },
  },
  {
    name: 'writes-where-it-is-told',
    defect: 'A record of another tenant is written there, whatever the scope.',
    breaks: 'UE-TENANT-002',
    expect: 'and not with TENANT_BOUNDARY',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx, { scope }) => ({
        tenantAccounts: overlay(tx.tenantAccounts, {
          insert: (record) =>
            scopeIds(scope).some((id) => id === record.scopeId)
              ? tx.tenantAccounts.insert(record)
              : good.transaction(tenantScope(record.scopeId), (other) => other.tenantAccounts.insert(record)),
        }),
      })),
  },
  {
    name: 'no-scope-is-the-directory',
    defect: 'A transaction without a scope works in the directory.',
    breaks: 'UE-TENANT-003',
    expect: 'and not with SCOPE_MISSING',
    corrupt: () => (good) =>
      overlay(good, {
        transaction: (scope, work) => good.transaction(isScope(scope) ? scope : directoryScope(), work),
      }),
  },
  {
    name: 'members-are-users',
    defect: 'A tenant finds users in the directory.',
    breaks: 'UE-TENANT-004',
    expect: 'what the tenant sees: user is',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        users: overlay(tx.users, {
          find: (id) => good.transaction(directoryScope(), (other) => other.users.find(id)),
        }),
      })),
  },
  {
    name: 'tenants-write-themselves',
    defect: 'A tenant may update its own reference.',
    breaks: 'UE-TENANT-005',
    expect: 'and not with TENANT_BOUNDARY',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx, { scope }) => ({
        tenants: overlay(tx.tenants, {
          update: (tenant) =>
            scope.kind === 'tenant' && tenant.id === scope.tenantId
              ? good.transaction(directoryScope(), (other) => other.tenants.update(tenant))
              : tx.tenants.update(tenant),
        }),
      })),
  },
  {
    name: 'one-customer-per-external-id',
    defect: 'An external id that one tenant uses is taken for all the others.',
    breaks: 'UE-TENANT-009',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    corrupt: () => {
      const owners = new Map<string, TenantId>()
      return (good) =>
        overlayTransactions(good, (tx) => ({
          tenantAccounts: overlay(tx.tenantAccounts, {
            async insert(record) {
              const owner = record.externalId === null ? record.scopeId : owners.get(record.externalId)
              if (owner !== undefined && owner !== record.scopeId) {
                throw new StoreError('CONFLICT', { constraint: 'tenant_account_external_id' })
              }
              await tx.tenantAccounts.insert(record)
              if (record.externalId !== null) owners.set(record.externalId, record.scopeId)
            },
          }),
        }))
    },
  },
  {
    name: 'scope-of-the-connection',
    defect: 'A transaction works in the scope of another one that is open on the same handle.',
    breaks: 'UE-TENANT-010',
    expect: 'tenant accounts',
    corrupt: () => (good) => {
      const open: Scope[] = []
      return overlay(good, {
        async transaction(scope, work) {
          scopeIds(scope)
          const bound = open[0] ?? scope
          open.push(bound)
          try {
            return await good.transaction(bound, work)
          } finally {
            open.splice(open.indexOf(bound), 1)
          }
        },
      })
    },
  },
  {
    name: 'asked-once-for-all',
    defect:
      'Who asks for a value while another transaction does is answered the same, whatever their scopes.',
    breaks: 'UE-TENANT-010',
    expect: 'own-values-find, asked at once, by another tenant',
    by: 'UE-TENANT-010/asked-at-once',
    corrupt: () => {
      const asked = new Map<string, Promise<ProfileValue | null>>()
      return (good) =>
        overlayTransactions(good, (tx) => ({
          profileValues: overlay(tx.profileValues, {
            find(id) {
              const answer = asked.get(id) ?? turn().then(() => tx.profileValues.find(id))
              asked.set(id, answer)
              return answer.finally(() => asked.delete(id))
            },
          }),
        }))
    },
  },
]

function isScope(scope: Scope): boolean {
  try {
    return scopeIds(scope).length > 0
  } catch {
    return false
  }
}
