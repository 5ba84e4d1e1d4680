import { startWireProxy } from '@user-engine/conformance/postgres'
import { DIRECTORY, directoryScope, tenantScope, type OutboxEvent, type TenantId } from '@user-engine/store'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

import { maintain } from '../src/migrate.ts'
import { claimStatement } from '../src/outbox-claim.ts'
import { roleName } from '../src/role-names.ts'
import { handoffOf, openStore } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'
import { newEvent, newUser } from './records.ts'

/** How many delivered events are kept in the end; a million on demand. A claim is measured at each power of ten on the way. */
const RETAINED = Number(process.env['USER_ENGINE_GROWTH'] ?? 10_000)
const CHUNK = 1000
const GOALS = [CHUNK, 10_000, 100_000, 1_000_000].filter((goal) => goal <= RETAINED)
const STREAMS = 100

const database = await createProvidedDatabase()
const migrator = { connection: database.config('migrator'), rolePrefix: database.prefix }
const admin = await database.connect(null)
const store = openStore(database)

beforeEach(() => admin.query('truncate user_engine.outbox_events, user_engine.delivered_events'))

/** Events of as many streams in as many tenants, by names that are the same each time. */
async function append(streams: number, by = admin): Promise<void> {
  await by.query(
    `insert into user_engine.outbox_events (scope_id, id, type, aggregate_kind, aggregate_id, aggregate_version, ordinal,
        occurred_at, command_id, data)
      select md5('tenant' || n)::uuid, gen_random_uuid(), 'user.created', 'user', md5('user' || n)::uuid, 1, 0, now(),
        gen_random_uuid(), '{}' from generate_series(1, ${streams}) n`,
  )
}

async function deliver(): Promise<number> {
  let delivered = 0
  for (let settled = null as Parameters<typeof store.outbox.ack>[0] | null; ;) {
    const { token, events } = await store.outbox.claim({ limit: 1000, leaseMs: 60_000, ack: settled })
    if (events.length === 0) return delivered
    delivered += events.length
    settled = { token, eventIds: events.map(({ event }) => event.id) }
  }
}

async function count(table: string): Promise<number> {
  const { rows } = await admin.query<{ count: number }>(`select count(*)::int from user_engine.${table}`)
  return rows[0]?.count ?? 0
}

/** By a table and indexes that are new: any snapshot on the server keeps what is dead, and would keep what a rolled back claim left. */
async function renew(): Promise<void> {
  await admin.query('truncate user_engine.outbox_events')
  await append(STREAMS)
  await admin.query('analyze user_engine.outbox_events')
}

interface Plan {
  readonly 'Shared Hit Blocks': number
  readonly 'Shared Read Blocks': number
}

/** The pages that one claim of everything looks at. */
async function pagesOfClaim(): Promise<number> {
  const relay = await database.connect('relay')
  // As the engine's sessions have it: the table is small here.
  await relay.query('set enable_seqscan = off')
  const least = '00000000-0000-0000-0000-000000000000'
  const { text, values } = claimStatement({
    scopeId: least,
    aggregateId: least,
    limit: STREAMS,
    token: least,
    leaseMs: 1000,
  })
  const pages: number[] = []
  // The first run also reads the catalog.
  for (let run = 0; run < 2; run += 1) {
    await renew()
    await relay.query('begin')
    const { rows } = await relay.query<{ 'QUERY PLAN': readonly [{ readonly Plan: Plan }] }>(
      `explain (analyze, buffers, format json) ${text}`,
      [...values],
    )
    await relay.query('rollback')
    const plan = rows[0]?.['QUERY PLAN'][0].Plan
    pages.push((plan?.['Shared Hit Blocks'] ?? 0) + (plan?.['Shared Read Blocks'] ?? 0))
  }
  await relay.end()
  return pages.at(-1) ?? 0
}

