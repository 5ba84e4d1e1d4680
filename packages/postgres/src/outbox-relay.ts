import { randomUUID } from 'node:crypto'

import type { Acknowledgement, LeaseToken, OutboxRelay, OutboxState } from '@user-engine/store'
import { sql } from 'kysely'

import type { Row, Statement } from './batch.ts'
import { batchFailure } from './batch-failure.ts'
import { db } from './database.ts'
import { within } from './limits.ts'
import { LEASE_MISMATCH } from './locks.ts'
import { toEvent } from './outbox.ts'
import type { PurposePool } from './pool.ts'
import { template } from './template.ts'

type ClaimName = 'scopeId' | 'aggregateId' | 'limit' | 'token' | 'leaseMs'

/** One event of a stream, the first: its key tells where the next stream begins. */
const head = sql`select e.scope_id, e.aggregate_id, e.id, e.available_at, e.dead_at from user_engine.outbox_events e`
const first = sql`order by e.scope_id, e.aggregate_id, e.aggregate_version, e.ordinal limit 1`

/**
 * Walks from stream to stream along their index, one descent for each head, from a cursor round to it again, until enough
 * heads can be claimed: it costs what it claims, whatever waits behind. See the ADR on claiming.
 */
export const claim = template<ClaimName>((parameter) => {
  const cursor = sql`(${parameter('scopeId')}::uuid, ${parameter('aggregateId')}::uuid)`
  const next = sql`${head} where (e.scope_id, e.aggregate_id) > (a.scope_id, a.aggregate_id) ${first}`
  return asCompilable(sql<Row>`
    with recursive ahead as (
      (${head} where (e.scope_id, e.aggregate_id) > ${cursor} ${first})
      union all select n.* from ahead a cross join lateral (${next}) n
    ), behind as (
      (${head} ${first})
      union all select n.* from behind a cross join lateral (${next}) n where (a.scope_id, a.aggregate_id) < ${cursor}
    ), heads as materialized (
      select scope_id, id from (select * from ahead union all select * from behind) h
      where dead_at is null and available_at <= now() limit ${parameter('limit')}::int
    ), taken as materialized (
      select e.scope_id, e.id from heads h
      join user_engine.outbox_events e on e.scope_id = h.scope_id and e.id = h.id
      where e.dead_at is null and e.available_at <= now() for update of e skip locked
    )
    update user_engine.outbox_events e
    set lease_token = ${parameter('token')}::uuid, attempts = e.attempts + 1,
      available_at = now() + ${parameter('leaseMs')}::float8 * interval '1 millisecond'
    from taken t where e.scope_id = t.scope_id and e.id = t.id
    returning e.scope_id as "scopeId", e.id, e.type, e.aggregate_kind as "aggregateKind",
      e.aggregate_id as "aggregateId", e.aggregate_version as "aggregateVersion", e.ordinal,
      e.occurred_at as "occurredAt", e.command_id as "commandId", e.correlation_id as "correlationId", e.data,
      e.attempts`)
})

const lost = sql.lit(LEASE_MISMATCH)

const kept = sql.raw(
  `scope_id, id, type, aggregate_kind, aggregate_id, aggregate_version, ordinal, occurred_at, command_id,
    correlation_id, data, appended_at, attempts`,
)

/** What the operator keeps moves to another table: the one that is claimed from holds what is still to be delivered. */
const ack = template<'token' | 'eventIds' | 'count'>((parameter) =>
  asCompilable(sql`
    with gone as (
      delete from user_engine.outbox_events where lease_token = ${parameter('token')}::uuid
        and id = any(${parameter('eventIds')}::uuid[]) and available_at > now() returning ${kept}
    ), moved as (
      insert into user_engine.delivered_events (${kept}) select ${kept} from gone
      where exists (select from user_engine.retention where table_name = 'delivered_events' and keep_days > 0)
    ) select user_engine.expect((select count(*) from gone) = ${parameter('count')}::int, ${lost})`),
)

