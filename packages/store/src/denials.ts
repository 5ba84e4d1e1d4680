import type { Actor, Target } from './audit.ts'
import type { DenialId } from './ids.ts'
import type { ScopeId } from './scope.ts'

/** One attempt that the `authorize` port refused. */
export interface DenialRecord {
  readonly scopeId: ScopeId
  /** UUIDv7 of `occurredAt`, in one timeline with the audit records. */
  readonly id: DenialId
  readonly occurredAt: Date
  readonly actor: Actor
  readonly action: string
  readonly target: Target
  /** A code of the host's policy, never free text. */
  readonly reason: string
  readonly correlationId: string | null
}

/**
 * Only the root store has denials, and no transaction has: a denial outlives whatever happens around it, and emits no
 * event, by construction (UE-DENIAL-004).
 */
export interface DenialLog {
  /**
   * Resolves only when the record is durable, by a way of its own that no open transaction can hold up, roll back or
   * take along (UE-DENIAL-001, 002). Appending the same id again changes nothing and succeeds (UE-DENIAL-003).
   * UNAVAILABLE or TIMEOUT where it can't be written, its answer is lost, or the bounded queue is full (UE-DENIAL-005):
   * append it again. It outlives a crash (UE-DENIAL-006).
   */
  append(record: DenialRecord): Promise<void>
}
