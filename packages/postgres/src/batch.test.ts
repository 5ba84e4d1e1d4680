import { inspect } from 'node:util'

import { startWireProxy, type WireProxy } from '@user-engine/conformance/postgres'
import { testPostgres } from '@user-engine/test-postgres/vitest'
import type { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import {
  bind,
  countVisible,
  createBatchDatabase,
  failureOf,
  insertIdentity,
  insertUser,
  statement,
  unnamed,
} from '../test/batch-database.ts'
import { executeBatch, type Statement } from './batch.ts'

const database = await createBatchDatabase()
let proxy: WireProxy
let client: Client
let scope: string
let user: string

beforeAll(async () => {
  proxy = await startWireProxy(testPostgres())
})
beforeEach(async () => {
  client = await database.connect({ host: proxy.host, port: proxy.port })
  scope = crypto.randomUUID()
  user = crypto.randomUUID()
  proxy.reset()
})
afterAll(() => proxy.stop())

describe('the wire', () => {
  it('is one turn, one Sync, and a parse for each new name only', async () => {
    const batch = [bind(scope), insertUser(scope, user), insertUser(scope, crypto.randomUUID()), countVisible]
    await executeBatch(client, batch)
    expect(proxy.traffic()).toMatchObject({
      roundTrips: 1,
      messages: { client: { P: 3, C: 3, D: 3, B: 4, E: 4, S: 1 }, server: { Z: 1 } },
    })
    proxy.reset()
    await executeBatch(client, [bind(scope), insertUser(scope, crypto.randomUUID()), countVisible])
    const { roundTrips, messages } = proxy.traffic()
    expect(roundTrips).toBe(1)
    expect(messages.client).toEqual({ B: 3, E: 3, S: 1 })
    expect(messages.server).toEqual({ 2: 3, D: 2, C: 3, Z: 1 })
  })

  it('prepares nothing for a statement without a name', async () => {
    for (const _ of [1, 2])
      await executeBatch(client, [unnamed('select 1 as one'), unnamed('select 2 as two')])
    expect(proxy.traffic().messages.client).toEqual({ P: 4, B: 4, D: 4, E: 4, S: 2 })
    expect(await executeBatch(client, [unnamed('select name from pg_prepared_statements')])).toMatchObject({
      results: [{ rows: [] }],
    })
  })

  it('asks the server alone when there is nothing to execute', async () => {
    expect(await executeBatch(client, [])).toEqual({ status: 'I', results: [] })
    expect(proxy.traffic().messages.client).toEqual({ S: 1 })
  })

  it('takes its turn between queries of the driver', async () => {
    const order: number[] = []
    const done = (n: number) => () => void order.push(n)
    await Promise.all([
      client.query('select 1').then(done(1)),
      executeBatch(client, [unnamed('select 2')]).then(done(2)),
      executeBatch(client, [unnamed('select 3'), unnamed('select 3')]).then(done(3)),
      client.query({ name: 'driver', text: 'select $1::int', values: [4] }).then(done(4)),
    ])
    expect(order).toEqual([1, 2, 3, 4])
    expect(proxy.traffic().messages.server.Z).toBe(4)
  })

  it.each([
    ['many statements', 10_000, 100],
    ['large values', 64, 256 * 1024],
  ])('carries %s each way without a deadlock', async (_, count, size) => {
    const direct = await database.connect()
    for (const carrier of [client, direct]) {
      const batch = Array.from({ length: count }, (__, n) =>
        statement('select $1::int as n, $2::text as value', n, String(n).padEnd(size, 'x')),
      )
      const { results } = await executeBatch(carrier, batch)
      expect(results.map(({ rows }) => rows[0]?.n)).toEqual(batch.map((__, n) => n))
      expect(results.at(-1)?.rows[0]?.value).toBe(String(count - 1).padEnd(size, 'x'))
    }
  })
})

describe('a batch outside of a transaction', () => {
  it('keeps nothing after a late failure, and names the statement', async () => {
    const error = await failureOf(
      executeBatch(client, [
        bind(scope),
        insertUser(scope, user, 'kept in confidence'),
        insertUser(scope, user, 'kept in confidence'),
        countVisible,
      ]),
    )
    expect(error).toMatchObject({
      outcome: 'failed',
      index: 2,
      status: 'I',
      fault: { sqlState: '23505', constraint: 'user_id' },
    })
    expect(inspect(error, { depth: null })).not.toMatch(new RegExp(`confidence|${user}`))
    expect(await database.countUsers(scope)).toBe(0)
  })

  it('fails at its end when a deferred constraint does', async () => {
    const identity = insertIdentity(scope, crypto.randomUUID(), crypto.randomUUID(), 's')
    const batch = [bind(scope), unnamed('set constraints all deferred'), insertUser(scope, user), identity]
    const error = await failureOf(executeBatch(client, batch))
    expect(error).toMatchObject({
      outcome: 'failed',
      index: 4,
      atCommit: true,
      status: 'I',
      fault: { sqlState: '23503', constraint: 'identity_user' },
    })
    expect(proxy.traffic().messages.server).toMatchObject({ C: 4, E: 1, Z: 1 })
    expect(await database.countUsers(scope)).toBe(0)
  })

  it('settles a failure only when the client can be used again', async () => {
    for (const _ of [1, 2, 3]) {
      await failureOf(executeBatch(client, [unnamed('select 1 / 0')]))
      expect('readyForQuery' in client && client.readyForQuery).toBe(true)
      expect(client.getTransactionStatus()).toBe('I')
    }
    const batches = [1, 0, 2, 0, 3].map((n) => executeBatch(client, [unnamed('select 6 / $1::int as n', n)]))
    const settled = await Promise.allSettled(batches)
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
  })
})

describe('a bound scope', () => {
  it('ends with its batch, whatever becomes of it', async () => {
    expect(await executeBatch(client, [bind(scope), insertUser(scope, user), countVisible])).toMatchObject({
      results: [{}, {}, { rows: [{ n: 1 }] }],
    })
    expect((await executeBatch(client, [countVisible])).results[0]?.rows).toEqual([{ n: 0 }])
    await failureOf(executeBatch(client, [bind(scope), unnamed('select 1 / 0')]))
    expect((await executeBatch(client, [countVisible])).results[0]?.rows).toEqual([{ n: 0 }])
    const begin = [unnamed('begin'), bind(scope), countVisible]
    expect(await executeBatch(client, begin)).toMatchObject({
      status: 'T',
      results: [{}, {}, { rows: [{ n: 1 }] }],
    })
    await executeBatch(client, [unnamed('rollback')])
    expect((await executeBatch(client, [countVisible])).results[0]?.rows).toEqual([{ n: 0 }])
  })

  it('is needed to write, and holds the write inside', async () => {
    for (const batch of [[insertUser(scope, user)], [bind(crypto.randomUUID()), insertUser(scope, user)]]) {
      const { fault } = await failureOf(executeBatch(client, batch))
      expect(fault).toMatchObject({ sqlState: '42501', leftScope: true })
    }
    expect(await database.countUsers(scope)).toBe(0)
  })

  it('binds without a warning', async () => {
    const notices: string[] = []
    client.on('notice', ({ message }) => notices.push(String(message)))
    await executeBatch(client, [bind(scope), insertUser(scope, user)])
    expect(notices).toEqual([])
  })
})

describe('a prepared statement', () => {
  const insert = () => insertUser(scope, user)

  it('is not taken for prepared when an error skipped it', async () => {
    await failureOf(executeBatch(client, [bind(scope), unnamed('select 1 / 0'), insert()]))
    expect((await executeBatch(client, [bind(scope), insert()])).results).toHaveLength(2)
  })

  it('can be sent again when it was parsed and then failed', async () => {
    await failureOf(executeBatch(client, [insert()]))
    expect((await executeBatch(client, [bind(scope), insert()])).results).toHaveLength(2)
  })

  it('that the server lost is parsed again in the next attempt', async () => {
    await executeBatch(client, [bind(scope), countVisible])
    await client.query('deallocate all')
    const error = await failureOf(executeBatch(client, [bind(scope), countVisible]))
    expect(error).toMatchObject({ status: 'I', fault: { sqlState: '26000', forgetsStatements: true } })
    expect((await executeBatch(client, [bind(scope), countVisible])).results[1]?.rows).toEqual([{ n: 0 }])
  })

  it('whose columns changed is parsed again in the next attempt, in a transaction too', async () => {
    await database.admin.query('create table if not exists arena.wide (a int)')
    await database.admin.query('grant select on arena.wide to public')
    const select = statement('select * from arena.wide')
    await executeBatch(client, [select])
    await database.admin.query('alter table arena.wide add b int')
    const error = await failureOf(executeBatch(client, [select]))
    expect(error).toMatchObject({ status: 'I', fault: { sqlState: '0A000', forgetsStatements: true } })
    expect((await executeBatch(client, [select])).results[0]?.rows).toEqual([])
    await database.admin.query('alter table arena.wide add c int')
    const inside = await failureOf(executeBatch(client, [unnamed('begin'), select]))
    expect(inside).toMatchObject({ status: 'E', fault: { forgetsStatements: true } })
    await executeBatch(client, [unnamed('rollback'), select])
    await database.admin.query('drop table arena.wide')
  })

  it('stands for one text', async () => {
    await executeBatch(client, [{ name: 'same', text: 'select 1', values: [] }])
    const other = { name: 'same', text: 'select 2', values: [] }
    await expect(executeBatch(client, [other])).rejects.toThrow(TypeError)
    const fresh = { name: 'fresh', text: 'select 1', values: [] }
    await expect(executeBatch(client, [fresh, { ...fresh, text: 'select 2' }])).rejects.toThrow(TypeError)
    expect((await executeBatch(client, [{ ...other, text: 'select 1' }, fresh])).results).toHaveLength(2)
  })
})

describe('a batch that can not be sent', () => {
  const circular: { self?: unknown } = {}
  circular.self = circular
  const select = (values: readonly unknown[]): Statement => ({ name: null, text: 'select $1', values })

  it.each([
    ['a value without a text', [unnamed('select 1'), select([circular])]],
    ['too many values', [select(Array.from({ length: 65_536 }, () => 1))]],
    ['an empty name', [{ ...select([1]), name: '' }]],
    ['a long name', [{ ...select([1]), name: 'é'.repeat(32) }]],
    ['a NUL', [unnamed('select 1\0')]],
  ])('because of %s sends nothing, and the connection stays', async (_, batch) => {
    await expect(executeBatch(client, batch)).rejects.toThrow(TypeError)
    expect(proxy.traffic().messages.client).toEqual({})
    expect((await executeBatch(client, [unnamed('select 1 as n')])).results[0]?.rows).toEqual([{ n: 1 }])
  })

  it('because its connection pipelines', async () => {
    const pipelined = await database.connect({ pipeline: true })
    await expect(executeBatch(pipelined, [unnamed('select 1')])).rejects.toThrow(TypeError)
  })
})