const extend = template<'token' | 'leaseMs'>((parameter) =>
  asCompilable(sql`
    with held as (
      update user_engine.outbox_events
      set available_at = now() + ${parameter('leaseMs')}::float8 * interval '1 millisecond'
      where lease_token = ${parameter('token')}::uuid and available_at > now() returning 1
    ) select user_engine.expect((select count(*) from held) > 0 and not exists (
      select from user_engine.outbox_events where lease_token = ${parameter('token')}::uuid and available_at <= now()
    ), ${lost})`),
)

const nack = template<'token' | 'eventId' | 'delayMs' | 'dead'>((parameter) =>
  asCompilable(sql`
    with refused as (
      update user_engine.outbox_events
      set lease_token = null, available_at = now() + ${parameter('delayMs')}::float8 * interval '1 millisecond',
        dead_at = case when ${parameter('dead')}::boolean then now() end
      where lease_token = ${parameter('token')}::uuid and id = ${parameter('eventId')}::uuid
        and available_at > now() returning 1
    ) select user_engine.expect((select count(*) from refused) = 1, ${lost})`),
)

const redrive = template<'eventIds'>((parameter) =>
  asCompilable(sql`
    update user_engine.outbox_events set dead_at = null, attempts = 0, available_at = now()
    where dead_at is not null and id = any(${parameter('eventIds')}::uuid[])`),
)

const state = template<never>(() =>
  asCompilable(sql<OutboxState>`
    select count(*) filter (where dead_at is null and (lease_token is null or available_at <= now()))::int as pending,
      count(*) filter (where lease_token is not null and available_at > now())::int as leased,
      count(*) filter (where dead_at is not null)::int as dead,
      (extract(epoch from now() - min(appended_at)) * 1000)::float8 as "oldestAgeMs"
    from user_engine.outbox_events`),
)

export function asCompilable(query: ReturnType<typeof sql<unknown>>) {
  return { compile: () => query.compile(db) }
}

const checkLease = (leaseMs: number) => within('A lease in ms', leaseMs, 100, 3_600_000)

/** Takes events out of the outbox under the lease that holds them: all of them, or LEASE_MISMATCH. */
export function acknowledge({ token, eventIds }: Acknowledgement): Statement {
  const distinct = [...new Set(eventIds)]
  return ack({ token, eventIds: distinct, count: distinct.length })
}

export function createOutboxRelay(pool: PurposePool): OutboxRelay {
  // Each relay begins somewhere else, so that several of them seldom reach for the same streams.
  let cursor: { readonly scopeId: string; readonly aggregateId: string } = {
    scopeId: randomUUID(),
    aggregateId: randomUUID(),
  }

  async function run(statements: readonly Statement[], commits = true) {
    try {
      return (await pool.run(statements)).results
    } catch (error) {
      throw batchFailure(error, commits)
    }
  }

  return {
    async claim({ limit, leaseMs, ack: settled }) {
      within('The limit of a claim', limit, 1, 1000)
      checkLease(leaseMs)
      const token = randomUUID() as string as LeaseToken
      const before = settled === null ? [] : [acknowledge(settled)]
      const results = await run([...before, claim({ ...cursor, limit, token, leaseMs })])
      const events = (results.at(-1)?.rows ?? []).map(({ attempts, ...row }) => ({
        event: toEvent(row),
        attempts: attempts as number,
      }))
      const last = events.at(-1)?.event
      if (last !== undefined) cursor = { scopeId: last.scopeId, aggregateId: last.aggregate.id }
      return { token, events }
    },
    async extend(token, leaseMs) {
      checkLease(leaseMs)
      await run([extend({ token, leaseMs })])
    },
    async ack(acknowledgement) {
      await run([acknowledge(acknowledgement)])
    },
    async nack({ token, eventId, delayMs, dead }) {
      within('A delay in ms', delayMs, 0, Number.MAX_SAFE_INTEGER)
      await run([nack({ token, eventId, delayMs, dead })])
    },
    async redrive(eventIds) {
      const [result] = await run([redrive({ eventIds })])
      return result?.rowCount ?? 0
    },
    async state() {
      const [result] = await run([state({})], false)
      return result?.rows[0] as unknown as OutboxState
    },
  }
}
