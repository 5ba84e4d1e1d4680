import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

import { startWireProxy, type Frame, type WireProxy } from '@user-engine/conformance/postgres'
import { testPostgres } from '@user-engine/test-postgres/vitest'
import type { Client, ClientConfig } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { executeBatch, type Statement } from '../src/batch.ts'
import { bind, createBatchDatabase, failureOf, insertUser, statement, unnamed } from './batch-database.ts'

const database = await createBatchDatabase()
let proxy: WireProxy
let scope: string

beforeAll(async () => {
  proxy = await startWireProxy(testPostgres())
})
beforeEach(() => {
  scope = crypto.randomUUID()
})
afterAll(() => proxy.stop())

const throughProxy = (options: ClientConfig = {}): Promise<Client> =>
  database.connect({ host: proxy.host, port: proxy.port, ...options })

/** The key first: whoever repeats the command finds it taken. */
function keyed(key: string): Statement[] {
  const take = `insert into arena.keys values ($1, $2, $3, now() + interval '1 hour')`
  return [
    bind(scope),
    statement(take, scope, key, crypto.randomUUID()),
    insertUser(scope, crypto.randomUUID(), 'kept in confidence'),
  ]
}

/** `events.once` would reject: a connection that is cut tells so first. */
function endOf(client: Client): Promise<void> {
  return new Promise((resolve) => client.once('end', resolve))
}

const effects = () => database.countUsers(scope)

const isSync = ({ from, type }: Frame): boolean => from === 'client' && type === 'S'
const isReady = ({ from, type }: Frame): boolean => from === 'server' && type === 'Z'
const isComplete = ({ from, type }: Frame): boolean => from === 'server' && type === 'C'

/** `parts` splits the answer to ReadyForQuery in two, of which the client sees one. */
const CUTS = [
  ['before the batch reaches the server', 'before', ({ from }: Frame) => from === 'client', 0],
  ['before its end reaches the server', 'before', isSync, 0],
  ['when it is complete, and no answer came', 'before', ({ from }: Frame) => from === 'server', 1],
  ['after the first answer', 'after', isComplete, 1],
  ['before the last message of the answer', 'before', isReady, 1],
] as const

describe('a connection that is cut', () => {
  it.each(CUTS)('%s leaves an unknown outcome that its key resolves', async (_, when, matches, effect) => {
    const client = await throughProxy()
    const cut = proxy.cut(when, matches)
    const error = await failureOf(executeBatch(client, keyed('k')))
    await cut
    expect(error).toMatchObject({ outcome: 'unknown', status: null, fault: null })
    // The server ends a batch that it has whole, also when nobody waits for it any more.
    await expect.poll(effects).toBe(effect)
    const again = await executeBatch(await throughProxy(), keyed('k')).catch((thrown: unknown) => thrown)
    if (effect === 1)
      expect(again).toMatchObject({ outcome: 'failed', index: 1, fault: { constraint: 'idempotency_key' } })
    expect(await effects()).toBe(1)
  })

  it('before the batch is sent leaves nothing to find out', async () => {
    const client = await throughProxy()
    proxy.cutAll()
    await endOf(client)
    expect(await failureOf(executeBatch(client, keyed('k')))).toMatchObject({
      outcome: 'not-sent',
      status: null,
      index: 0,
    })
    expect(await effects()).toBe(0)
  })

  it('while the batch waits for its turn leaves it unsent', async () => {
    const client = await throughProxy()
    const sleep = client.query('select pg_sleep(10)').catch(() => 'cut')
    const waiting = failureOf(executeBatch(client, keyed('k')))
    await expect.poll(() => proxy.traffic().messages.client.Q).toBeGreaterThan(0)
    proxy.cutAll()
    expect(await sleep).toBe('cut')
    expect(await waiting).toMatchObject({ outcome: 'not-sent' })
    expect(await effects()).toBe(0)
  })

  it('by the client itself ends the batch as well', async () => {
    const client = await database.connect()
    const running = failureOf(executeBatch(client, [bind(scope), unnamed('select pg_sleep(10)')]))
    await client.end()
    expect(await running).toMatchObject({ outcome: 'unknown', status: null })
  })

  it('in a transaction rolls it back', async () => {
    const client = await throughProxy()
    await executeBatch(client, [unnamed('begin'), ...keyed('k')])
    const cut = proxy.cut('before', isSync)
    const error = await failureOf(executeBatch(client, [insertUser(scope, crypto.randomUUID())]))
    await cut
    expect(error).toMatchObject({ outcome: 'unknown', index: 0, atCommit: false })
    expect(await effects()).toBe(0)
  })
})

