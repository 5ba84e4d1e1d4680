import { type StoreTransaction } from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { beforeCommit, overlay, overlayTransactions } from './overlay.ts'

const ONE_DAY_MS = 86_400_000

/** How a command is remembered. */
export const faultyIdempotency: readonly FaultyStore[] = [
  {
    name: 'keys-beside-the-transaction',
    defect: 'An idempotency record is kept at once, whatever becomes of the command.',
    breaks: 'UE-IDEMPOTENCY-001',
    expect: 'idempotency records after the rollback: it is',
    disturbs: ['UE-TRANSACTION-002'],
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
    disturbs: ['UE-TRANSACTION-002'],
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
    name: 'times-of-32-bits',
    defect: 'A time of more milliseconds than 32 bits hold has passed at once.',
    breaks: 'UE-IDEMPOTENCY-003',
    expect: 'a record whose time has not passed: it is null',
    by: 'UE-IDEMPOTENCY-003/expiry',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        idempotency: overlay(tx.idempotency, {
          insert: (record, ttlMs) => tx.idempotency.insert(record, Math.max(1, ttlMs | 0)),
        }),
      })),
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
    disturbs: ['UE-TRANSACTION-001'],
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        idempotency: overlay(tx.idempotency, {
          find: (key) => tx.idempotency.find({ ...key, actor: 'service:any' }),
          insert: (record, ttlMs) => tx.idempotency.insert({ ...record, actor: 'service:any' }, ttlMs),
        }),
      })),
  },
]
