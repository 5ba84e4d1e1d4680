import {
  isStoreError,
  StoreError,
  type Scope,
  type StoreTransaction,
  type UserEngineStore,
} from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayRepositories, overlayTransactions } from './overlay.ts'

/** How a store fails. */
export const faultyErrors: readonly FaultyStore[] = [
  {
    name: 'drivers-errors',
    defect: "A conflict is the driver's own error.",
    breaks: 'UE-ERROR-001',
    expect: 'was rejected with Error: duplicate key value',
    disturbs: [
      'UE-TENANT-006',
      'UE-IDENTITY-001',
      'UE-GROUP-001',
      'UE-BINDING-001',
      'UE-CATALOG-001',
      'UE-RECORD-002',
    ],
    corrupt: () => (good) =>
      overlay(good, {
        transaction: (scope, work) =>
          good.transaction(scope, work).catch((error: unknown) => {
            if (!isStoreError(error, 'CONFLICT')) throw error
            throw Object.assign(new Error('duplicate key value'), { code: '23505' })
          }),
      }),
  },
  {
    name: 'quotes-the-value',
    defect: "A conflict carries the driver's error, which quotes the value, as its cause.",
    breaks: 'UE-ERROR-002',
    expect: 'carries a canary as plain text',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work) {
          let values = ''
          const watching = overlayRepositories(good, (repository) => ({
            async insert(record) {
              values = Object.values(record).join(', ')
              await repository.insert(record)
            },
          }))
          return watching.transaction(scope, work).catch((error: unknown) => {
            if (!isStoreError(error, 'CONFLICT')) throw error
            const cause = Object.assign(new Error('duplicate key'), {
              detail: `Key (${values}) already exists.`,
            })
            throw new StoreError('CONFLICT', error.details, { cause })
          })
        },
      }),
  },
  {
    name: 'keeps-what-went-well',
    defect: 'After a conflict, what was inserted before it is kept.',
    breaks: 'UE-ERROR-003',
    expect: 'record counts after the conflict: users is',
    disturbs: ['UE-IDENTITY-001'],
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work) {
          const done: ((tx: StoreTransaction) => Promise<void>)[] = []
          const watching = overlayTransactions(good, (tx) => ({
            users: overlay(tx.users, {
              async insert(user) {
                await tx.users.insert(user)
                done.push((other) => other.users.insert(user))
              },
            }),
            tenantAccounts: overlay(tx.tenantAccounts, {
              async insert(account) {
                await tx.tenantAccounts.insert(account)
                done.push((other) => other.tenantAccounts.insert(account))
              },
            }),
          }))
          return watching.transaction(scope, work).catch(async (error: unknown) => {
            if (isStoreError(error) && !error.retryable) {
              for (const write of done) await good.transaction(scope, write).catch(() => {})
            }
            throw error
          })
        },
      }),
  },
  {
    name: 'waits-for-ever',
    defect:
      'Updates wait for each other in the order in which they were called, and a circle is never found.',
    breaks: 'UE-ERROR-004',
    expect: 'the collision of round',
    corrupt: () => {
      const held = new Map<string, Promise<void>>()
      return (good) =>
        overlay(good, {
          async transaction(scope, work) {
            const own = Promise.withResolvers<void>()
            const mine = new Set<string>()
            const locking = overlayRepositories(good, (repository) => ({
              async update(record) {
                while (!mine.has(record.id)) {
                  const holder = held.get(record.id)
                  if (holder === undefined) {
                    held.set(record.id, own.promise)
                    mine.add(record.id)
                  } else await holder
                }
                await repository.update(record)
              },
            }))
            try {
              return await locking.transaction(scope, work)
            } finally {
              for (const id of mine) held.delete(id)
              own.resolve()
            }
          },
        })
    },
  },
  {
    name: 'calls-it-a-failure',
    defect: 'A commit whose answer was lost is said to have failed.',
    breaks: 'UE-ERROR-005',
    expect: 'it was answered StoreError UNAVAILABLE',
    needs: ['faults.cut'],
    corrupt: () => (good) =>
      overlay(good, {
        transaction: (scope, work) =>
          good.transaction(scope, work).catch((error: unknown) => {
            if (!isStoreError(error, 'UNKNOWN_OUTCOME')) throw error
            throw new StoreError('UNAVAILABLE', { reason: 'connection' })
          }),
      }),
  },
  {
    name: 'goes-on-by-another-connection',
    defect:
      'A transaction that loses its connection goes on by another one, without what it had written before.',
    breaks: 'UE-ERROR-003',
    expect: 'rows of key, user, audit and events when its next request was lost after write',
    by: 'UE-ERROR-003/unsent-at-each-step',
    needs: ['faults.cut', 'observer'],
    corrupt: () => goOnByAnother,
  },
  {
    name: 'never-reconnects',
    defect: 'After a lost connection every transaction fails.',
    breaks: 'UE-ERROR-006',
    expect: 'the next transaction, at last',
    needs: ['faults.terminate'],
    corrupt: () => (good) => {
      let lost = false
      return overlay(good, {
        async transaction(scope, work) {
          if (lost) throw new StoreError('UNAVAILABLE', { reason: 'connection' })
          try {
            return await good.transaction(scope, work)
          } catch (error) {
            lost = isStoreError(error, 'UNAVAILABLE') || isStoreError(error, 'UNKNOWN_OUTCOME')
            throw error
          }
        },
      })
    },
  },
  {
    name: 'waits-for-a-frozen-backend',
    defect: 'A transaction that gets no answer waits on.',
    breaks: 'UE-ERROR-007',
    expect: 'of a frozen backend did not answer',
    needs: ['faults.suspend'],
    corrupt: () => (good) =>
      overlay(good, {
        transaction: <Result>(scope: Scope, work: (tx: StoreTransaction) => Promise<Result>) =>
          good.transaction(scope, work).catch((error: unknown) => {
            const waits = ['TIMEOUT', 'UNAVAILABLE', 'UNKNOWN_OUTCOME'] as const
            if (!waits.some((code) => isStoreError(error, code))) throw error
            return new Promise<Result>(() => {})
          }),
      }),
  },
]

