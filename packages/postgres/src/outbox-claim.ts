import { randomUUID } from 'node:crypto'

import { DIRECTORY, StoreError, type LeaseToken } from '@user-engine/store'
import { sql, type RawBuilder } from 'kysely'

import type { StatementResult, Row, Statement } from './batch.ts'
import { asCompilable, template } from './template.ts'

/** A stream after which a walk begins, to go round to it again. Null: the database chooses. */
export interface Cursor {
  readonly scopeId: string | null
  readonly aggregateId: string | null
}

export interface ClaimValues extends Cursor {
  readonly limit: number
  readonly token: LeaseToken
  readonly leaseMs: number
}

type Run = (statements: readonly Statement[]) => Promise<readonly StatementResult[]>

/**
 * Some stream of a page that is chosen at random, where there are many pages: two that begin at one place would be after the
 * same events with each claim. Ids are of their time, so that a random one would stand before all streams of a tenant, or
 * behind them. Where few wait the walk begins with the oldest record.
 */
const anywhere = sql`
  place as materialized (
    select trunc(random() * pages) as page from (
      select pg_relation_size('user_engine.outbox_events') / current_setting('block_size')::int as pages
    ) as size where pages > 64
  ), origin as materialized (
    select e.scope_id, e.aggregate_id from user_engine.outbox_events e
    where e.ctid >= (select format('(%s,0)', page)::tid from place)
      and e.ctid < (select format('(%s,0)', page + 16)::tid from place)
    limit 1
  ),`

/** Before all streams and after them: neither is an id. */
const [FRONT, END] = ['0', 'f'].map((digit) => {
  const id = sql`'${sql.raw('00000000-0000-0000-0000-000000000000'.replaceAll('0', digit))}'::uuid`
  return sql`${id}, ${id}`
}) as [RawBuilder<unknown>, RawBuilder<unknown>]

/** Events that one step looks at: a stream that has more of them costs another descent, and no more than that. */
const STEP = 64

/**
 * Walks from stream to stream along their index, from a cursor round to it again, until enough heads can be claimed: it costs
 * what it claims, whatever waits behind. A step reads some events in a row and goes on after the last of their streams. What
 * it finds is locked and written at the place where it was seen, or not at all. See the ADR on claiming.
 */
const claimForm = <Name extends keyof ClaimValues | 'within'>(byScope: boolean) =>
  template<Name>((named) => {
    const parameter = (name: keyof ClaimValues | 'within') => named(name as Name)
    const limit = sql`${parameter('limit')}::int`
    const here = byScope ? sql`e.scope_id = ${parameter('within')}::uuid` : sql`true`
    const after = (column: string, given: keyof Cursor) =>
      byScope
        ? sql`${parameter(given)}::uuid`
        : sql`coalesce(${parameter(given)}::uuid, (select ${sql.ref(column)} from origin), ${sql.lit(DIRECTORY)})`
    const cursor = sql`${after('scope_id', 'scopeId')}, ${after('aggregate_id', 'aggregateId')}`
    const walk = (name: string, from: RawBuilder<unknown>, upTo: RawBuilder<unknown>) => sql`
    ${sql.ref(name)} (scope_id, aggregate_id, due) as (
      select ${from}, '{}'::tid[]
      union all
      select step.* from ${sql.ref(name)} w cross join lateral (
        select (array_agg(scope_id))[count(*)], (array_agg(aggregate_id))[count(*)],
          array_agg(place) filter (where dead_at is null and available_at <= now())
        from (
          select distinct on (scope_id, aggregate_id) * from (
            select e.scope_id, e.aggregate_id, e.ctid as place, e.available_at, e.dead_at from user_engine.outbox_events e
            where ${here} and (e.scope_id, e.aggregate_id) > (w.scope_id, w.aggregate_id)
              and (e.scope_id, e.aggregate_id) <= (${upTo})
            order by e.scope_id, e.aggregate_id, e.aggregate_version, e.ordinal
            limit least(${limit}, ${sql.lit(STEP)})
          ) as events order by scope_id, aggregate_id
        ) as heads having count(*) > 0
      ) as step
    )`
    return asCompilable(sql<Row>`
    with recursive ${byScope ? sql`` : anywhere} ${walk('ahead', cursor, END)}, ${walk('behind', FRONT, cursor)},
    heads as materialized (
      select unnest(due) as place from (select due from ahead union all select due from behind) walked limit ${limit}
    ), taken as materialized (
      select e.ctid as place from heads h join user_engine.outbox_events e on e.ctid = h.place
      where ${here} and e.dead_at is null and e.available_at <= now() for update of e skip locked
    )
    update user_engine.outbox_events e
    set lease_token = ${parameter('token')}::uuid, attempts = e.attempts + 1,
      available_at = now() + ${parameter('leaseMs')}::float8 * interval '1 millisecond'
    from taken t where ${here} and e.ctid = t.place
    returning e.scope_id as "scopeId", e.id, e.type, e.aggregate_kind as "aggregateKind",
      e.aggregate_id as "aggregateId", e.aggregate_version as "aggregateVersion", e.ordinal,
      e.occurred_at as "occurredAt", e.command_id as "commandId", e.correlation_id as "correlationId", e.data,
      e.attempts`)
  })

