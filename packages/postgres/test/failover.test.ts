import { setTimeout as pause } from 'node:timers/promises'

import { directoryScope, isStoreError, type UserEngineStore } from '@user-engine/store'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { createPostgresStore } from '../src/index.ts'
import { newAudit, newEvent, newUser } from './records.ts'
import { startServerPair, type ServerPair } from './server-pair.ts'

const directory = directoryScope()
let pair: ServerPair
let store: UserEngineStore
let running: Load | null = null

beforeEach(async () => {
  pair = await startServerPair()
  store = createPostgresStore(
    { ...pair.handoff, runtime: { ...pair.handoff.runtime, max: 6 } },
    { connectTimeoutMs: 500, batchTimeoutMs: 1_000 },
  )
})
afterEach(async () => {
  await running?.end()
  await store.close()
  await pair.stop()
})

/** One unit of work, flat or explicit; its id where it was acknowledged. */
async function write(explicit: boolean): Promise<string> {
  const user = newUser()
  await store.transaction(directory, async (tx) => {
    await tx.users.insert(user)
    if (explicit) await tx.users.list({ after: null, limit: 1 })
    await tx.audit.append(newAudit(user))
    await tx.outbox.append(newEvent(user))
  })
  return user.id
}

interface Load {
  readonly acknowledged: readonly string[]
  readonly errors: ReadonlySet<string>
  /** Waits until so many more than now are acknowledged. */
  more(count: number): Promise<void>
  end(): Promise<void>
}

/** Writes until it is ended, and remembers what was acknowledged and what was said otherwise. */
function startLoad(workers: number): Load {
  const acknowledged: string[] = []
  const errors = new Set<string>()
  let over = false
  const work = async (_: unknown, index: number) => {
    while (!over) {
      try {
        acknowledged.push(await write(index % 2 === 0))
      } catch (error) {
        errors.add(isStoreError(error) ? error.code : String(error))
        await pause(10)
      }
    }
  }
  const all = Promise.all(Array.from({ length: workers }, work))
  running = {
    acknowledged,
    errors,
    async more(count: number) {
      const until = acknowledged.length + count
      await expect.poll(() => acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(until)
    },
    async end() {
      over = true
      await all
    },
  }
  return running
}

/** What is there, by one snapshot: the load goes on. */
async function idsOn(server: 'primary' | 'standby') {
  const admin = await pair.admin(server)
  const { rows } = await admin.query<Record<'users' | 'audited' | 'told', readonly string[] | null>>(
    `select (select array_agg(id order by id) from user_engine.users) as users,
      (select array_agg(target_id order by target_id) from user_engine.audit_records) as audited,
      (select array_agg(aggregate_id order by aggregate_id) from user_engine.outbox_events) as told`,
  )
  const { users, audited, told } = rows[0] ?? { users: null, audited: null, told: null }
  // A user without its audit record and its event, or one of them twice or alone, would show here.
  expect(audited).toEqual(users)
  expect(told).toEqual(users)
  return new Set(users)
}

const TYPED = ['UNAVAILABLE', 'UNKNOWN_OUTCOME', 'TIMEOUT']

it('a killed primary: what was acknowledged is on the promoted standby, and the old one gets no write when it is back', async () => {
  await pair.replicateSynchronously()
  const load = startLoad(8)
  await load.more(50)
  await pair.process.kill9()
  await pair.standby.promote()
  pair.lead('standby')
  await load.more(50)
  // It comes back as it was, and takes itself for the primary. Without its standby it could not acknowledge: let it.
  await pair.process.restart()
  const old = await pair.admin('primary')
  await old.query(`alter system set synchronous_standby_names = ''`)
  await old.query('select pg_reload_conf()')
  const before = await idsOn('primary')
  const beforeOnNew = await idsOn('standby')
  pair.lead('primary')
  pair.proxy.cutAll()
  // The first calls may meet a connection that was just cut; whatever they say, none of them is done.
  for (const explicit of [false, true]) {
    const refusal = () =>
      write(explicit).then(
        () => 'written',
        (error: unknown) => (isStoreError(error, 'UNAVAILABLE') ? error.details.reason : 'doubt'),
      )
    await expect.poll(refusal).toBe('read-only')
  }
  expect(await idsOn('primary')).toEqual(before)
  pair.lead('standby')
  await load.more(20)
  await load.end()
  const kept = await idsOn('standby')
  expect(load.acknowledged.filter((id) => !kept.has(id))).toEqual([])
  expect(kept.size).toBeGreaterThan(beforeOnNew.size)
  expect(TYPED).toEqual(expect.arrayContaining([...load.errors]))
  expect(load.errors.size).toBeGreaterThan(0)
})

it('a primary that was only frozen: its connections are left, and nothing is written to it when it thaws', async () => {
  await pair.replicateSynchronously()
  const load = startLoad(4)
  await load.more(50)
  pair.process.suspend()
  await pair.standby.promote()
  pair.lead('standby')
  await load.more(50)
  pair.process.resume()
  const before = await idsOn('primary')
  await load.more(50)
  await load.end()
  const kept = await idsOn('standby')
  expect(load.acknowledged.filter((id) => !kept.has(id))).toEqual([])
  expect([...(await idsOn('primary'))].filter((id) => !before.has(id) && !kept.has(id))).toEqual([])
  expect(TYPED).toEqual(expect.arrayContaining([...load.errors]))
})

it('a demoted primary: every connection to it is left at once, and no caller notices', async () => {
  const old = await pair.admin('primary')
  await Promise.all(Array.from({ length: 6 }, () => write(true)))
  const connections = async () => {
    const { rows } = await old.query<{ n: number }>(
      "select count(*)::int as n from pg_stat_activity where usename = 'pair_runtime'",
    )
    return rows[0]?.n
  }
  expect(await connections()).toBe(6)
  await pair.standby.promote()
  pair.lead('standby')
  await old.query('alter system set default_transaction_read_only = on')
  await old.query('select pg_reload_conf()')
  await expect
    .poll(async () => {
      const { rows } = await old.query<object>('show default_transaction_read_only')
      return rows
    })
    .toEqual([{ default_transaction_read_only: 'on' }])
  const ids = await Promise.all(Array.from({ length: 6 }, () => write(false)))
  const kept = await idsOn('standby')
  expect(ids.filter((id) => !kept.has(id))).toEqual([])
  await expect.poll(connections).toBe(0)
})

it('an address that leads to a standby: readiness says so, and nothing is read there', async () => {
  pair.lead('standby')
  const { status, checks } = await store.readiness()
  expect(status).toBe('not_ready')
  expect(checks.find(({ code }) => code === 'store.writable')).toMatchObject({
    status: 'fail',
    details: { inRecovery: true },
  })
  const read = store.transaction(directory, (tx) => tx.users.find(newUser().id))
  await expect(read).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'read-only' } })
})
