import { createTestDatabase, testPostgres } from '@user-engine/test-postgres/vitest'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'

import { commandTag, startWireProxy, statementText, withStatement, type WireProxy } from '../src/postgres.ts'

let proxy: WireProxy
let url: URL
let client: Client

beforeAll(async () => {
  const database = await createTestDatabase()
  proxy = await startWireProxy(testPostgres())
  url = new URL(database.connectionString)
  url.host = `${proxy.host}:${proxy.port}`
  await (client = await open()).query('CREATE TABLE seen (id int)')
})
beforeEach(async () => {
  await client.end().catch(() => {})
  client = await open()
  await client.query('TRUNCATE seen')
  proxy.reset()
})
afterAll(async () => {
  await client.end()
  await proxy.stop()
})

async function open(): Promise<Client> {
  const opened = new Client({ connectionString: url.href })
  opened.on('error', () => {})
  await opened.connect()
  return opened
}

async function rows(): Promise<unknown> {
  const observer = await open()
  const { rowCount } = await observer.query('SELECT * FROM seen')
  await observer.end()
  return rowCount
}

it('counts one round trip for each answer that was waited for', async () => {
  await client.query('BEGIN')
  await client.query({ name: 'insert', text: 'INSERT INTO seen VALUES ($1)', values: [1] })
  await client.query({ name: 'insert', text: 'INSERT INTO seen VALUES ($1)', values: [2] })
  await client.query('COMMIT')
  const { roundTrips, messages, bytes } = proxy.traffic()
  expect(roundTrips).toBe(4)
  expect(messages.client).toMatchObject({ Q: 2, P: 1, B: 2, E: 2, S: 2 })
  expect(messages.server).toMatchObject({ Z: 4, C: 4 })
  expect(bytes.client).toBeGreaterThan(0)
})

it('counts one round trip for several statements in one message', async () => {
  await client.query('BEGIN; INSERT INTO seen VALUES (1); COMMIT')
  expect(proxy.traffic()).toMatchObject({
    roundTrips: 1,
    messages: { client: { Q: 1 }, server: { C: 3, Z: 1 } },
  })
})

it('counts neither the opening of a connection nor its end', async () => {
  await (await open()).end()
  expect(proxy.traffic()).toMatchObject({ connections: 1, roundTrips: 0 })
})

it('loses the answer of a commit that happened', async () => {
  await client.query('BEGIN')
  await client.query('INSERT INTO seen VALUES (1)')
  const cut = proxy.cut('before', (frame) => commandTag(frame) === 'COMMIT')
  await expect(client.query('COMMIT')).rejects.toThrow('Connection terminated')
  await cut
  expect(await rows()).toBe(1)
})

it('loses a commit before the server sees it', async () => {
  await client.query('BEGIN')
  await client.query('INSERT INTO seen VALUES (1)')
  const cut = proxy.cut('before', ({ from, type }) => from === 'client' && type === 'Q')
  await expect(client.query('COMMIT')).rejects.toThrow('Connection terminated')
  await cut
  expect(await rows()).toBe(0)
})

it('hands the last message over before it cuts', async () => {
  const cut = proxy.cut('after', ({ from, type }) => from === 'server' && type === 'Z')
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  await cut
  await expect(client.query('SELECT 1')).rejects.toThrow()
})

it('stalls, and goes on', async () => {
  proxy.stall()
  const answer = client.query('SELECT 1 AS one')
  expect(await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 100, 'stalled'))])).toBe(
    'stalled',
  )
  proxy.resume()
  expect((await answer).rows).toEqual([{ one: 1 }])
})

it('delays each way', async () => {
  proxy.delay(40)
  const started = performance.now()
  await client.query('SELECT 1')
  proxy.delay(0)
  expect(performance.now() - started).toBeGreaterThanOrEqual(79)
  expect(proxy.traffic().roundTrips).toBe(1)
})

it('cuts every connection', async () => {
  const other = await open()
  proxy.cutAll()
  await expect(client.query('SELECT 1')).rejects.toThrow()
  await expect(other.query('SELECT 1')).rejects.toThrow()
})

it('changes statements on their way, prepared ones and others, and drops what it is told to', async () => {
  const texts: string[] = []
  proxy.rewrite((frame) => {
    const text = statementText(frame)
    if (text === null) return frame
    texts.push(text)
    return withStatement(frame, text.replace('$1', '$1::int + 1').replace('41', '42'))
  })
  await client.query({ name: 'add', text: 'INSERT INTO seen VALUES ($1)', values: [6] })
  await client.query({ name: 'add', text: 'INSERT INTO seen VALUES ($1)', values: [7] })
  await client.query('INSERT INTO seen VALUES (41)')
  proxy.rewrite((frame) => (frame.type === 'N' ? null : frame))
  const notices: unknown[] = []
  client.on('notice', (notice) => notices.push(notice))
  await client.query("DO $$ BEGIN RAISE NOTICE 'heard by nobody'; END $$")
  proxy.rewrite((frame) => frame)
  const { rows: seen } = await client.query<{ id: number }>('SELECT id FROM seen ORDER BY id')
  expect(seen.map(({ id }) => id)).toEqual([7, 8, 42])
  expect(texts).toEqual(['INSERT INTO seen VALUES ($1)', 'INSERT INTO seen VALUES (41)'])
  expect(notices).toEqual([])
})
