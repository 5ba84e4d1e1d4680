import {
  DIRECTORY,
  type AuditRecord,
  type Constraint,
  type DenialRecord,
  type IdempotencyRecord,
  type OutboxEvent,
  type RecordKind,
  type Scope,
  type ScopeId,
  type VersionedRecord,
} from '@user-engine/store'

import { claimOf, NOUNS } from './nouns.ts'
import { homesOf } from './world.ts'

export interface KeptRecord {
  readonly kind: RecordKind
  readonly record: VersionedRecord
}

export interface KeptAnswer {
  readonly record: IdempotencyRecord
  readonly expiresAt: number
}

/** All that commits or rolls back. Never changed: a write makes another one, and to undo is to go back to the one before. */
export interface Kept {
  readonly records: readonly KeptRecord[]
  readonly audit: readonly AuditRecord[]
  /** Those that are not delivered. */
  readonly events: readonly OutboxEvent[]
  readonly answers: readonly KeptAnswer[]
}

export const NOTHING: Kept = { records: [], audit: [], events: [], answers: [] }

/** What the relay knows of an event that is not delivered. */
export interface Delivery {
  readonly attempts: number
  readonly token: string | null
  readonly dead: boolean
  /** When its lease, or its delay, is over; by the model's own clock, which moves only where a script says so. */
  readonly until: number
}

export const UNCLAIMED: Delivery = { attempts: 0, token: null, dead: false, until: 0 }

/** What one scope is looking at. */
export interface View {
  readonly scope: Scope
  readonly kept: Kept
  readonly denials: readonly DenialRecord[]
  readonly deliveries: ReadonlyMap<string, Delivery>
  readonly time: number
}

export function idsSeen({ scope }: Pick<View, 'scope'>): readonly ScopeId[] {
  return homesOf(scope)
}

/**
 * A scope sees what it may write; a tenant's scope sees its own tenant too, and the directory's applications and
 * catalogs that are no drafts.
 */
export function sees(view: Pick<View, 'scope'>, { kind, record }: KeptRecord): boolean {
  if (idsSeen(view).includes(record.scopeId)) return true
  if (record.scopeId !== DIRECTORY) return false
  if (kind === 'tenant') return record.id === view.scope.tenantId
  return (
    (kind === 'application' || kind === 'attribute_catalog') &&
    (record as { readonly state?: unknown }).state !== 'draft'
  )
}

/** The records of a noun that the view sees, in order of id. */
export function seen<Item extends VersionedRecord>(view: View, kind: RecordKind): readonly Item[] {
  return view.kept.records
    .filter((one) => one.kind === kind && sees(view, one))
    .map(({ record }) => record as Item)
    .toSorted(byId)
}

export const byId = (one: { readonly id: string }, other: { readonly id: string }) =>
  one.id < other.id ? -1 : 1

/** The record under an id of a scope, whether anybody sees it or not. */
export function recordAt(
  { records }: Kept,
  kind: RecordKind,
  scopeId: ScopeId,
  id: string,
): VersionedRecord | null {
  return records.find((one) => one.kind === kind && isAt(one.record, scopeId, id))?.record ?? null
}

/** All of a noun in one scope, in the order of their last change. */
export function recordsAt({ records }: Kept, kind: RecordKind, scopeId: ScopeId): readonly VersionedRecord[] {
  return records
    .filter((one) => one.kind === kind && one.record.scopeId === scopeId)
    .map(({ record }) => record)
}

const isAt = (record: VersionedRecord, scopeId: ScopeId, id: string) =>
  record.scopeId === scopeId && record.id === id

/** With the record in the place of the one that has its id. */
export function withRecord(kept: Kept, kind: RecordKind, record: VersionedRecord): Kept {
  const others = kept.records.filter(
    (one) => !(one.kind === kind && isAt(one.record, record.scopeId, record.id)),
  )
  return { ...kept, records: [...others, { kind, record }] }
}

/** Every rule that the record would break beside the others of its scope. */
export function brokenRules(kept: Kept, kind: RecordKind, record: VersionedRecord): readonly Constraint[] {
  const { rules, references } = NOUNS[kind]
  const others = kept.records.filter(
    (one) => one.kind === kind && one.record.scopeId === record.scopeId && one.record.id !== record.id,
  )
  const taken = rules.filter((rule) => {
    const claim = claimOf(rule, record)
    return claim !== null && others.some((other) => isSame(claimOf(rule, other.record), claim))
  })
  const named = references(record)
  const whole = named.every(({ kind: other, id }) => recordAt(kept, other, record.scopeId, id) !== null)
  return [...taken.map(({ constraint }) => constraint), ...(whole ? [] : (['reference'] as const))]
}

function isSame(one: readonly unknown[] | null, other: readonly unknown[]): boolean {
  return one !== null && one.every((part, place) => part === other[place])
}
