import type { StoreCapabilities } from './capabilities.ts'
import type { DenialLog } from './denials.ts'
import type { DiagnosticsReport } from './diagnostics.ts'
import type { OutboxRelay } from './outbox.ts'
import type { ReadinessReport } from './readiness.ts'
import type { Position, ReplicaReads } from './replica-reads.ts'
import type { SchemaVersionReport } from './schema-version.ts'
import type { Scope } from './scope.ts'
import type { StoreTransaction } from './transaction.ts'

/**
 * The port: all that the engine needs of a store, and all that it touches. A database team implements it, and proves it
 * with `@user-engine/conformance`. Its promises hold one by one and in every sequence of calls (UE-SEQUENCE-001).
 */
export interface UserEngineStore {
  readonly capabilities: StoreCapabilities
  readonly denials: DenialLog
  readonly outbox: OutboxRelay
  /**
   * Runs `work` once, in a transaction of its own, and commits when it resolves; when it rejects, rolls back and
   * rejects with the same error (UE-TRANSACTION-005, 009). The store never runs `work` again by itself. It resolves
   * only after the commit is durable and every other handle sees it (UE-TRANSACTION-010).
   *
   * Rejects with CONFLICT, VERSION_CONFLICT, TENANT_BOUNDARY, SCOPE_MISSING, SERIALIZATION, UNKNOWN_OUTCOME, NOT_READY,
   * UNAVAILABLE or TIMEOUT; in every case but UNKNOWN_OUTCOME nothing was kept (UE-TRANSACTION-001, UE-ERROR-003).
   * What refuses one neither undoes, refuses nor answers for another that commits at the same time (UE-TRANSACTION-014).
   *
   * With `reads` it writes nothing: each write or guard fails with a TypeError (UE-REPLICA-002). It may be answered by a
   * replica that has reached the position (UE-REPLICA-001), and is answered where there is none (UE-REPLICA-003).
   */
  transaction<Result>(
    scope: Scope,
    work: (tx: StoreTransaction) => Promise<Result>,
    reads?: ReplicaReads,
  ): Promise<Result>
  /** The position of now: all that was committed before the call is before it. UNAVAILABLE or TIMEOUT where it can't be told. */
  position(): Promise<Position>
  /**
   * Looks at the store itself at each call, answers within a bounded time and never throws (UE-READINESS-001, 002).
   * Bounded is, here and wherever it is said, what the store chooses and its operators can know; the kit waits 10 s.
   */
  readiness(): Promise<ReadinessReport>
  /** Reads the version that is stored (UE-SCHEMA-001). UNAVAILABLE or TIMEOUT where it can't. */
  schemaVersion(): Promise<SchemaVersionReport>
  /** Answers within a bounded time and never throws: what can't be found out is null (UE-DIAGNOSTICS-002). */
  diagnostics(): Promise<DiagnosticsReport>
  /**
   * Waits for open transactions, then gives everything back, of this handle alone (UE-LIFECYCLE-003). Calls after it
   * fail with UNAVAILABLE `closed`; calling it again resolves (UE-LIFECYCLE-001, 002).
   */
  close(): Promise<void>
}