/** What wraps a connection, opens another one where a call fails on it, and calls again. */
function goOnByAnother(good: UserEngineStore): UserEngineStore {
  return overlay(good, {
    async transaction(scope, work, reads) {
      async function open() {
        const begun = Promise.withResolvers<StoreTransaction>()
        const end = Promise.withResolvers<void>()
        end.promise.catch(() => {})
        const done = good.transaction(
          scope,
          async (tx) => {
            begun.resolve(tx)
            await end.promise
          },
          reads,
        )
        done.catch(begun.reject)
        return { tx: await begun.promise, end, done }
      }
      let current = await open()
      const following = <Part extends object>(partOf: () => Part): Part =>
        new Proxy({} as Part, {
          get(_, name) {
            const member: unknown = Reflect.get(partOf(), name)
            if (typeof member === 'object' && member !== null && name !== 'scope')
              return following(() => Reflect.get(partOf(), name) as object)
            if (typeof member !== 'function') return member
            const call = (args: readonly unknown[]): unknown =>
              Reflect.apply(Reflect.get(partOf(), name) as typeof member, partOf(), args)
            if (name === 'nested') return (...args: readonly unknown[]) => call(args)
            return async (...args: readonly unknown[]) => {
              try {
                return await call(args)
              } catch (error) {
                if (!isStoreError(error, 'UNAVAILABLE') && !isStoreError(error, 'UNKNOWN_OUTCOME'))
                  throw error
                current = await open()
                return call(args)
              }
            }
          },
        })
      try {
        const result = await work(following(() => current.tx))
        current.end.resolve()
        await current.done
        return result
      } catch (error) {
        current.end.reject(error)
        await current.done.catch(() => {})
        throw error
      }
    },
  })
}
