import {
  DIRECTORY,
  directoryScope,
  parseTenantId,
  tenantScope,
  type Claim,
  type OutboxEvent,
  type UserEngineStore,
} from '@user-engine/store'

import type { CaseContext } from '../case.ts'

export const FIRST = { after: null, limit: 100 } as const

/** Commits the events in one transaction, in the scope of the first. */
export async function appendAll(ctx: CaseContext, events: readonly OutboxEvent[]): Promise<void> {
  const scopeId = events[0]?.scopeId ?? DIRECTORY
  await ctx.commit(
    scopeId === DIRECTORY ? directoryScope() : tenantScope(parseTenantId(scopeId)),
    async (tx) => {
      for (const event of events) await tx.outbox.append(event)
    },
  )
}

/** Claims whatever can be claimed, for a minute. */
export function claimAll(ctx: CaseContext, store: UserEngineStore = ctx.store): Promise<Claim> {
  return store.outbox.claim({ limit: 100, leaseMs: 60_000, ack: null })
}

/** The events of a claim in order of id: between aggregates no order is promised. */
export function eventsOf(claim: Claim): OutboxEvent[] {
  return claim.events.map(({ event }) => event).toSorted((one, other) => (one.id < other.id ? -1 : 1))
}

/** Events of one aggregate, in the order of its versions. */
export function stream(ctx: CaseContext, count: number, first = 1): OutboxEvent[] {
  const id = ctx.make.uuid()
  return Array.from({ length: count }, (_, index) =>
    ctx.make.event('user', { scopeId: DIRECTORY, id, version: first + index }),
  )
}

/** What a claim and its settling answer for what is delivered, in order of delivery, until nothing is given. */
export async function drain(ctx: CaseContext, limit = 100): Promise<OutboxEvent[]> {
  const delivered: OutboxEvent[] = []
  for (let round = 0; round < 1_000; round += 1) {
    const { token, events } = await ctx.store.outbox.claim({ limit, leaseMs: 60_000, ack: null })
    if (events.length === 0) return delivered
    delivered.push(...events.map(({ event }) => event))
    await ctx.store.outbox.ack({ token, eventIds: events.map(({ event }) => event.id) })
  }
  throw new Error('the outbox does not end')
}

/** What could have changed by a call that was refused. */
export async function snapshot(ctx: CaseContext) {
  const { oldestAgeMs: _age, ...counts } = await ctx.store.outbox.state()
  return counts
}

export const claimFor = (ctx: CaseContext, leaseMs: number): Promise<Claim> =>
  ctx.store.outbox.claim({ limit: 100, leaseMs, ack: null })
