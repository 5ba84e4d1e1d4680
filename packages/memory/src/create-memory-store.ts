import {
  StoreError,
  withoutWrites,
  type DenialRecord,
  type DiagnosticsReport,
  type Position,
  type RecordCounts,
  type ReplicaReads,
  type Scope,
  type StoreCapabilities,
  type StoreTransaction,
  type UserEngineStore,
} from '@user-engine/store'

import manifest from '../package.json' with { type: 'json' }
import { createDenialLog } from './denials.ts'
import { isolate } from './isolate.ts'
import { createLayer } from './layers.ts'
import { createLockTable } from './locks.ts'
import { countOutbox, createOutboxRelay } from './outbox-relay.ts'
import { checkReadiness } from './readiness.ts'
import { schemaVersion } from './schema-version.ts'
import type { Rows, TableName } from './tables.ts'
import { runTransaction, type Shared } from './transaction.ts'

export interface MemoryStoreOptions {
  /**
   * `eager`, the default: a write is carried out at its call. `deferred`: at a later read that is not by id, at the start
   * of a nested transaction, or when its transaction settles. Both keep the same promises.
   */
  readonly writes?: 'eager' | 'deferred'
  /** The store's clock: leases and expiries follow it. The system's by default. */
  readonly clock?: () => Date
}

/** Data on which any number of stores are opened, as several processes open one database. */
export interface MemoryDatabase {
  /** Another store on the same data. It closes itself alone, and the data outlives it. */
  open(): UserEngineStore
  /** Copies of all that is committed of a noun, in every scope: to look behind the store's back in tests. */
  rows(noun: keyof RecordCounts): readonly (Rows[TableName] | DenialRecord)[]
}

/**
 * A store in the memory of this process: the reference for the port, for tests and for trying things out. Everything is gone
 * when the process ends. A transaction that never ends keeps its locks for ever: there are no deadlines here.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): UserEngineStore {
  return createMemoryDatabase(options).open()
}

/** What `createMemoryStore` makes, with the data apart from the store: to show what happens between processes. */
export function createMemoryDatabase({
  writes = 'eager',
  clock = () => new Date(),
}: MemoryStoreOptions = {}): MemoryDatabase {
  const shared: Shared = {
    base: createLayer(),
    denials: new Map(),
    locks: createLockTable(),
    writes,
    now: () => clock().getTime(),
    epoch: { beganAt: clock().getTime() },
  }
  return Object.freeze({
    open: () => openStore(shared),
    rows(noun: keyof RecordCounts) {
      const { rows } = shared.base
      const table =
        noun === 'denials' ? shared.denials : noun === 'pendingEvents' ? rows.outboxEvents : rows[noun]
      return isolate([...table.values()])
    },
  })
}

function openStore(shared: Shared): UserEngineStore {
  const { base, denials, writes } = shared
  const now = () => shared.now()
  const capabilities: StoreCapabilities = Object.freeze({
    isolation: 'read-committed',
    tenantIsolation: 'predicate',
    durable: false,
    writes,
  })
  const running = new Set<Promise<unknown>>()
  let closing: Promise<void> | null = null
  let closed = false

  function expectOpen(): void {
    if (closed) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
  }

  async function transaction<Result>(
    scope: Scope,
    work: (tx: StoreTransaction) => Promise<Result>,
    reads?: ReplicaReads,
  ): Promise<Result> {
    if (closing !== null) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
    const result = runTransaction(shared, scope, reads === undefined ? work : (tx) => work(withoutWrites(tx)))
    running.add(result)
    try {
      return await result
    } finally {
      running.delete(result)
    }
  }

  async function diagnostics(): Promise<DiagnosticsReport> {
    return {
      adapter: { name: manifest.name, version: manifest.version },
      capabilities,
      schemaVersion: closed ? null : schemaVersion,
      outbox: closed ? null : countOutbox(base, now()),
      gauges: { 'memory.transactions.open': running.size },
    }
  }

  return Object.freeze({
    capabilities,
    denials: createDenialLog(denials, expectOpen),
    outbox: createOutboxRelay(shared, expectOpen),
    transaction,
    // There is no replica: every state is the newest.
    position: async () => {
      expectOpen()
      return 'newest' as Position
    },
    readiness: async () =>
      checkReadiness(closed ? null : schemaVersion, closed ? null : countOutbox(base, now())),
    schemaVersion: async () => {
      expectOpen()
      return schemaVersion
    },
    diagnostics,
    close: () => {
      closing ??= Promise.allSettled(running).then(() => {
        closed = true
      })
      return closing
    },
  })
}