describe('delivered events', () => {
  it('are gone where none are kept, which is how it begins', async () => {
    await append(STREAMS)
    expect(await deliver()).toBe(STREAMS)
    expect([await count('outbox_events'), await count('delivered_events')]).toEqual([0, 0])
  })

  it('are moved as they were where they are kept, and only by who holds the lease', async () => {
    await maintain({ ...migrator, keepDays: { delivered_events: 7 } })
    const user = newUser()
    const event: OutboxEvent = newEvent(user)
    await store.transaction(directoryScope(), async (tx) => tx.outbox.append(event))
    const late = await store.outbox.claim({ limit: 1, leaseMs: 100, ack: null })
    const eventIds = [event.id]
    await admin.query(`update user_engine.outbox_events set available_at = now() - interval '1 ms'`)
    await expect(store.outbox.ack({ token: late.token, eventIds })).rejects.toMatchObject({
      code: 'LEASE_LOST',
    })
    expect([await count('outbox_events'), await count('delivered_events')]).toEqual([1, 0])
    const { token } = await store.outbox.claim({ limit: 1, leaseMs: 60_000, ack: null })
    await store.outbox.ack({ token, eventIds })
    await expect(store.outbox.ack({ token, eventIds })).rejects.toMatchObject({ code: 'LEASE_LOST' })
    const { rows } = await admin.query(
      `select id, aggregate_id as aggregate, data, attempts, delivered_at >= appended_at as later
        from user_engine.delivered_events`,
    )
    expect(rows).toEqual([{ id: event.id, aggregate: user.id, data: event.data, attempts: 2, later: true }])
    expect(await count('outbox_events')).toBe(0)
  })
})

it(
  `a claim looks at as many pages with ${RETAINED} delivered events as with ${CHUNK}`,
  { timeout: 60_000 + RETAINED },
  async ({ annotate }) => {
    expect(GOALS.length).toBeGreaterThan(1)
    await maintain({ ...migrator, keepDays: { delivered_events: 7 } })
    const measured: number[] = []
    let delivered = 0
    for (const goal of GOALS) {
      for (; delivered < goal; delivered += CHUNK) {
        await append(CHUNK)
        expect(await deliver()).toBe(CHUNK)
      }
      expect([await count('outbox_events'), await count('delivered_events')]).toEqual([0, goal])
      const pages = await pagesOfClaim()
      await annotate(`${goal} delivered events: a claim of ${STREAMS} looks at ${pages} pages`)
      measured.push(pages)
      await admin.query('delete from user_engine.outbox_events')
    }
    expect(measured[0]).toBeGreaterThan(0)
    expect(measured).toEqual(GOALS.map(() => measured[0]))
  },
)

describe('a transaction of others that stays open', () => {
  it('delays no event that was committed meanwhile, and its own come when it commits', async () => {
    const other = await database.connect(null)
    // It has a snapshot and has written: what a queue by transaction ids waits for.
    await other.query('begin isolation level repeatable read')
    await append(1)
    await other.query(
      `insert into user_engine.outbox_events (scope_id, id, type, aggregate_kind, aggregate_id, aggregate_version,
        ordinal, occurred_at, command_id, data)
        select scope_id, gen_random_uuid(), type, aggregate_kind, gen_random_uuid(), 1, 0, now(), command_id, data
        from (values (gen_random_uuid(), 'a', 'user', gen_random_uuid(), '{}'::jsonb))
          v (scope_id, type, aggregate_kind, command_id, data)`,
    )
    expect(await deliver()).toBe(1)
    for (let round = 0; round < 5; round += 1) {
      await append(STREAMS)
      expect(await deliver()).toBe(STREAMS)
    }
    expect(await count('outbox_events')).toBe(0)
    await other.query('commit')
    expect(await deliver()).toBe(1)
  })
})

