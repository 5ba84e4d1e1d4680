import {
  isStoreError,
  type StoreTransaction,
  type Tenant,
  type TenantAccount,
  type VersionedRecord,
} from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { beforeCommit, overlay, overlayRepositories, overlayTransactions } from './overlay.ts'

/** Stores that keep what a transaction writes until they must send it, and look through that wrongly. */
export const faultyUnsentWrites: readonly FaultyStore[] = [
  {
    name: 'the-first-insert-wins',
    defect: 'Of two inserts of one id in one transaction the second is left out.',
    breaks: 'UE-RECORD-002',
    expect: 'a second record under an id of the same transaction resolved',
    by: 'UE-RECORD-002/users',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work, reads) {
          const inserted = new Set<string>()
          return overlayRepositories(good, (repository) => ({
            async insert(record) {
              if (inserted.has(record.id)) return
              await repository.insert(record)
              inserted.add(record.id)
            },
          })).transaction(scope, work, reads)
        },
      }),
  },
  {
    name: 'lends-what-it-has-not-sent',
    defect:
      'A record that the transaction has inserted is answered as the object that is kept, not as a copy.',
    breaks: 'UE-RECORD-001',
    expect: 'its own writes, read again in the transaction',
    by: 'UE-RECORD-001/answered-objects',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work, reads) {
          const kept = new Map<string, VersionedRecord>()
          return overlayRepositories(good, (repository, _name, _tx, { depth }) => ({
            async insert(record) {
              await repository.insert(record)
              if (depth === 0) kept.set(record.id, structuredClone(record))
            },
            async update(record) {
              kept.delete(record.id)
              await repository.update(record)
            },
            find: async (id) => kept.get(id) ?? repository.find(id),
          })).transaction(scope, work, reads)
        },
      }),
  },
  {
    name: 'the-outermost-write-is-read',
    defect:
      'A record that was written at several levels is read in a nested transaction as the outermost left it.',
    breaks: 'UE-TRANSACTION-004',
    expect: 'the record at each level, and on the way out',
    by: 'UE-TRANSACTION-004/users-at-each-level',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work, reads) {
          const written = new Map<string, VersionedRecord>()
          return overlayRepositories(good, (repository, _name, _tx, { depth }) => ({
            async update(record) {
              await repository.update(record)
              if (depth === 0) written.set(record.id, record)
            },
            find: async (id) => (depth > 0 && written.get(id)) || repository.find(id),
          })).transaction(scope, work, reads)
        },
      }),
  },
  {
    name: 'the-first-of-two-writes-is-read',
    defect: 'A record that was written twice before anything was sent is read as the first write left it.',
    breaks: 'UE-TRANSACTION-004',
    expect: 'the record at each level, and on the way out',
    by: 'UE-TRANSACTION-004/users-at-each-level',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work, reads) {
          const unread = new Map<string, VersionedRecord>()
          return overlayRepositories(good, (repository) => ({
            async update(record) {
              await repository.update(record)
              if (!unread.has(record.id)) unread.set(record.id, record)
            },
            async find(id) {
              const found = unread.get(id) ?? (await repository.find(id))
              unread.delete(id)
              return found
            },
          })).transaction(scope, work, reads)
        },
      }),
  },
  {
    name: 'found-where-it-was',
    defect:
      'A tenant account that a nested transaction moves to another user is found by the one before, too.',
    breaks: 'UE-TRANSACTION-004',
    expect: 'versions found by each user',
    by: 'UE-TRANSACTION-004/moved-at-each-level',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work, reads) {
          const written: TenantAccount[] = []
          return overlayTransactions(good, (tx, { depth }) => ({
            tenantAccounts: overlay(tx.tenantAccounts, {
              async update(record) {
                await tx.tenantAccounts.update(record)
                if (depth === 0) written.push(record)
              },
              findByUser: async (userId) =>
                (depth > 0 && written.find((record) => record.userId === userId)) ||
                tx.tenantAccounts.findByUser(userId),
            }),
          })).transaction(scope, work, reads)
        },
      }),
  },
  {
    name: 'looks-for-the-user-alone',
    defect:
      'Whoever looks for a tenant account is given the account of that user, where it has not been sent.',
    breaks: 'UE-TRANSACTION-004',
    expect: 'tenant-accounts-find-by-user, asked first: it is',
    by: 'UE-TRANSACTION-004/one-write-one-read',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => {
        const unsent = new Map<string, unknown>()
        return {
          accounts: overlay(tx.accounts, {
            async insert(account) {
              await tx.accounts.insert(account)
              unsent.set(account.userId, account)
            },
          }),
          tenantAccounts: overlay(tx.tenantAccounts, {
            findByUser: async (userId) =>
              (await tx.tenantAccounts.findByUser(userId)) ??
              ((unsent.get(userId) ?? null) as TenantAccount | null),
          }),
        }
      }),
  },
  {
    name: 'timeline-of-what-was-sent',
    defect:
      'The timeline leaves out the audit records of its own transaction, until another read has sent them.',
    breaks: 'UE-TRANSACTION-004',
    expect: ', asked first: ',
    by: 'UE-TRANSACTION-004/one-write-one-read',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work, reads) {
          const unsent = new Set<string>()
          return overlayTransactions(good, (tx) => ({
            audit: overlay(tx.audit, {
              async append(record) {
                await tx.audit.append(record)
                unsent.add(record.id)
              },
              async timeline(query) {
                const { items, next } = await tx.audit.timeline(query)
                return { items: items.filter(({ record }) => !unsent.has(record.id)), next }
              },
            }),
            async recordCounts() {
              const counts = await tx.recordCounts()
              unsent.clear()
              return counts
            },
          })).transaction(scope, work, reads)
        },
      }),
  },
  {
    name: 'sends-all-of-it-inside',
    defect:
      'What the outer transaction has not sent goes with the first read of a nested one, and is undone with it.',
    breaks: 'UE-TRANSACTION-007',
    expect: 'a call after it: null',
    by: 'UE-TRANSACTION-007/unique-shows-in-nested',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work, reads) {
          const unsent: Tenant[] = []
          const send = async (tx: StoreTransaction) => {
            for (const tenant of unsent.splice(0)) await tx.tenants.insert(tenant)
          }
          const sending = overlayTransactions(good, (tx, { depth }) => {
            if (depth > 0) return {}
            return {
              tenants: overlay(tx.tenants, {
                insert: async (tenant) => void unsent.push(tenant),
                async find(id) {
                  await send(tx)
                  return tx.tenants.find(id)
                },
                async list(page) {
                  await send(tx)
                  return tx.tenants.list(page)
                },
              }),
              nested: (inside) =>
                tx.nested(async (inner) => {
                  await send(inner)
                  return inside(inner)
                }),
            }
          })
          return beforeCommit(sending, async ({ tenants }) => {
            await tenants.list({ after: null, limit: 1 })
          }).transaction(scope, work, reads)
        },
      }),
  },
  {
    name: 'takes-writes-after-the-last-was-sent',
    defect: 'While a transaction commits it takes writes that go nowhere.',
    breaks: 'UE-TRANSACTION-001',
    expect: 'a user written while it ended resolved and is not kept',
    by: 'UE-TRANSACTION-001/while-it-ends',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work, reads) {
          let sent = false
          const taking = overlayTransactions(good, (tx, { depth }) => ({
            users: overlay(tx.users, {
              insert: async (user) => (sent && depth === 0 ? undefined : tx.users.insert(user)),
            }),
          }))
          const committing = async (tx: StoreTransaction) => {
            const result = await work(tx)
            sent = true
            return result
          }
          return taking.transaction(scope, committing, reads).finally(() => {
            sent = false
          })
        },
      }),
  },
  {
    name: 'forgets-what-nobody-awaits',
    defect: 'A conflict is told to whoever awaits the read that it shows in, and to nobody else.',
    breaks: 'UE-TRANSACTION-006',
    expect: 'the transaction that awaited no read resolved',
    by: 'UE-TRANSACTION-006/unique-not-awaited',
    corrupt: () => (good) =>
      overlay(good, {
        async transaction(scope, work, reads) {
          let open = 0
          const watched = overlayTransactions(good, (tx) => ({
            users: overlay(tx.users, {
              list(page) {
                open += 1
                return tx.users.list(page).finally(() => {
                  open -= 1
                })
              },
            }),
          }))
          let left: { readonly result: Awaited<ReturnType<typeof work>> } | null = null
          try {
            return await watched.transaction(
              scope,
              async (tx) => {
                const result = await work(tx)
                if (open > 0) left = { result }
                return result
              },
              reads,
            )
          } catch (error) {
            const known = left as { readonly result: Awaited<ReturnType<typeof work>> } | null
            if (known === null || !isStoreError(error, 'CONFLICT')) throw error
            return known.result
          }
        },
      }),
  },
]
