import { randomUUID } from 'node:crypto'

import type { LeasedEvents, LeaseToken, OutboxRelay, OutboxState } from '@user-engine/store'
import { sql, type RawBuilder } from 'kysely'

import type { Statement } from './batch.ts'
import { batchFailure } from './batch-failure.ts'
import type { DialectForms } from './dialect.ts'
import { within } from './limits.ts'
import { LEASE_MISMATCH } from './locks.ts'
import { claimAtOnce, claimByScope, type Cursor } from './outbox-claim.ts'
import { toEvent } from './outbox.ts'
import type { PurposePool } from './pool.ts'
import { asCompilable, expect, template } from './template.ts'

/** All of what a lease was asked for is there. */
const held = (holds: RawBuilder<unknown>) => expect(holds, LEASE_MISMATCH)

/** By the index of ids, whose condition it states. */
const isOneOf = (eventIds: unknown) => sql`aggregate_version > 0 and id = any(${eventIds}::uuid[])`

const kept = sql.raw(
  `scope_id, id, type, aggregate_kind, aggregate_id, aggregate_version, ordinal, occurred_at, command_id,
    correlation_id, data, appended_at, attempts`,
)

/** What the operator keeps moves to another table: the one that is claimed from holds what is still to be delivered. */
const move = sql`, moved as (
      insert into user_engine.delivered_events (${kept}) select ${kept} from gone
      where exists (select from user_engine.retention where table_name = 'delivered_events' and keep_days > 0)
    )`

const ackForm = (moved: RawBuilder<unknown>) =>
  template<'token' | 'eventIds' | 'count'>((parameter) =>
    asCompilable(sql`
    with gone as (
      delete from user_engine.outbox_events where lease_token = ${parameter('token')}::uuid
        and ${isOneOf(parameter('eventIds'))} and available_at > now() returning ${kept}
    )${moved} select ${held(sql`(select count(*) from gone) = ${parameter('count')}::int`)}`),
  )

const ackAndMove = ackForm(move)
const ack = ackForm(sql``)

const extend = template<'token' | 'eventIds' | 'leaseMs'>((parameter) =>
  asCompilable(sql`
    with held as (
      update user_engine.outbox_events
      set available_at = now() + ${parameter('leaseMs')}::float8 * interval '1 millisecond'
      where lease_token = ${parameter('token')}::uuid
        and ${isOneOf(parameter('eventIds'))} and available_at > now() returning 1
    ) select ${held(sql`(select count(*) from held) > 0 and not exists (
      select from user_engine.outbox_events where lease_token = ${parameter('token')}::uuid
        and ${isOneOf(parameter('eventIds'))} and available_at <= now()
    )`)}`),
)

const nack = template<'token' | 'eventId' | 'delayMs' | 'dead'>((parameter) =>
  asCompilable(sql`
    with refused as (
      update user_engine.outbox_events
      set lease_token = null, available_at = now() + ${parameter('delayMs')}::float8 * interval '1 millisecond',
        dead_at = case when ${parameter('dead')}::boolean then now() end
      where lease_token = ${parameter('token')}::uuid and ${isOneOf(sql`array[${parameter('eventId')}::uuid]`)}
        and available_at > now() returning 1
    ) select ${held(sql`(select count(*) from refused) = 1`)}`),
)

const redrive = template<'eventIds'>((parameter) =>
  asCompilable(sql`
    update user_engine.outbox_events set dead_at = null, attempts = 0, available_at = now()
    where dead_at is not null and ${isOneOf(parameter('eventIds'))}`),
)

const startEpoch = template<never>(() =>
  asCompilable(sql`
    update user_engine.outbox_epoch set began_at = greatest(now(), began_at + interval '1 millisecond')
    returning began_at as epoch`),
)

const state = template<never>(() =>
  asCompilable(sql<OutboxState>`
    select count(*) filter (where dead_at is null and (lease_token is null or available_at <= now()))::int as pending,
      count(*) filter (where lease_token is not null and available_at > now())::int as leased,
      count(*) filter (where dead_at is not null)::int as dead,
      (extract(epoch from now() - min(appended_at)) * 1000)::float8 as "oldestAgeMs"
    from user_engine.outbox_events`),
)

const ANYWHERE: Cursor = { scopeId: null, aggregateId: null }

const checkLease = (leaseMs: number) => within('A lease in ms', leaseMs, 100, 3_600_000)

/** Takes events out of the outbox under the lease that holds them: all of them, or LEASE_MISMATCH. */
export function acknowledge({ token, eventIds }: LeasedEvents, forms: DialectForms): Statement {
  const distinct = [...new Set(eventIds)]
  const form = forms.keepsDelivered ? ackAndMove : ack
  return form({ token, eventIds: distinct, count: distinct.length })
}

export function createOutboxRelay(pool: PurposePool, forms: DialectForms): OutboxRelay {
  const claim = forms.claimsByScope ? claimByScope : claimAtOnce
  /** Where claims of before ended. Each that is under way has one for itself, so that no two reach for the same streams. */
  const cursors: Cursor[] = []

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
      const before = settled === null ? [] : [acknowledge(settled, forms)]
      const cursor = cursors.pop() ?? ANYWHERE
      const { rows, epoch } = await claim(run, before, { ...cursor, limit, token, leaseMs })
      const events = rows.map(({ attempts, ...row }) => ({
        event: toEvent(row),
        attempts: attempts as number,
      }))
      const last = events.at(-1)?.event
      cursors.push(last === undefined ? cursor : { scopeId: last.scopeId, aggregateId: last.aggregate.id })
      return { token, events, epoch }
    },
    async extend(events, leaseMs) {
      checkLease(leaseMs)
      await run([extend({ ...events, leaseMs })])
    },
    async ack(events) {
      await run([acknowledge(events, forms)])
    },
    async nack({ token, eventId, delayMs, dead }) {
      within('A delay in ms', delayMs, 0, Number.MAX_SAFE_INTEGER)
      await run([nack({ token, eventId, delayMs, dead })])
    },
    async redrive(eventIds) {
      const [result] = await run([redrive({ eventIds })])
      return result?.rowCount ?? 0
    },
    async startEpoch() {
      const [result] = await run([startEpoch({})])
      return result?.rows[0]?.['epoch'] as Date
    },
    async state() {
      const [result] = await run([state({})], false)
      return result?.rows[0] as unknown as OutboxState
    },
  }
}
