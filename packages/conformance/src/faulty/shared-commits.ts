import { setTimeout as wait } from 'node:timers/promises'

import {
  isStoreError,
  type ReplicaReads,
  type Scope,
  type StoreError,
  type StoreTransaction,
  type UserEngineStore,
} from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayRepositories, overlayTransactions, repositoryOf } from './overlay.ts'

/** How long a commit waits for those that go with it. */
const GATHER_MS = 5

interface Write {
  readonly isAudit: boolean
  again(tx: StoreTransaction): Promise<void>
}

/** A transaction that was rolled back because it, or another one that was under way, was refused. */
interface Undone<Result> {
  readonly good: UserEngineStore
  readonly scope: Scope
  /** In their order. */
  readonly writes: readonly Write[]
  /** What refused it, or else the other one. */
  readonly refusal: StoreError
  /** What it would be told alone: what its work resolved with, or its own refusal. */
  readonly own: Promise<Result>
}

function isRefusal(error: unknown): error is StoreError {
  return isStoreError(error, 'CONFLICT') || isStoreError(error, 'VERSION_CONFLICT')
}

/** The store, whose transactions note what they write. */
function noting(store: UserEngineStore, writes: Write[]): UserEngineStore {
  const note = (again: Write['again'], isAudit = false) => void writes.push({ isAudit, again })
  const noted = overlayRepositories(store, (repository, name) => ({
    insert(record) {
      note((tx) => repositoryOf(tx, name).insert(record))
      return repository.insert(record)
    },
    update(record) {
      note((tx) => repositoryOf(tx, name).update(record))
      return repository.update(record)
    },
  }))
  return overlayTransactions(noted, ({ audit, outbox, idempotency }) => ({
    audit: overlay(audit, {
      append(record) {
        note((tx) => tx.audit.append(record), true)
        return audit.append(record)
      },
    }),
    outbox: overlay(outbox, {
      append(event) {
        note((tx) => tx.outbox.append(event))
        return outbox.append(event)
      },
    }),
    idempotency: overlay(idempotency, {
      insert(record, ttlMs) {
        note((tx) => tx.idempotency.insert(record, ttlMs))
        return idempotency.insert(record, ttlMs)
      },
    }),
  }))
}

/** Commits together what is under way at the same time: where one is refused all are undone, and `goOn` from there. */
function undoneTogether(goOn: <Result>(undone: Undone<Result>) => Promise<Result>): FaultyStore['corrupt'] {
  return () => {
    const underWay = new Set<{ refusal: StoreError | null }>()
    return (good) =>
      overlay(good, {
        async transaction<Result>(
          scope: Scope,
          work: (tx: StoreTransaction) => Promise<Result>,
          reads?: ReplicaReads,
        ) {
          const writes: Write[] = []
          const member = { refusal: null as StoreError | null, own: null as Promise<Result> | null }
          const carryOut = async (tx: StoreTransaction) => {
            const result = await work(tx)
            // A read sends what a deferring store has kept back: it is refused before the others commit.
            if (underWay.size > 1) await tx.recordCounts()
            return result
          }
          const refuse = (error: unknown) => {
            if (!isRefusal(error) || underWay.size === 1) return
            for (const other of underWay) other.refusal ??= error
            member.refusal = error
          }
          const gathered = async (tx: StoreTransaction) => {
            member.own = carryOut(tx)
            member.own.catch(refuse)
            await member.own
            if (underWay.size > 1) await wait(GATHER_MS)
            if (member.refusal !== null) throw member.refusal
            return member.own
          }
          underWay.add(member)
          try {
            return await noting(good, writes).transaction(scope, gathered, reads)
          } catch (error) {
            const { refusal, own } = member
            if (own === null || refusal === null || error !== refusal) throw error
            return await goOn({ good, scope, writes, refusal, own })
          } finally {
            underWay.delete(member)
          }
        },
      })
  }
}

/** Stores that commit several transactions as one, and confuse what becomes of them when one is refused. */
export const faultySharedCommits: readonly FaultyStore[] = [
  {
    name: 'one-refusal-for-all',
    defect:
      'When one of the transactions that are under way is refused, all are undone and told its refusal.',
    breaks: 'UE-TRANSACTION-014',
    expect: 'one that nothing refuses was answered StoreError',
    corrupt: undoneTogether(({ refusal }) => Promise.reject(refusal)),
  },
  {
    name: 'resolves-what-was-undone-with-another',
    defect:
      'When one of the transactions that are under way is refused, all are undone, and the others resolve all the same.',
    breaks: 'UE-TRANSACTION-014',
    expect: 'what there is of one that resolved: record is false',
    corrupt: undoneTogether(({ own }) => own),
  },
  {
    name: 'repeats-without-the-audit-record',
    defect:
      'What was undone with a transaction that was refused is written again by itself, without its audit record.',
    breaks: 'UE-TRANSACTION-014',
    expect: 'what there is of one that resolved: audit is false',
    corrupt: undoneTogether(async ({ good, scope, writes, own }) => {
      const result = await own
      await good.transaction(scope, async (tx) => {
        for (const { isAudit, again } of writes) if (!isAudit) await again(tx)
      })
      return result
    }),
  },
  {
    name: 'repeats-write-by-write',
    defect:
      'What was undone with a transaction that was refused is written again, each write by itself, of the refused one as well.',
    breaks: 'UE-TRANSACTION-014',
    expect: 'what there is of one that was rejected: ',
    corrupt: undoneTogether(async ({ good, scope, writes, own }) => {
      for (const { again } of writes) await good.transaction(scope, again).catch(() => {})
      return own
    }),
  },
  {
    name: 'the-first-refusal-for-the-next',
    defect: 'Of transactions that are refused at the same time each is told what refused the first.',
    breaks: 'UE-TRANSACTION-014',
    expect: 'one that is refused was rejected with',
    corrupt: () => {
      let underWay = 0
      let first: StoreError | null = null
      return (good) =>
        overlay(good, {
          async transaction(scope, work, reads) {
            underWay += 1
            try {
              return await good.transaction(scope, work, reads)
            } catch (error) {
              if (!isRefusal(error)) throw error
              first ??= error
              throw first
            } finally {
              underWay -= 1
              if (underWay === 0) first = null
            }
          },
        })
    },
  },
]
