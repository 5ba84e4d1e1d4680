import {
  isStoreError,
  readinessReport,
  StoreError,
  type Scope,
  type StoreTransaction,
} from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayRepositories, overlayTransactions } from './overlay.ts'

/** What a store makes of a backend that takes no writes, or has no room for them. */
export const faultyRefusedWrites: readonly FaultyStore[] = [
  {
    name: 'ready-without-writes',
    defect: 'Readiness looks whether the backend answers, and not whether it takes writes.',
    breaks: 'UE-ERROR-008',
    expect: 'the status while the backend takes no writes: it is',
    needs: ['faults.demote'],
    corrupt: () => (good) =>
      overlay(good, {
        async readiness() {
          const { checks } = await good.readiness()
          return readinessReport(
            checks.map((check) =>
              check.code.endsWith('.writable') ? { ...check, status: 'pass' as const } : check,
            ),
          )
        },
      }),
  },
  {
    name: 'takes-denials-that-are-refused',
    defect: 'A denial that the backend does not take is said to be kept.',
    breaks: 'UE-ERROR-008',
    expect: 'a denial while the backend takes no writes was answered null',
    needs: ['faults.demote'],
    corrupt: () => (good) =>
      overlay(good, {
        denials: {
          append: (record) =>
            good.denials.append(record).catch((error: unknown) => {
              if (!isStoreError(error, 'UNAVAILABLE') || error.details.reason !== 'read-only') throw error
            }),
        },
      }),
  },
  {
    name: 'best-effort-on-a-full-disk',
    defect: 'A transaction that does not fit on the disk any more is left out, and said to be kept.',
    breaks: 'UE-ERROR-009',
    expect: 'commands that were acknowledged on a full disk and are not there',
    needs: ['faults.fill', 'observer'],
    corrupt: () => (good) =>
      overlay(good, {
        transaction: <Result>(scope: Scope, work: (tx: StoreTransaction) => Promise<Result>) =>
          good.transaction(scope, work).catch((error: unknown) => {
            if (isFull(error)) return undefined as Result
            throw error
          }),
      }),
  },
  {
    name: 'events-left-out-on-a-full-disk',
    defect: 'Where a transaction does not fit on the disk, it is written without its events.',
    breaks: 'UE-ERROR-009',
    expect: 'rows of key, user, audit and events after a full disk',
    needs: ['faults.fill', 'observer'],
    corrupt: () => (good) =>
      overlay(good, {
        async transaction(scope, work) {
          const writes: ((tx: StoreTransaction) => Promise<void>)[] = []
          const keep = (write: (tx: StoreTransaction) => Promise<void>, tx: StoreTransaction) => {
            writes.push(write)
            return write(tx)
          }
          const watching = overlayTransactions(good, (tx, { raw }) => ({
            users: overlay(tx.users, { insert: (user) => keep(({ users }) => users.insert(user), raw) }),
            audit: overlay(tx.audit, { append: (record) => keep(({ audit }) => audit.append(record), raw) }),
            idempotency: overlay(tx.idempotency, {
              insert: (record, ttlMs) => keep(({ idempotency }) => idempotency.insert(record, ttlMs), raw),
            }),
          }))
          try {
            return await watching.transaction(scope, work)
          } catch (error) {
            if (!isFull(error)) throw error
            await good.transaction(scope, async (tx) => {
              for (const write of writes) await write(tx)
            })
            return undefined as Awaited<ReturnType<typeof work>>
          }
        },
      }),
  },
  {
    name: 'never-writes-again',
    defect:
      'After a write that did not fit on the disk every write is refused, until somebody starts the store again.',
    breaks: 'UE-ERROR-009',
    expect: 'a transaction when there is room again, at last',
    needs: ['faults.fill', 'observer'],
    corrupt: () => (good) => {
      let full = false
      const latched = overlayRepositories(good, (repository) => ({
        insert: (record) =>
          full
            ? Promise.reject(new StoreError('UNAVAILABLE', { reason: 'read-only' }))
            : repository.insert(record),
      }))
      return overlay(latched, {
        transaction: (scope, work) =>
          latched.transaction(scope, work).catch((error: unknown) => {
            full ||= isFull(error)
            throw error
          }),
      })
    },
  },
]

function isFull(error: unknown): boolean {
  return isStoreError(error, 'UNAVAILABLE') && error.details.reason === 'capacity'
}