describe('a server that ends the connection', () => {
  it('says why, and the outcome is unknown all the same', async () => {
    const client = await database.connect()
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const running = failureOf(executeBatch(client, [...keyed('k'), unnamed('select pg_sleep(10)')]))
    await expect
      .poll(async () => {
        const found = await database.admin.query(
          `select from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'`,
          [rows[0]?.pid],
        )
        return found.rowCount
      })
      .toBe(1)
    await database.admin.query('select pg_terminate_backend($1)', [rows[0]?.pid])
    expect(await running).toMatchObject({ outcome: 'unknown', status: null, fault: { sqlState: '57P01' } })
    expect(await effects()).toBe(0)
  })
})

describe('a statement that the server cancels', () => {
  it('fails, and the connection stays', async () => {
    const client = await database.connect()
    await client.query('set statement_timeout = 50')
    const error = await failureOf(executeBatch(client, [...keyed('k'), unnamed('select pg_sleep(10)')]))
    expect(error).toMatchObject({ outcome: 'failed', index: 3, status: 'I', fault: { sqlState: '57014' } })
    await executeBatch(client, [unnamed('set statement_timeout = 0'), ...keyed('k')])
    expect(await effects()).toBe(1)
  })
})

describe("the driver's own deadline", () => {
  it('destroys the connection of a batch that is not answered', async () => {
    const client = await throughProxy({ query_timeout: 200 })
    proxy.stall()
    const ended = endOf(client)
    expect(await failureOf(executeBatch(client, keyed('k')))).toMatchObject({
      outcome: 'unknown',
      status: null,
    })
    proxy.resume()
    await ended
  })

  it('does not touch a connection whose batch was answered in time', async () => {
    const client = await throughProxy({ query_timeout: 100 })
    await executeBatch(client, keyed('k'))
    await failureOf(executeBatch(client, [unnamed('select 1 / 0')]))
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect((await executeBatch(client, [unnamed('select 1 as n')])).results[0]?.rows).toEqual([{ n: 1 }])
  })
})

describe('copying', () => {
  it.each(['copy scratch from stdin', 'copy (select 1) to stdout'])(
    'ends the connection: %s',
    async (copy) => {
      const client = await database.connect()
      const batch = [unnamed('create temporary table scratch (n int)'), unnamed(copy), unnamed('select 1')]
      expect(await failureOf(executeBatch(client, batch))).toMatchObject({ outcome: 'unknown', status: null })
      expect(await failureOf(executeBatch(client, batch))).toMatchObject({ outcome: 'not-sent' })
    },
  )
})

describe('an encrypted connection', () => {
  let secure: Server
  const psk = { psk: Buffer.alloc(32, 7), identity: 'client' }

  /** Ends TLS in front of the server. A key that both know needs no certificate. */
  beforeAll(async () => {
    const { host, port } = testPostgres()
    const encrypted = createTlsServer({ ciphers: 'PSK', maxVersion: 'TLSv1.2', pskCallback: () => psk.psk })
    encrypted.on('secureConnection', (client) => {
      const server = connect(port, host)
      client.pipe(server).pipe(client)
      for (const socket of [client, server]) socket.on('error', () => {})
      server.on('close', () => client.destroy())
      client.on('close', () => server.destroy())
    })
    secure = createServer((raw) => {
      raw.once('data', () => {
        raw.write('S')
        encrypted.emit('connection', raw)
      })
    }).listen(0, '127.0.0.1')
    await once(secure, 'listening')
  })
  afterAll(() => secure.close())

  const open = (): Promise<Client> =>
    database.connect({
      host: '127.0.0.1',
      port: (secure.address() as AddressInfo).port,
      ssl: {
        ciphers: 'PSK',
        maxVersion: 'TLSv1.2',
        pskCallback: () => psk,
        checkServerIdentity: () => undefined,
      },
    })

  it('carries a batch, a failure, and megabytes each way', async () => {
    const client = await open()
    await executeBatch(client, keyed('k'))
    const error = await failureOf(executeBatch(client, keyed('k')))
    expect(error).toMatchObject({ outcome: 'failed', index: 1, fault: { constraint: 'idempotency_key' } })
    const echo = Array.from({ length: 2_000 }, (_, n) =>
      statement('select $1::int as n, $2::text as value', n, 'x'.repeat(4_096)),
    )
    const { results } = await executeBatch(client, echo)
    expect(results.map(({ rows }) => rows[0]?.n)).toEqual(echo.map((_, n) => n))
    expect(await effects()).toBe(1)
  })

  it('that ends leaves an unknown outcome', async () => {
    const client = await open()
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const running = failureOf(executeBatch(client, [bind(scope), unnamed('select pg_sleep(10)')]))
    await database.admin.query('select pg_terminate_backend($1)', [rows[0]?.pid])
    expect(await running).toMatchObject({ outcome: 'unknown', status: null })
  })
})
