import { StoreError, type RecordKind, type VersionedRecord } from '@user-engine/store'

import type { Statement } from './batch.ts'
import type { DialectForms } from './dialect.ts'
import { expectationSteps, type Expectation } from './expectations.ts'
import { keepAnswer } from './idempotency.ts'
import { areFew, insertStatements, type Insert } from './inserts.ts'
import { LOCKS, TABLES } from './locks.ts'
import { auditRow, eventRow, rowOf } from './rows.ts'
import { lockingUpdate, updateStatement } from './updates.ts'
import { recordKey, type PendingGuard, type PendingRecord, type WriteBuffer } from './write-buffer.ts'

/** What a failed expectation means, by its subject: which of the statement's it was. */
export type Unmet = (subject: string | null) => StoreError | undefined

/** A statement of a flush, and what it means when its own expectation is not met. */
export interface Step {
  readonly statement: Statement
  readonly unmet: Unmet | null
}

interface Lock {
  readonly kind: RecordKind
  readonly scopeId: string
  readonly id: string
  readonly expected: PendingGuard['expected']
  readonly mode: 'update' | 'share' | 'state'
  /** What takes the record's place in the same statement; null where that comes later, or never. */
  readonly next: PendingRecord | null
}

/**
 * The statements that send a frame's writes, in the one order that all transactions keep: idempotency keys, then locks by
 * noun and id, each with the strongest mode its row needs and with its version compared, then updates, then inserts: what
 * an update gives up, an insert may take. Only what names another record is updated when that has been inserted. An update
 * that is alone is one statement with its lock: no other of them can be in its way.
 */
export function flushSteps(buffer: WriteBuffer, { expectsApart }: DialectForms): readonly Step[] {
  const records = [...buffer.records.values()]
  const updates = records.filter((pending) => pending.base !== null)
  const inserts = insertsOf(buffer, records)
  const naming = updates.filter(({ kind }) => NAMING.has(kind))
  const named =
    naming.length === 0 ? [] : inserts.filter(({ table, rows }) => NAMED.has(table) && rows.length > 0)
  const late = named.length === 0 ? [] : naming
  const [alone = null] =
    updates.length === 1 && late.length === 0 && !isGuarded(buffer, updates) ? updates : []
  const apart = updates.filter((pending) => pending !== alone && !late.includes(pending))
  const expected = [...buffer.answers.values()].map(keepAnswer)
  expected.push(...locksOf(buffer, updates, alone).map(locked))
  const rest = inserts.filter((one) => !named.includes(one) && one.rows.length > 0)
  const isOne = apart.length + late.length === 0 && expected.length > 0 && !expectsApart && areFew(rest)
  const plain = (statement: Statement): Step => ({ statement, unmet: null })
  const update = ({ kind, record }: PendingRecord) => plain(updateStatement(kind, record))
  return [
    ...expectationSteps(expected, isOne ? rest : [], expectsApart),
    ...apart.map(update),
    ...insertStatements(named).map(plain),
    ...late.map(update),
    ...insertStatements(isOne ? [] : rest).map(plain),
  ]
}

/** What has a reference that the server checks, and the tables that such references lead to. */
const NAMING: ReadonlySet<RecordKind> = new Set(['account', 'membership'])
const NAMED: ReadonlySet<string> = new Set(['users', 'tenant_accounts', 'groups'])

/** A guard beside it compares what is stored before the update. */
function isGuarded({ guards }: WriteBuffer, updates: readonly PendingRecord[]): boolean {
  const guarded = new Set([...guards.values()].map(recordKey))
  return updates.some(({ kind, record: { scopeId, id } }) => guarded.has(recordKey({ kind, scopeId, id })))
}

function locksOf(
  { guards }: WriteBuffer,
  updates: readonly PendingRecord[],
  alone: PendingRecord | null,
): readonly Lock[] {
  const locks: Lock[] = updates.map((pending) => ({
    kind: pending.kind,
    scopeId: pending.record.scopeId,
    id: pending.record.id,
    expected: pending.base ?? 0,
    mode: 'update',
    next: pending === alone ? pending : null,
  }))
  // A guard beside a write of the same row comes after it, so that the row is locked once, in the stronger mode.
  for (const guard of guards.values()) {
    locks.push({ ...guard, mode: typeof guard.expected === 'number' ? 'share' : 'state', next: null })
  }
  return locks.toSorted((a, b) => compare(a.kind, b.kind) || compare(a.id, b.id))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function locked({ kind, scopeId, id, expected, mode, next }: Lock): Expectation {
  const lock =
    next === null
      ? { form: LOCKS[kind][mode], values: [scopeId, id, expected] }
      : lockingUpdate(kind, next.record, next.base ?? 0)
  return {
    ...lock,
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
