import {
  directoryScope,
  isStoreError,
  type AuditRecord,
  type IdempotencyRecord,
  type OutboxEvent,
  type StoreTransaction,
  type User,
  type UserEngineStore,
} from '@user-engine/store'

import type { CaseContext } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'
import type { ObservedNoun } from '../target.ts'

const FIRST = { after: null, limit: 1 } as const

/** All that one command writes: its key, a user, an audit record, and as many events as asked for. */
export interface Unit {
  readonly key: IdempotencyRecord
  readonly user: User
  readonly audit: AuditRecord
  readonly events: readonly OutboxEvent[]
}

export function makeUnit(ctx: Pick<CaseContext, 'make'>, events = 2): Unit {
  const user = ctx.make.user()
  return {
    key: ctx.make.idempotencyRecord(),
    user,
    audit: ctx.make.auditRecord({ target: { kind: 'user', id: user.id } }),
    events: Array.from({ length: events }, (_, ordinal) => ctx.make.event('user', user, { ordinal })),
  }
}

/** Its writes, in the order of a command. */
export function stepsOf({
  key,
  user,
  audit,
  events,
}: Unit): readonly ((tx: StoreTransaction) => Promise<void>)[] {
  return [
    (tx) => tx.idempotency.insert(key, 3_600_000),
    (tx) => tx.users.insert(user),
    (tx) => tx.audit.append(audit),
    ...events.map((event) => (tx: StoreTransaction) => tx.outbox.append(event)),
  ]
}

/** Writes it with reads in between, so that no store can keep all of it for one message at the end. */
export async function writeInParts(
  tx: StoreTransaction,
  unit: Unit,
  between: (step: number) => Promise<void> = async () => {},
): Promise<void> {
  for (const [index, step] of stepsOf(unit).entries()) {
    await step(tx)
    await tx.users.list(FIRST)
    await tx.outbox.pending(FIRST)
    await between(index)
  }
}

/**
 * Runs a command as callers do that were told nothing: again under its key where that is not found, until it has happened.
 * Resolves with what it was told on the way.
 */
export async function insist(
  ctx: CaseContext,
  store: UserEngineStore,
  unit: Unit,
  work: (tx: StoreTransaction) => Promise<void>,
): Promise<readonly unknown[]> {
  const told: unknown[] = []
  for (let attempt = 0; attempt < 60; attempt += 1) {
    try {
      const found = await store.transaction(directoryScope(), (tx) => tx.idempotency.find(unit.key))
      if (found === null) await store.transaction(directoryScope(), work)
      return told
    } catch (error) {
      if (isStoreError(error, 'CONFLICT') && error.details.constraint === 'idempotency_key') return told
      if (!isStoreError(error) || (!error.retryable && error.code !== 'UNKNOWN_OUTCOME')) throw error
      told.push(error)
      await ctx.pending(new Promise(() => undefined))
    }
  }
  throw told.at(-1)
}

const PARTS = [
  ['idempotencyRecords', ({ key }) => [key.commandId]],
  ['users', ({ user }) => [user.id]],
  ['auditRecords', ({ audit }) => [audit.id]],
  ['pendingEvents', ({ events }) => events.map(({ id }) => id)],
] as const satisfies readonly (readonly [ObservedNoun, (unit: Unit) => readonly string[]])[]

/** How many rows there are of each part of each unit, read past the store. */
export async function countParts(
  ctx: CaseContext,
  units: readonly Unit[],
): Promise<readonly (readonly number[])[]> {
  const rows = new Map<string, number>()
  for (const [noun] of PARTS)
    for (const { id } of await ctx.observer.rows(noun))
      rows.set(`${noun} ${id}`, (rows.get(`${noun} ${id}`) ?? 0) + 1)
  return units.map((unit) =>
    PARTS.map(([noun, idsOf]) => idsOf(unit).reduce((sum, id) => sum + (rows.get(`${noun} ${id}`) ?? 0), 0)),
  )
}

/**
 * `must`, by rows that are read past the store: of each unit there is every part, once, or there is none. Resolves with the
 * units that are there.
 */
export async function expectWhole(
  ctx: CaseContext,
  id: RequirementId,
  units: readonly Unit[],
  when: string,
): Promise<ReadonlySet<Unit>> {
  const counts = await countParts(ctx, units)
  const there = new Set<Unit>()
  for (const [index, unit] of units.entries()) {
    const found = counts[index] ?? []
    const whole = PARTS.map(([, idsOf]) => idsOf(unit).length)
    const none = found.every((count) => count === 0)
    ctx.equal(id, found, none ? [0, 0, 0, 0] : whole, `rows of key, user, audit and events ${when}`)
    if (!none) there.add(unit)
  }
  return there
}
