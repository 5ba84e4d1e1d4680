import {
  StoreError,
  type DiagnosticsReport,
  type Scope,
  type StoreCapabilities,
  type StoreTransaction,
  type UserEngineStore,
} from '@user-engine/store'

import manifest from '../package.json' with { type: 'json' }
import { createDenialLog } from './denials.ts'
import { createLayer } from './layers.ts'
import { createLockTable } from './locks.ts'
import { countOutbox, createOutboxRelay } from './outbox-relay.ts'
import { checkReadiness } from './readiness.ts'
import { schemaVersion } from './schema-version.ts'
import type { DenialRows } from './tables.ts'
import { runTransaction } from './transaction.ts'

export interface MemoryStoreOptions {
  /**
   * `eager`, the default: a write is carried out at its call. `deferred`: at a later read that is not by id, at the start
   * of a nested transaction, or when its transaction settles. Both keep the same promises.
   */
  readonly writes?: 'eager' | 'deferred'
  /** The store's clock: leases and expiries follow it. The system's by default. */
  readonly clock?: () => Date
}

/**
 * A store in the memory of this process: the reference for the port, for tests and for trying things out. Everything is gone
 * when the process ends. A transaction that never ends keeps its locks for ever: there are no deadlines here.
 */
export function createMemoryStore({
  writes = 'eager',
  clock = () => new Date(),
}: MemoryStoreOptions = {}): UserEngineStore {
  const base = createLayer()
  const denials: DenialRows = new Map()
  const locks = createLockTable()
  const now = () => clock().getTime()
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
  ): Promise<Result> {
    if (closing !== null) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
    const result = runTransaction({ base, denials, locks, writes, now }, scope, work)
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
    outbox: createOutboxRelay(base, now, expectOpen),
    transaction,
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
