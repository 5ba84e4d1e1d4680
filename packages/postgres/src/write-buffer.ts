import {
  StoreError,
  type AuditRecord,
  type IdempotencyKey,
  type IdempotencyRecord,
  type OutboxEvent,
  type RecordKind,
  type VersionedRecord,
} from '@user-engine/store'

/** The last state of a record that is to be written, and the stored version it rests on; null for a new record. */
export interface PendingRecord {
  readonly kind: RecordKind
  readonly record: VersionedRecord
  readonly base: number | null
}

export interface PendingGuard {
  readonly kind: RecordKind
  readonly scopeId: string
  readonly id: string
  readonly version: number
}

export interface PendingAnswer {
  readonly record: IdempotencyRecord
  readonly ttlMs: number
}

/** The writes of one frame that have not been sent. */
export interface WriteBuffer {
  readonly records: Map<string, PendingRecord>
  readonly guards: Map<string, PendingGuard>
  readonly audit: AuditRecord[]
  readonly events: OutboxEvent[]
  readonly answers: Map<string, PendingAnswer>
}

export function createWriteBuffer(): WriteBuffer {
  return { records: new Map(), guards: new Map(), audit: [], events: [], answers: new Map() }
}

export function isEmpty({ records, guards, audit, events, answers }: WriteBuffer): boolean {
  return records.size + guards.size + audit.length + events.length + answers.size === 0
}

/** Looks through the unsent writes of a frame and of those around it, the innermost first. */
export interface Buffered {
  record(kind: RecordKind, id: string): VersionedRecord | null
  some(kind: RecordKind, match: (record: VersionedRecord) => boolean): VersionedRecord | null
  answer(key: IdempotencyKey): IdempotencyRecord | null
}

export function bufferedIn(buffers: readonly WriteBuffer[]): Buffered {
  return {
    record(kind, id) {
      for (const { records } of buffers) {
        const found = records.get(recordKey(kind, id))
        if (found !== undefined) return found.record
      }
      return null
    },
    some(kind, match) {
      for (const { records } of buffers) {
        for (const pending of records.values()) {
          if (pending.kind === kind && match(pending.record)) return pending.record
        }
      }
      return null
    },
    answer(key) {
      for (const { answers } of buffers) {
        const found = answers.get(answerKey(key))
        if (found !== undefined) return found.record
      }
      return null
    },
  }
}

export function recordKey(kind: RecordKind, id: string): string {
  return `${kind}/${id}`
}

export function answerKey({ scopeId, actor, key }: IdempotencyKey): string {
  return JSON.stringify([scopeId, actor, key])
}

/** Adds a write. What the transaction knows to be wrong by itself is refused at once. */
export function bufferRecord(
  buffer: WriteBuffer,
  around: Buffered,
  kind: RecordKind,
  record: VersionedRecord,
  isNew: boolean,
): void {
  const key = recordKey(kind, record.id)
  const earlier = buffer.records.get(key)
  const seen = around.record(kind, record.id)
  if (isNew) {
    if (seen !== null) throw new StoreError('CONFLICT', { constraint: `${kind}_id` })
    buffer.records.set(key, { kind, record, base: null })
    return
  }
  if (seen !== null && seen.version !== record.version - 1) {
    throw new StoreError('VERSION_CONFLICT', { kind, id: record.id })
  }
  buffer.records.set(key, { kind, record, base: earlier === undefined ? record.version - 1 : earlier.base })
}

/** Adds a guard; one on a record that the transaction writes is decided at once. */
export function bufferGuard(buffer: WriteBuffer, around: Buffered, guard: PendingGuard): void {
  const { kind, id, version } = guard
  const seen = around.record(kind, id)
  const earlier = buffer.guards.get(recordKey(kind, id))
  if ((seen !== null && seen.version !== version) || (earlier !== undefined && earlier.version !== version)) {
    throw new StoreError('VERSION_CONFLICT', { kind, id })
  }
  if (seen === null) buffer.guards.set(recordKey(kind, id), guard)
}
