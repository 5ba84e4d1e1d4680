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
  /** What it rests on: a version, or one of some states. */
  readonly expected: number | readonly string[]
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

/** Takes the unsent writes out of a buffer: what is written meanwhile goes with a later batch. */
export function takeWrites(buffer: WriteBuffer): WriteBuffer {
  const taken: WriteBuffer = {
    records: new Map(buffer.records),
    guards: new Map(buffer.guards),
    audit: buffer.audit.splice(0),
    events: buffer.events.splice(0),
    answers: new Map(buffer.answers),
  }
  for (const map of [buffer.records, buffer.guards, buffer.answers]) map.clear()
  return taken
}

/** Looks through the unsent writes of a frame and of those around it, the innermost first. */
export interface Buffered {
  /** In the first of the scopes that has one. */
  record(kind: RecordKind, scopes: readonly string[], id: string): VersionedRecord | null
  some(kind: RecordKind, match: (record: VersionedRecord) => boolean): VersionedRecord | null
  answer(key: IdempotencyKey): IdempotencyRecord | null
}

export function bufferedIn(buffers: readonly WriteBuffer[]): Buffered {
  return {
    record(kind, scopes, id) {
      for (const scopeId of scopes) {
        for (const { records } of buffers) {
          const found = records.get(recordKey({ kind, scopeId, id }))
          if (found !== undefined) return found.record
        }
      }
      return null
    },
    some(kind, match) {
      const overwritten = new Set<string>()
      for (const { records } of buffers) {
        for (const [key, pending] of records) {
          if (pending.kind !== kind || overwritten.has(key)) continue
          if (match(pending.record)) return pending.record
          overwritten.add(key)
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

export function recordKey({ kind, scopeId, id }: Pick<PendingGuard, 'kind' | 'scopeId' | 'id'>): string {
  return `${kind}/${scopeId}/${id}`
}

export function answerKey({ scopeId, actor, key }: IdempotencyKey): string {
  return JSON.stringify([scopeId, actor, key])
}

/** Adds a new record. */
export function bufferInsert(
  { records }: WriteBuffer,
  around: Buffered,
  kind: RecordKind,
  record: VersionedRecord,
): void {
  const { scopeId, id } = record
  if (around.record(kind, [scopeId], id) !== null) {
    throw new StoreError('CONFLICT', { constraint: `${kind}_id` })
  }
  records.set(recordKey({ kind, scopeId, id }), { kind, record, base: null })
}

/** Adds the next state of a record. What the transaction knows to be another version is refused at once. */
export function bufferUpdate(
  { records }: WriteBuffer,
  around: Buffered,
  kind: RecordKind,
  record: VersionedRecord,
): void {
  const { scopeId, id, version } = record
  const seen = around.record(kind, [scopeId], id)
  if (seen !== null && seen.version !== version - 1) throw new StoreError('VERSION_CONFLICT', { kind, id })
  const key = recordKey({ kind, scopeId, id })
  const earlier = records.get(key)
  records.set(key, {
    kind,
    record: { ...record, createdAt: seen?.createdAt ?? record.createdAt },
    base: earlier === undefined ? version - 1 : earlier.base,
  })
}

/** Adds a guard; one on a record that the transaction writes is decided at once. */
export function bufferGuard({ guards }: WriteBuffer, around: Buffered, guard: PendingGuard): void {
  const { kind, scopeId, id, expected } = guard
  const written = around.record(kind, [scopeId], id)
  if (written === null) {
    guards.set(`${recordKey(guard)} ${String(expected)}`, guard)
    return
  }
  const isMet = typeof expected === 'number' ? written.version === expected : expected.includes(written.state)
  if (!isMet) throw new StoreError('VERSION_CONFLICT', { kind, id })
}
