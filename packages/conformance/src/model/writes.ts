import {
  DIRECTORY,
  type Constraint,
  type RecordKind,
  type Scope,
  type ScopeId,
  type StoreTransaction,
  type VersionedRecord,
} from '@user-engine/store'

import { isKept, textsIn } from './alphabet.ts'
import { draftAnswer, draftAudit, draftEvent, draftRecord } from './drafts.ts'
import { planGuard, type GuardCall } from './guards.ts'
import { claimOf, KINDS, livesIn, NOUNS } from './nouns.ts'
import type { Outcome, Refusal, Setting } from './outcome.ts'
import { RULES, type ModelRequirement } from './requirements.ts'
import type { Call } from './script.ts'
import { brokenRules, recordAt, recordsAt, seen, withRecord, type Kept } from './state.ts'
import { homesOf, SLOTS, type World } from './world.ts'

interface Write {
  readonly kept: Kept
  readonly outcome: Outcome | null
  perform(tx: StoreTransaction): Promise<unknown>
}

type WriteCall = Exclude<Call, { readonly do: 'look' | 'deny' | 'nested' | 'crowd' }>

/** Says what has to come of a write. What there is none of to update or guard, is inserted. */
export function planWrite(setting: Setting, kept: Kept, call: WriteCall): Write {
  const { world, scope } = setting
  switch (call.do) {
    case 'insert':
      return insert(setting, kept, call)
    case 'update':
      return update(setting, kept, call)
    case 'guard':
    case 'guardState':
      return guard(setting, kept, call)
    case 'audit': {
      const home = anyHome(world, scope, call.about, call.stray)
      const taken = call.again ? kept.audit.findLast(({ scopeId }) => scopeId === home) : undefined
      const drafted = draftAudit(world, home, call.about)
      const record = taken === undefined ? drafted : { ...drafted, id: taken.id }
      const rules: Constraint[] = taken === undefined ? [] : ['audit_record_id']
      return {
        outcome: refused(setting, home, record, conflicts(rules), 'an audit record'),
        kept: { ...kept, audit: [...kept.audit, record] },
        perform: (tx) => tx.audit.append(record),
      }
    }
    case 'event': {
      const home = anyHome(world, scope, call.about, call.stray)
      const other = call.again ? kept.events.findLast(({ scopeId }) => scopeId === home) : undefined
      const drafted = draftEvent(world, home, call)
      const event = other === undefined ? drafted : { ...other, id: drafted.id }
      const place = placeInStream(event)
      const taken = kept.events.some((other) => placeInStream(other) === place)
      return {
        outcome: refused(setting, home, event, conflicts(taken ? ['event_ordinal'] : []), 'an event'),
        kept: { ...kept, events: [...kept.events, event] },
        perform: (tx) => tx.outbox.append(event),
      }
    }
    case 'answer': {
      const home = anyHome(world, scope, call.actor, call.stray)
      const other = call.again
        ? kept.answers.findLast(({ record: { scopeId } }) => scopeId === home)
        : undefined
      const drafted = draftAnswer(world, home, call)
      const { actor, key } = other?.record ?? drafted
      const record = { ...drafted, actor, key }
      const same = ({ record: other }: { readonly record: typeof record }) =>
        other.scopeId === home && other.actor === actor && other.key === key
      const taken = kept.answers.some((other) => same(other) && other.expiresAt > setting.time)
      if (isKept(record.key)) setting.answered.push(record)
      const ttlMs = call.short ? SHORT_TTL_MS : LONG_TTL_MS
      return {
        outcome: refused(
          setting,
          home,
          record,
          conflicts(taken ? ['idempotency_key'] : []),
          'an idempotency record',
        ),
        kept: {
          ...kept,
          answers: [
            ...kept.answers.filter((other) => !same(other)),
            { record, expiresAt: setting.time + ttlMs },
          ],
        },
        perform: (tx) => tx.idempotency.insert(record, ttlMs),
      }
    }
  }
}

/** A lease, a delay and a short time to live are over after the time that a script lets elapse at once; nothing before. */
export const SHORT_TTL_MS = 600_000
const LONG_TTL_MS = 100_000_000_000