describe('the index of ids', async () => {
  const quiet = await createProvidedDatabase()
  const itsAdmin = await quiet.connect(null)
  beforeEach(() => itsAdmin.query('truncate user_engine.outbox_events'))

  async function scansOf(index: string): Promise<number> {
    const { rows } = await itsAdmin.query<{ scans: number }>(
      'select idx_scan::int as scans from pg_stat_user_indexes where indexrelname = $1',
      [index],
    )
    return rows[0]?.scans ?? -1
  }

  /** What a session has counted, it tells at its end. */
  async function close(used: typeof store): Promise<void> {
    await used.close()
    const logins = (['runtime', 'relay'] as const).map((login) => roleName(login, quiet.prefix))
    const sessions = () => itsAdmin.query('select from pg_stat_activity where usename = any($1)', [logins])
    await expect.poll(async () => (await sessions()).rowCount, { timeout: 10_000 }).toBe(0)
  }

  it('is not where a page of one tenant looks, also by a plan that was made while there were no events', async () => {
    const tenantId = crypto.randomUUID() as string as TenantId
    const asked = openStore(quiet)
    const ask = async () => {
      const { items } = await asked.transaction(tenantScope(tenantId), (tx) =>
        tx.outbox.pending({ after: null, limit: 10 }),
      )
      return items.length
    }
    const before = await scansOf('event_id')
    await itsAdmin.query('vacuum analyze user_engine.outbox_events')
    // Until the session has settled on its plan.
    for (let time = 0; time < 7; time += 1) expect(await ask()).toBe(0)
    await append(CHUNK, itsAdmin)
    expect(await ask()).toBe(0)
    await close(asked)
    expect(await scansOf('event_id')).toBeGreaterThan(before)
    expect(await scansOf('outbox_events_by_id')).toBe(0)
  })

  it('is where whoever names events by their ids finds them', async () => {
    await append(CHUNK, itsAdmin)
    const used = openStore(quiet)
    const relay = used.outbox
    const before = await scansOf('outbox_events_by_id')
    const claim = async () => {
      const { token, events } = await relay.claim({ limit: 1, leaseMs: 60_000, ack: null })
      return { token, eventIds: events.map(({ event }) => event.id) }
    }
    const held = await claim()
    const [eventId] = held.eventIds
    if (eventId === undefined) throw new Error('there are events')
    await relay.extend(held, 60_000)
    await relay.nack({ token: held.token, eventId, delayMs: 0, dead: true })
    expect(await relay.redrive([eventId])).toBe(1)
    await relay.ack(await claim())
    await close(used)
    // Who prolongs looks for them twice.
    expect((await scansOf('outbox_events_by_id')) - before).toBe(5)
  })
})

describe('one claim', () => {
  it('finds the events of a thousand tenants by one statement, beside that for the epoch', async () => {
    const { endpoint } = handoffOf(database)
    const proxy = await startWireProxy(endpoint)
    afterAll(() => proxy.stop())
    const seen = openStore(database, { endpoint: { host: proxy.host, port: proxy.port } })
    await seen.outbox.claim({ limit: 1, leaseMs: 1000, ack: null })
    await append(1000)
    proxy.reset()
    const { events } = await seen.outbox.claim({ limit: 1000, leaseMs: 60_000, ack: null })
    const { roundTrips, messages } = proxy.traffic()
    expect(new Set(events.map(({ event }) => event.scopeId)).size).toBe(1000)
    expect({ roundTrips, executed: messages.client['E'] }).toEqual({ roundTrips: 1, executed: 2 })
  })

  it('finds others while those that come first are being claimed', async () => {
    // Of one tenant, by ids of one time: one place of all that could be guessed is before them or behind.
    await admin.query(
      `insert into user_engine.outbox_events (scope_id, id, type, aggregate_kind, aggregate_id, aggregate_version, ordinal,
          occurred_at, command_id, data)
        select '019a0000-0000-7000-8000-000000000000', gen_random_uuid(), 'user.created', 'user',
          ('019a0000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 1, 0, now(), gen_random_uuid(), '{}'
        from generate_series(1, 5000) n`,
    )
    const other = await database.connect('relay')
    const { text, values } = claimStatement({
      scopeId: DIRECTORY,
      aggregateId: DIRECTORY,
      limit: 100,
      token: DIRECTORY,
      leaseMs: 1000,
    })
    await other.query('begin')
    expect((await other.query(text, [...values])).rowCount).toBe(100)
    const claims = await Promise.all(
      Array.from({ length: 8 }, () =>
        openStore(database).outbox.claim({ limit: 100, leaseMs: 1000, ack: null }),
      ),
    )
    // Each may begin near another and share a hundred with it, or at the very last, and go round to those that are locked.
    expect(claims.filter(({ events }) => events.length === 100).length).toBeGreaterThan(0)
    expect(claims.reduce((sum, { events }) => sum + events.length, 0)).toBeGreaterThanOrEqual(200)
    await other.query('rollback')
  })
})
