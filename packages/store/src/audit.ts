import type { DenialRecord } from './denials.ts'
import type { AuditRecordId, CommandId, DenialId } from './ids.ts'
import type { Page, PageRequest, RecordKind } from './records.ts'
import type { ScopeId } from './scope.ts'

/** Who acted. `id` is an opaque name of at most 128 characters that the host chose; it must not be personal. */
export interface Actor {
  readonly kind: 'user' | 'service'
  readonly id: string
}

/** What an action was about. `id` is null where the record does not exist yet. */
export interface Target {
  readonly kind: RecordKind
  readonly id: string | null
}

export interface AuditChange {
  readonly kind: RecordKind
  readonly scopeId: ScopeId
  readonly id: string
  /** The version that the change made. */
  readonly version: number
  /** Names of the fields that changed, never their values. */
  readonly fields: readonly string[]
}

/** One command that was carried out. Append-only: nothing updates or deletes it (UE-AUDIT-003). */
export interface AuditRecord {
  readonly scopeId: ScopeId
  /** UUIDv7 of `occurredAt`: the timeline is in order of id. */
  readonly id: AuditRecordId
  readonly occurredAt: Date
  readonly actor: Actor
  /** What was asked of the `authorize` port, e.g. `user.suspend`. */
  readonly action: string
  readonly target: Target
  readonly commandId: CommandId
  /** The host's own trace of the request, or null. */
  readonly correlationId: string | null
  readonly changes: readonly AuditChange[]
}

export type TimelineEntry =
  | { readonly kind: 'change'; readonly record: AuditRecord }
  | { readonly kind: 'denial'; readonly record: DenialRecord }

export interface TimelineQuery extends PageRequest<AuditRecordId | DenialId> {
  readonly scopeId: ScopeId
  /** Only what was about this record; null for all. */
  readonly targetId: string | null
}

export interface AuditLog {
  /**
   * Commits or rolls back with the change that it describes (UE-AUDIT-001, nested: UE-AUDIT-002). `audit_record_id`.
   */
  append(record: AuditRecord): Promise<void>
  /** Changes and denials of one scope in one timeline, in order of id (UE-AUDIT-004). */
  timeline(query: TimelineQuery): Promise<Page<TimelineEntry, AuditRecordId | DenialId>>
}
