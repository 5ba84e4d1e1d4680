import {
  isStoreError,
  readinessReport,
  StoreError,
  type ReadinessReport,
  type Scope,
  type StoreTransaction,
  type UserEngineStore,
} from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { beforeCommit, overlay, overlayRepositories, overlayTransactions } from './overlay.ts'

const ONE_DAY_MS = 86_400_000

/** What a store says of itself, and how it fails. */
export const faultyAnswers: readonly FaultyStore[] = [
  {
    name: 'keys-beside-the-transaction',
    defect: 'An idempotency record is kept at once, whatever becomes of the command.',
    breaks: 'UE-IDEMPOTENCY-001',
    expect: 'idempotency records after the rollback: it is',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx, { scope }) => ({
        idempotency: overlay(tx.idempotency, {
          insert: (record, ttlMs) =>
            good.transaction(scope, (other) => other.idempotency.insert(record, ttlMs)),
        }),
      })),
  },
  {
    name: 'versions-before-keys',
    defect: 'Where a key is taken and a version has changed, it speaks of the version.',
    breaks: 'UE-IDEMPOTENCY-002',
    expect: "and not with CONFLICT 'idempotency_key'",
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work) {
          const keys: ((tx: StoreTransaction) => Promise<void>)[] = []
          const last = beforeCommit(good, async (tx) => {
            for (const insert of keys) await insert(tx)
          })
          return overlayTransactions(last, (tx) => ({
            idempotency: overlay(tx.idempotency, {
              insert: async (record, ttlMs) => {
                keys.push((other) => other.idempotency.insert(record, ttlMs))
              },
            }),
          })).transaction(scope, work)
        },
      }),
  },
  {
    name: 'keys-for-ever',
    defect: 'An idempotency record is kept for a day at least.',
    breaks: 'UE-IDEMPOTENCY-003',
    expect: 'the record after its time: it is',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        idempotency: overlay(tx.idempotency, {
          insert: (record, ttlMs) => tx.idempotency.insert(record, Math.max(ttlMs, ONE_DAY_MS)),
        }),
      })),
  },
  {
    name: 'keys-of-everybody',
    defect: 'A key is the same key whoever uses it.',
    breaks: 'UE-IDEMPOTENCY-004',
    expect: 'what is found under other key',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        idempotency: overlay(tx.idempotency, {
          find: (key) => tx.idempotency.find({ ...key, actor: 'service:any' }),
          insert: (record, ttlMs) => tx.idempotency.insert({ ...record, actor: 'service:any' }, ttlMs),
        }),
      })),
  },
  {
    name: 'drivers-errors',
    defect: "A conflict is the driver's own error.",
    breaks: 'UE-ERROR-001',
    expect: 'was rejected with Error: duplicate key value',
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
  {
    name: 'ready-once-ready-for-ever',
    defect: 'Readiness is looked at once.',
    breaks: 'UE-READINESS-001',
    expect: 'the status while it is frozen',
    needs: ['faults.suspend'],
    corrupt: () => (good) => {
      let first: Promise<ReadinessReport> | null = null
      return overlay(good, { readiness: () => (first ??= good.readiness()) })
    },
  },
  {
    name: 'unready-means-throwing',
    defect: 'Readiness and diagnostics reject once the store is closed.',
    breaks: 'UE-READINESS-002',
    expect: 'readiness after close was rejected with StoreError UNAVAILABLE',
    corrupt: () => (good) => {
      let closed = false
      return overlay(good, {
        async readiness() {
          if (closed) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
          return good.readiness()
        },
        close() {
          closed = true
          return good.close()
        },
      })
    },
  },
  {
    name: 'always-ready',
    defect: 'The status is ready whatever the checks say, and there are no checks.',
    breaks: 'UE-READINESS-003',
    expect: 'checks that are missing: it has',
    corrupt: () => (good) => overlay(good, { readiness: async () => ({ status: 'ready', checks: [] }) }),
  },
  {
    name: 'talkative-readiness',
    defect: 'Readiness names the last external reference.',
    breaks: 'UE-READINESS-004',
    expect: 'carries a canary as plain text',
    corrupt: () => {
      let last: string | null = null
      return (good) =>
        overlay(
          rememberReference(good, (reference) => (last = reference)),
          {
            async readiness() {
              const { checks } = await good.readiness()
              return readinessReport([...checks, { code: 'store.last', status: 'pass', details: { last } }])
            },
          },
        )
    },
  },
  {
    name: 'silent-dead-letters',
    defect: 'Readiness passes over dead letters.',
    breaks: 'UE-READINESS-005',
    expect: 'status and check with a dead letter: [0] is',
    corrupt: () => (good) =>
      overlay(good, {
        async readiness() {
          const { checks } = await good.readiness()
          return readinessReport(
            checks.map((check) =>
              check.code === 'outbox.dead_letters' ? { ...check, status: 'pass' as const } : check,
            ),
          )
        },
      }),
  },
  {
    name: 'version-of-nothing',
    defect: 'The schema version is 0, whatever is stored.',
    breaks: 'UE-SCHEMA-001',
    expect: 'version 0',
    corrupt: () => (good) =>
      overlay(good, { schemaVersion: async () => ({ ...(await good.schemaVersion()), current: 0 }) }),
  },
  ...(['UE-SCHEMA-002', 'UE-SCHEMA-003', 'UE-SCHEMA-004'] as const).map((breaks): FaultyStore => ({
    name: `version-of-the-code-${breaks.slice(-3)}`,
    defect: 'The schema version is always that of the release.',
    breaks,
    expect: 'the state: it is',
    needs: ['migrations'],
    corrupt: () => (good) => {
      const first = good.schemaVersion()
      first.catch(() => {})
      return overlay(good, { schemaVersion: () => first })
    },
  })),
  {
    name: 'talkative-diagnostics',
    defect: 'Diagnostics show the last external reference.',
    breaks: 'UE-DIAGNOSTICS-001',
    expect: 'carries a canary as plain text',
    corrupt: () => {
      let last: string | null = null
      return (good) =>
        overlay(
          rememberReference(good, (reference) => (last = reference)),
          {
            async diagnostics() {
              const report = await good.diagnostics()
              return { ...report, gauges: { ...report.gauges, 'tenants.last': last } }
            },
          },
        )
    },
  },
  {
    name: 'no-diagnostics-when-closed',
    defect: 'Diagnostics reject once the store is closed.',
    breaks: 'UE-DIAGNOSTICS-002',
    expect: 'diagnostics after close was rejected with StoreError UNAVAILABLE',
    corrupt: () => (good) => {
      let closed = false
      return overlay(good, {
        async diagnostics() {
          if (closed) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
          return good.diagnostics()
        },
        close() {
          closed = true
          return good.close()
        },
      })
    },
  },
  {
    name: 'estimates',
    defect: 'Records are counted as of before the transaction.',
    breaks: 'UE-DIAGNOSTICS-003',
    expect: 'users, inside: it is',
    corrupt: () => (good) =>
      overlayTransactions(good, (_, { scope }) => ({
        recordCounts: () => good.transaction(scope, (other) => other.recordCounts()),
      })),
  },
  {
    name: 'open-after-closing',
    defect: 'A closed store goes on.',
    breaks: 'UE-LIFECYCLE-001',
    expect: 'transaction after close resolved',
    corrupt: () => (good) => overlay(good, { close: async () => {} }),
  },
  {
    name: 'closes-once-only',
    defect: 'Closing a closed store fails.',
    breaks: 'UE-LIFECYCLE-002',
    expect: 'close, again was rejected with StoreError UNAVAILABLE',
    corrupt: () => (good) => {
      let closed = false
      return overlay(good, {
        async close() {
          if (closed) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
          closed = true
          await good.close()
        },
      })
    },
  },
  {
    name: 'closes-for-everybody',
    defect: 'Closing one handle closes the others.',
    breaks: 'UE-LIFECYCLE-003',
    expect: 'the store unexpectedly answered StoreError UNAVAILABLE',
    corrupt: () => {
      let closed = false
      return (good) =>
        overlay(good, {
          async transaction(scope, work) {
            if (closed) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
            return good.transaction(scope, work)
          },
          async close() {
            closed = true
            await good.close()
          },
        })
    },
  },
  {
    name: 'capabilities-can-be-changed',
    defect: 'The capabilities are an object that anybody can change.',
    breaks: 'UE-CAPABILITY-001',
    expect: 'the declaration is frozen',
    corrupt: () => (good) => overlay(good, { capabilities: { ...good.capabilities } }),
  },
  {
    name: 'claims-to-be-serializable',
    defect: 'It declares serializable, and is not.',
    breaks: 'UE-CAPABILITY-002',
    expect: 'with isolation serializable',
    corrupt: () => (good) => {
      const capabilities = Object.freeze({ ...good.capabilities, isolation: 'serializable' as const })
      return overlay(good, {
        capabilities,
        diagnostics: async () => ({ ...(await good.diagnostics()), capabilities }),
      })
    },
  },
  {
    name: 'claims-to-be-durable',
    defect: 'It declares durable, and every handle begins with nothing of what was there.',
    breaks: 'UE-CAPABILITY-003',
    expect: 'the user and the denials: [0] is',
    corrupt: () => {
      let closed = false
      return (good) => {
        const capabilities = Object.freeze({ ...good.capabilities, durable: true })
        const forgotten = closed
        return overlayTransactions(
          overlay(good, {
            capabilities,
            diagnostics: async () => ({ ...(await good.diagnostics()), capabilities }),
            async close() {
              closed = true
              await good.close()
            },
          }),
          (tx) => (forgotten ? { users: overlay(tx.users, { find: async () => null }) } : {}),
        )
      }
    },
  },
]

function rememberReference(
  good: UserEngineStore,
  remember: (reference: string | null) => void,
): UserEngineStore {
  return overlayTransactions(good, (tx) => ({
    tenants: overlay(tx.tenants, {
      async insert(tenant) {
        await tx.tenants.insert(tenant)
        remember(tenant.externalRef)
      },
    }),
  }))
}
