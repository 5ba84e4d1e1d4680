import { fork } from 'node:child_process'
import { once } from 'node:events'

import { directoryScope, type EventId, type LeaseToken } from '@user-engine/store'
import { Client } from 'pg'
import { afterAll, expect, it } from 'vitest'

import { consumerSql, createInbox } from '../src/consumer.ts'
import { openStore, handoffOf } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'
import { newEvent, newUser } from './records.ts'

const KILLS = 20
const STREAMS = 40
const VERSIONS = 5

const database = await createProvidedDatabase()
const store = openStore(database)
const admin = await database.connect(null)
const login = `${database.prefix}_consumer`
const password = crypto.randomUUID()
await admin.query(`create role ${login} login password '${password}'; create schema consumer;
  create table consumer.effects
    (position bigint generated always as identity, event_id uuid not null, aggregate_id uuid not null, version integer not null);
  grant select, insert on consumer.effects to ${login}`)
await admin.query(consumerSql({ login, schema: 'consumer', rolePrefix: database.prefix }))
const url = new URL(String(database.config('relay').connectionString))
url.username = login
url.password = password
const connectionString = url.href
afterAll(() => admin.query(`drop owned by ${login}; drop role ${login}`))

it('names the role, the inbox and the rights that a consumer needs', () => {
  const text = consumerSql({ login: 'billing', schema: 'billing' })
  expect(text).toContain(
    'grant "user_engine_relay" to "billing"'.replaceAll('"user_engine_relay"', 'user_engine_relay'),
  )
  expect(text).toContain('"billing".user_engine_inbox')
})

it('refuses a client that is in no transaction', async () => {
  const client = new Client({ connectionString })
  await client.connect()
  const inbox = createInbox({ consumer: 'test', schema: 'consumer' })
  const delivery = {
    eventId: crypto.randomUUID() as string as EventId,
    token: crypto.randomUUID() as string as LeaseToken,
  }
  await expect(inbox.once(client, delivery, async () => {})).rejects.toThrow(TypeError)
  await client.query('begin')
  await expect(inbox.once(client, delivery, async () => {})).rejects.toMatchObject({ code: 'LEASE_LOST' })
  await client.query('rollback')
  await client.end()
})

it(
  `has one effect of each event, in order, although it is killed ${KILLS} times`,
  { timeout: 120_000 },
  async () => {
    for (let stream = 0; stream < STREAMS; stream += 1) {
      const user = newUser()
      await store.transaction(directoryScope(), async (tx) => {
        for (let version = 1; version <= VERSIONS; version += 1)
          await tx.outbox.append(newEvent({ ...user, version }))
      })
    }
    const env = {
      ...process.env,
      CONSUMER: JSON.stringify({ store: handoffOf(database), consumer: { connectionString } }),
    }
    const start = () =>
      fork(new URL('consumer-process.ts', import.meta.url), {
        env,
        execArgv: ['--conditions=@user-engine/source'],
        silent: true,
      })
    for (let kill = 0; kill < KILLS; kill += 1) {
      const child = start()
      // It says so between effect and acknowledgement, and waits there.
      const effectsBefore = 1 + Math.floor(Math.random() * 6)
      for (let effect = 0; effect < effectsBefore; effect += 1) await once(child, 'message')
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    expect(await effects()).toBeLessThan(total)
    const last = start()
    await expect.poll(effects, { timeout: 60_000 }).toBe(total)
    await expect.poll(async () => (await store.outbox.state()).pending, { timeout: 20_000 }).toBe(0)
    last.kill('SIGKILL')
    await once(last, 'exit')
    const { rows } = await admin.query<{ versions: number[] }>(
      'select array_agg(version order by position) as versions from consumer.effects group by aggregate_id',
    )
    expect(rows).toHaveLength(STREAMS)
    for (const { versions } of rows) expect(versions).toEqual([1, 2, 3, 4, 5])
  },
)

const total = STREAMS * VERSIONS

async function effects(): Promise<number> {
  const { rows } = await admin.query<{ n: number }>('select count(*)::int as n from consumer.effects')
  return rows[0]?.n ?? 0
}
