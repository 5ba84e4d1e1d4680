import {
  isStoreError,
  type Repository,
  type Scope,
  type StoreTransaction,
  type UserEngineStore,
  type VersionedRecord,
} from '@user-engine/store'

import type { History, Step, Transaction } from './history.ts'

/** A record that transactions of a history meet at. It tells itself who wrote it. */
export interface Place<Item extends VersionedRecord = VersionedRecord> {
  /** As the proof of an anomaly calls it: `group 1`. */
  readonly name: string
  readonly id: Item['id']
  repository(tx: StoreTransaction): Repository<Item>
  /** The same record, with the mark of who writes it. */
  mark(record: Item, by: string): Item
  markOf(record: Item): string
  /** What its case decides by. */
  says?(record: Item): string
}

/** The calls of one transaction, each of which is noted. */
export interface Notes {
  readonly tx: StoreTransaction
  find<Item extends VersionedRecord>(place: Place<Item>): Promise<Item | null>
  guard<Item extends VersionedRecord>(place: Place<Item>, seen: Item): Promise<void>
  insert<Item extends VersionedRecord>(place: Place<Item>, record: Item): Promise<void>
  /** The record is its next version. */
  update<Item extends VersionedRecord>(place: Place<Item>, record: Item): Promise<void>
}

/** A transaction, and what it failed of where it did. */
export interface Recorded extends Transaction {
  readonly error: unknown
}

export interface Recorder {
  history(): History
  /**
   * Runs a transaction once and notes it. Resolves with how it ended: a StoreError is an end as any other. What `work` throws
   * to undo it, is UNDO.
   */
  run(store: UserEngineStore, scope: Scope, work: (notes: Notes) => Promise<void>): Promise<Recorded>
}

/** Thrown by a transaction that changes its mind. */
export const UNDO = new Error('the work changes its mind')

export function createRecorder(): Recorder {
  const transactions: Transaction[] = []
  let names = 0
  let time = 0
  return {
    history: () => transactions.toSorted((one, other) => one.began - other.began),
    async run(store, scope, work) {
      names += 1
      time += 1
      const name = `T${names}`
      const began = time
      const steps: Step[] = []
      const notes = (tx: StoreTransaction) => createNotes(tx, name, (step) => steps.push(step))
      let done: number | null = null
      const end = await endOf(
        store.transaction(scope, async (tx) => {
          await work(notes(tx))
          time += 1
          done = time
        }),
      )
      time += 1
      const { outcome, error } = end
      const transaction = { name, began, ended: time, done, outcome, steps }
      transactions.push(transaction)
      return { ...transaction, error }
    },
  }
}

async function endOf(transaction: Promise<void>): Promise<Pick<Recorded, 'outcome' | 'error'>> {
  try {
    await transaction
    return { outcome: 'committed', error: null }
  } catch (error) {
    const told =
      error === UNDO ||
      isStoreError(error, 'CONFLICT') ||
      isStoreError(error, 'VERSION_CONFLICT') ||
      (isStoreError(error) && error.retryable)
    if (isStoreError(error, 'UNKNOWN_OUTCOME')) return { outcome: 'unknown', error }
    if (told) return { outcome: 'undone', error }
    throw error
  }
}

function createNotes(tx: StoreTransaction, name: string, note: (step: Step) => void): Notes {
  const add = <Item extends VersionedRecord>(
    what: Step['do'],
    place: Place<Item>,
    record: Item | null,
    by: string | null,
  ) =>
    note({
      do: what,
      record: place.name,
      version: record?.version ?? 0,
      by,
      says: record === null ? null : knownSaying(place.says?.(record) ?? null),
    })
  return {
    tx,
    async find(place) {
      const found = await place.repository(tx).find(place.id)
      add('read', place, found, found === null ? null : markOf(place, found))
      return found
    },
    guard(place, seen) {
      add('guard', place, seen, markOf(place, seen))
      return place.repository(tx).guard(seen)
    },
    insert(place, record) {
      add('write', place, record, name)
      return place.repository(tx).insert(place.mark(record, name))
    },
    update(place, record) {
      add('write', place, record, name)
      return place.repository(tx).update(place.mark(record, name))
    },
  }
}

/** What a broken store may have put there of a person is not repeated. */
function markOf<Item extends VersionedRecord>(place: Place<Item>, record: Item): string {
  const mark = place.markOf(record)
  return /^T\d+$/.test(mark) ? mark : 'somebody'
}

function knownSaying(text: string | null): string | null {
  return text === null || /^([a-z]+|\d+)$/.test(text) ? text : 'something'
}