/** The one statement by which all tenants are served. */
export const claimStatement = claimForm<keyof ClaimValues>(false)
const claimWithin = claimForm<keyof ClaimValues | 'within'>(true)

/**
 * Tenants in which the first event of a stream can be claimed, from the cursor's on round to those before it. Later events
 * of a stream that is held up do not count: their tenants would stand in the way of others for as long.
 */
const waiting = template<'scopeId' | 'limit'>((parameter) =>
  asCompilable(sql`
    select scope_id as "scopeId" from (
      select distinct on (scope_id, aggregate_id) scope_id, dead_at, available_at from user_engine.outbox_events
      order by scope_id, aggregate_id, aggregate_version, ordinal
    ) as heads
    where dead_at is null and available_at <= now()
    group by scope_id order by scope_id < ${parameter('scopeId')}::uuid, scope_id limit ${parameter('limit')}::int`),
)

const epoch = template<never>(() =>
  asCompilable(sql`select began_at as epoch from user_engine.outbox_epoch where is_current`),
)({})

export interface Claimed {
  readonly rows: readonly Row[]
  readonly epoch: Date
}

/** `before` settles an earlier claim, as one with this one. */
export async function claimAtOnce(
  run: Run,
  before: readonly Statement[],
  values: ClaimValues,
): Promise<Claimed> {
  const [rows, told] = (await run([...before, claimStatement({ ...values }), epoch])).slice(before.length)
  return { rows: rows?.rows ?? [], epoch: epochOf(told) }
}

function epochOf(told: StatementResult | undefined): Date {
  const [row] = told?.rows ?? []
  if (row === undefined) throw new StoreError('NOT_READY', { check: 'schema.version' })
  return row['epoch'] as Date
}

/** The same by a statement for each tenant that has work, under one token. */
export async function claimByScope(
  run: Run,
  before: readonly Statement[],
  values: ClaimValues,
): Promise<Claimed> {
  const { limit } = values
  const cursor = {
    scopeId: values.scopeId ?? randomUUID(),
    aggregateId: values.aggregateId ?? randomUUID(),
  }
  const [scopes, told] = (await run([...before, waiting({ ...cursor, limit }), epoch])).slice(before.length)
  const claimed: Row[] = []
  for (const found of scopes?.rows ?? []) {
    if (claimed.length === limit) break
    const statement = claimWithin({
      ...values,
      ...cursor,
      within: found['scopeId'],
      limit: limit - claimed.length,
    })
    try {
      claimed.push(...((await run([statement])).at(-1)?.rows ?? []))
    } catch (error) {
      // What is held is handed over; the next claim meets the error first.
      if (claimed.length === 0) throw error
      break
    }
  }
  return { rows: claimed, epoch: epochOf(told) }
}