export function placeInStream(event: {
  readonly scopeId: string
  readonly aggregate: { readonly kind: string; readonly id: string }
  readonly aggregateVersion: number
  readonly ordinal: number
}): string {
  const { scopeId, aggregate, aggregateVersion, ordinal } = event
  return [scopeId, aggregate.kind, aggregate.id, aggregateVersion, ordinal].join(' ')
}

function insert(setting: Setting, kept: Kept, call: Extract<Call, { readonly do: 'insert' }>): Write {
  const { world, scope } = setting
  const { draft } = call
  const homeOf = (kind: RecordKind) => placeOf(world, scope, kind, call.stray)
  const claims = call.like ? KINDS.flatMap((kind) => claimsAt(kept, kind, homeOf(kind))) : []
  const claim = claims[(draft.slot * 5 + draft.of) % claims.length]
  const kind = claim?.kind ?? call.kind
  const home = homeOf(kind)
  const isFree = (slot: number) => recordAt(kept, kind, home, world.idOf(kind, home, slot)) === null
  const slots = Array.from({ length: SLOTS }, (_, step) => (draft.slot + step) % SLOTS)
  const slot = call.again ? draft.slot : (slots.find(isFree) ?? draft.slot)
  const record = draftRecord(world, kind, home, { ...draft, slot })
  return insertion(setting, kept, kind, { ...record, ...claim?.fields })
}

interface Claim {
  readonly kind: RecordKind
  readonly fields: object
}

/** What records of the noun have claimed: of each rule, what the last one has. */
function claimsAt(kept: Kept, kind: RecordKind, home: ScopeId): readonly Claim[] {
  return NOUNS[kind].rules.flatMap((rule) => {
    const other = recordsAt(kept, kind, home).findLast((record) => claimOf(rule, record) !== null)
    if (other === undefined) return []
    // A layer goes with its owner.
    const taken = [...rule.fields, ...(rule.fields.includes('ownerId') ? ['layer'] : [])]
    if (rule.states !== undefined) taken.push('state')
    return {
      kind,
      fields: Object.fromEntries(Object.entries(other).filter(([field]) => taken.includes(field))),
    }
  })
}

function insertion(setting: Setting, kept: Kept, kind: RecordKind, record: VersionedRecord): Write {
  setting.touched.push({ kind, record })
  const taken = recordAt(kept, kind, record.scopeId, record.id) !== null
  const rules = [...(taken ? [NOUNS[kind].idRule] : []), ...brokenRules(kept, kind, record)]
  const what = `insert of ${kind} ${record.id}`
  return {
    outcome: refused(setting, record.scopeId, record, conflicts(rules), what),
    kept: withRecord(kept, kind, record),
    perform: (tx) => NOUNS[kind].repository(tx).insert(record),
  }
}

function update(setting: Setting, kept: Kept, call: Extract<Call, { readonly do: 'update' }>): Write {
  const { world, scope } = setting
  const homeOf = (kind: RecordKind) => placeOf(world, scope, kind, call.stray)
  const storedOf = (kind: RecordKind) => recordsAt(kept, kind, homeOf(kind))
  const kind = kindsFrom(call.kind).find((one) => storedOf(one).length > 0) ?? call.kind
  const there = storedOf(kind)
  const stored = there[call.pick % there.length]
  const drafted = draftRecord(world, kind, homeOf(kind), call.draft)
  if (stored === undefined) return insertion(setting, kept, kind, drafted)
  const version = stored.version + { next: 1, same: 0, skipped: 2 }[call.version]
  const record = { ...drafted, id: stored.id, version, createdAt: stored.createdAt }
  setting.touched.push({ kind, record })
  const what = `update of ${kind} ${record.id} to version ${version}`
  const refusals =
    call.version === 'next'
      ? conflicts(brokenRules(kept, kind, record))
      : [{ code: 'VERSION_CONFLICT' as const, kind, id: stored.id }]
  return {
    outcome: refused(setting, record.scopeId, record, refusals, what),
    kept: withRecord(kept, kind, record),
    perform: (tx) => NOUNS[kind].repository(tx).update(record),
  }
}

