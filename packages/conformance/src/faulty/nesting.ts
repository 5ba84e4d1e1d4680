import {
  isStoreError,
  type Repository,
  type StoreTransaction,
  type User,
  type VersionedRecord,
} from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayTransactions } from './overlay.ts'

export const faultyNesting: readonly FaultyStore[] = [
  {
    name: 'flat-nesting',
    defect: 'A nested transaction is the outer one: its failure undoes nothing.',
    breaks: 'UE-TRANSACTION-002',
    expect: 'kept users: it has',
    corrupt: () => (good) =>
      overlayTransactions(good, (_, { raw }) => {
        const flat: StoreTransaction = overlay(raw, { nested: (work) => work(flat) })
        return { nested: (work) => work(flat) }
      }),
  },
  {
    name: 'one-savepoint-name',
    defect:
      'A failure two levels deep rolls back to the outer savepoint of the same name, one level too far.',
    breaks: 'UE-TRANSACTION-002',
    expect: 'kept users: it has',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx, { depth }) => {
        if (depth !== 0) return {}
        return {
          async nested(work) {
            const lost: { result?: unknown } = {}
            const marker = new Error('rolled back too far')
            try {
              return await tx.nested(async (inner) => {
                let deep = false
                const watched = overlay(inner, {
                  nested: (deeper) =>
                    inner.nested(deeper).catch((error: unknown) => {
                      deep = true
                      throw error
                    }),
                })
                lost.result = await work(watched)
                if (deep) throw marker
                return lost.result as Awaited<ReturnType<typeof work>>
              })
            } catch (error) {
              if (error === marker) return lost.result as Awaited<ReturnType<typeof work>>
              throw error
            }
          },
        }
      }),
  },
  {
    name: 'nothing-is-no-failure',
    defect: 'A nested transaction whose work rejects with null, undefined or 0 is kept.',
    breaks: 'UE-TRANSACTION-002',
    expect: 'what was written in the nested transaction: it is',
    by: 'UE-TRANSACTION-009/any-value',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        async nested(work) {
          const rejected: unknown[] = []
          const result = await tx.nested(async (inner) => {
            try {
              return await work(inner)
            } catch (error) {
              if (error) throw error
              rejected.push(error)
              return null
            }
          })
          if (rejected.length > 0) throw rejected[0]
          return result as Awaited<ReturnType<typeof work>>
        },
      })),
  },
  {
    name: 'keeps-what-was-left-open',
    defect:
      'A nested transaction that fails is not asked what is still open in it, and what that one wrote is kept.',
    breaks: 'UE-TRANSACTION-002',
    expect: 'kept users: it has',
    by: 'UE-TRANSACTION-002/left-open-late',
    corrupt: () => (good) => {
      const unsettled: User[] = []
      return overlayTransactions(good, (tx, { depth, raw }) => {
        if (depth === 0) {
          return {
            nested: (work) =>
              tx.nested(work).catch(async (error: unknown) => {
                for (const user of unsettled.splice(0)) await raw.users.insert(user)
                throw error
              }),
          }
        }
        if (depth === 1) return { nested: (work) => tx.nested(work).finally(() => unsettled.splice(0)) }
        return {
          users: overlay(tx.users, {
            insert(user) {
              unsettled.push(user)
              return tx.users.insert(user)
            },
          }),
        }
      })
    },
  },
  {
    name: 'dead-after-nested-failure',
    defect: 'After a nested failure the outer transaction takes writes and keeps none of them.',
    breaks: 'UE-TRANSACTION-003',
    expect: 'users: it has',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => {
        let dead = false
        const dropping = <Item extends VersionedRecord>(repository: Repository<Item>) => ({
          insert: async (record: Item) => (dead ? undefined : repository.insert(record)),
        })
        return {
          users: overlay(tx.users, dropping(tx.users)),
          tenantAccounts: overlay(tx.tenantAccounts, dropping(tx.tenantAccounts)),
          nested: (work) =>
            tx.nested(work).catch((error: unknown) => {
              dead = true
              throw error
            }),
        }
      }),
  },
  {
    name: 'conflicts-at-the-very-end',
    defect: 'A conflict of a nested transaction shows when the outermost one commits.',
    breaks: 'UE-TRANSACTION-006',
    expect: "and not with CONFLICT 'reference'",
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work) {
          let late: unknown = null
          const postponing = overlayTransactions(good, (tx) => ({
            nested: (inner) =>
              tx.nested(inner).catch((error: unknown) => {
                if (!isStoreError(error, 'CONFLICT')) throw error
                late = error
                return null as Awaited<ReturnType<typeof inner>>
              }),
          }))
          return postponing.transaction(scope, async (tx) => {
            const result = await work(tx)
            if (late !== null) throw late as Error
            return result
          })
        },
      }),
  },
]
