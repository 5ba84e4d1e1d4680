import { StoreError, type RecordKind, type VersionedRecord } from '@user-engine/store'

import type { Statement } from './batch.ts'
import { keepAnswer } from './idempotency.ts'
import { insertStatements, type Insert } from './inserts.ts'
import { LOCKS, TABLES } from './locks.ts'
import { auditRow, eventRow, rowOf } from './rows.ts'
import { updateStatement } from './updates.ts'
import type { PendingRecord, WriteBuffer } from './write-buffer.ts'

/** A statement of a flush, and what it means when its own expectation is not met. */
export interface Step {
  readonly statement: Statement
  readonly unmet: (() => StoreError) | null
}

interface Lock {
  readonly kind: RecordKind
  readonly scopeId: string
  readonly id: string
  readonly version: number
  readonly mode: 'update' | 'share'
}

/**
 * The statements that send a frame's writes, in the one order that all transactions keep: idempotency keys, then locks by
 * noun and id, each with the strongest mode its row needs and with its version compared, then updates, then inserts: what
 * an update gives up, an insert may take. Only what names another record is updated when that has been inserted.
 */
export function flushSteps(buffer: WriteBuffer): readonly Step[] {
  const records = [...buffer.records.values()]
  const updates = records.filter((pending) => pending.base !== null)
  const inserts = insertsOf(buffer, records)
  const naming = updates.filter(({ kind }) => NAMING.has(kind))
  const named =
    naming.length === 0 ? [] : inserts.filter(({ table, rows }) => NAMED.has(table) && rows.length > 0)
  const late = named.length === 0 ? [] : naming
  const plain = (statement: Statement): Step => ({ statement, unmet: null })
  const update = ({ kind, record }: PendingRecord) => plain(updateStatement(kind, record))
  return [
    ...[...buffer.answers.values()].map(keepAnswer),
    ...locksOf(buffer, updates).map(lockStep),
    ...updates.filter((pending) => !late.includes(pending)).map(update),
    ...insertStatements(named).map(plain),
    ...late.map(update),
    ...insertStatements(inserts.filter((one) => !named.includes(one))).map(plain),
  ]
}

/** What has a reference that the server checks, and the tables that such references lead to. */
const NAMING: ReadonlySet<RecordKind> = new Set(['account', 'membership'])
const NAMED: ReadonlySet<string> = new Set(['users', 'tenant_accounts', 'groups'])

function locksOf({ guards }: WriteBuffer, updates: readonly PendingRecord[]): readonly Lock[] {
  const locks: Lock[] = updates.map(({ kind, record, base }) => ({
    kind,
    scopeId: record.scopeId,
    id: record.id,
    version: base ?? 0,
    mode: 'update',
  }))
  // A guard beside a write of the same row comes after it, so that the row is locked once, in the stronger mode.
  for (const guard of guards.values()) locks.push({ mode: 'share', ...guard })
  return locks.toSorted((a, b) => compare(a.kind, b.kind) || compare(a.id, b.id))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function lockStep({ kind, scopeId, id, version, mode }: Lock): Step {
  return {
    statement: LOCKS[kind][mode]({ scopeId, id, version }),
    unmet: () => new StoreError('VERSION_CONFLICT', { kind, id }),
  }
}

/** What is referred to before what refers to it, where there are too many for one statement. */
const INSERTED = [
  'tenant',
  'user',
  'account',
  'external_identity',
  'tenant_account',
  'group',
  'membership',
  'application',
  'application_binding',
  'attribute_catalog',
  'profile_value',
] as const satisfies readonly RecordKind[]

function insertsOf({ audit, events }: WriteBuffer, records: readonly PendingRecord[]): readonly Insert[] {
  const rows = (kind: RecordKind) =>
    records
      .filter((pending) => pending.kind === kind && pending.base === null)
      .map(({ record }: { record: VersionedRecord }) => rowOf(kind, record))
  return [
    ...INSERTED.map((kind) => ({ table: TABLES[kind], rows: rows(kind) })),
    { table: 'audit_records', rows: audit.map(auditRow) },
    { table: 'outbox_events', rows: events.map(eventRow) },
  ]
}