function guard(setting: Setting, kept: Kept, call: GuardCall): Write {
  const view = { ...setting, kept }
  const visible = (kind: RecordKind) => seen(view, kind)
  const hidden = (kind: RecordKind) =>
    kept.records
      .filter((one) => one.kind === kind && !visible(kind).includes(one.record))
      .map(({ record }) => record)
  const from = call.stray ? hidden : visible
  const kind = kindsFrom(call.kind).find((one) => from(one).length > 0) ?? call.kind
  const stored = from(kind)[call.pick % from(kind).length]
  if (stored === undefined) {
    const { world, scope } = setting
    const draft = { slot: call.pick, text: 0, of: 0, state: 0 }
    return insertion(setting, kept, kind, draftRecord(world, kind, placeOf(world, scope, kind, false), draft))
  }
  const { holds, requirement, what, perform } = planGuard(kind, stored, call)
  const by = [{ code: 'VERSION_CONFLICT' as const, kind, id: stored.id }]
  return {
    kept,
    outcome: !call.stray && holds ? null : { kind: 'refused', by, requirement, what },
    perform: (tx) => perform(NOUNS[kind].repository(tx)),
  }
}

/** Each noun once, from the given one on. */
function kindsFrom(first: RecordKind): readonly RecordKind[] {
  const place = KINDS.indexOf(first)
  return [...KINDS.slice(place), ...KINDS.slice(0, place)]
}

function conflicts(rules: readonly Constraint[]): readonly Refusal[] {
  return rules.map((constraint) => ({ code: 'CONFLICT', constraint }))
}

/** The outcome of a write: refused by its scope, by what it holds, or by what is there. */
function refused(
  { scope }: Setting,
  home: ScopeId,
  record: object,
  others: readonly Refusal[],
  what: string,
): Outcome | null {
  const outside: Refusal[] = homesOf(scope).includes(home) ? [] : [{ code: 'TENANT_BOUNDARY' }]
  const unkept: Refusal[] = textsIn(record).every(isKept) ? [] : [{ code: 'TypeError' }]
  const [first] = [...outside, ...unkept, ...others]
  if (first === undefined) return null
  // What is outside of the scope is not compared with what is there.
  const by = [...outside, ...unkept, ...(outside.length === 0 ? others : [])]
  return { kind: 'refused', by, requirement: requirementOf(first, record), what }
}

function requirementOf(refusal: Refusal, record: object): ModelRequirement {
  switch (refusal.code) {
    case 'CONFLICT': {
      const ofAccount = refusal.constraint === 'reference' && !('groupId' in record)
      return ofAccount ? 'UE-RECORD-003' : RULES[refusal.constraint]
    }
    case 'VERSION_CONFLICT':
      return 'UE-VERSION-001'
    case 'TENANT_BOUNDARY':
      return 'UE-TENANT-002'
    case 'TypeError':
      return 'UE-RECORD-005'
  }
}

/** Where a record of the noun goes: a place of the scope that it can live in, or, astray, one that the scope may not write. */
export function placeOf({ tenants }: World, scope: Scope, kind: RecordKind, stray: boolean): ScopeId {
  const homes = homesOf(scope)
  const can = (place: ScopeId) => livesIn(kind, place === DIRECTORY ? 'directory' : 'tenant')
  const foreign = [DIRECTORY, ...tenants].filter((place) => !homes.includes(place) && can(place))
  const own = homes.filter(can)
  return (stray ? (foreign.at(-1) ?? own.at(-1)) : (own.at(-1) ?? foreign[0])) ?? DIRECTORY
}

/** Of what lives anywhere. */
function anyHome({ tenants }: World, scope: Scope, choice: number, stray: boolean): ScopeId {
  const homes = homesOf(scope)
  const foreign = [DIRECTORY, ...tenants].filter((place) => !homes.includes(place))
  const from = stray ? foreign : homes
  return from[choice % from.length] ?? DIRECTORY
}
