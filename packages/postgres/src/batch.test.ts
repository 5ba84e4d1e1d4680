import { inspect } from 'node:util'

import { startWireProxy, type WireProxy } from '@user-engine/conformance/postgres'
import { testPostgres } from '@user-engine/test-postgres/vitest'
import pg, { type Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import {
  bind,
  createBatchDatabase,
  insertIdentity,
  insertUser,
  statement,
  unnamed,
  type BatchDatabase,
} from '../test/batch-database.ts'
import { BatchError } from './batch-error.ts'
import { executeBatch, type BatchResult, type Statement } from './batch.ts'

const database: BatchDatabase = await createBatchDatabase()
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

async function failureOf(batch: Promise<BatchResult>): Promise<BatchError> {
  const error = await batch.then(
    () => expect.fail('the batch succeeded'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(BatchError)
  return error as BatchError
}

async function countUsers(): Promise<number> {
  const { rows } = await database.admin.query<{ n: string }>(
    'select count(*) as n from arena.users where scope_id = $1',
    [scope],
  )
  return Number(rows[0]?.n)
}

const countVisible = statement('select count(*)::int as n from arena.users')

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

describe('values and rows', () => {
  const VALUES: readonly (readonly [string, unknown])[] = [
    ['int', 7],
    ['bigint', 2n ** 62n],
    ['float8', 1.5],
    ['boolean', false],
    ['text', 'naïve ✓ \u{1f600}'],
    ['text', null],
    ['text', undefined],
    ['uuid', 'a0000000-0000-4000-8000-000000000000'],
    ['timestamptz', new Date('2026-11-24T01:02:03.456Z')],
    ['timestamptz', new Date('0001-01-01T00:00:00.000Z')],
    ['bytea', Buffer.from([0, 1, 255])],
    ['bytea', new Uint8Array([0, 1, 255])],
    ['jsonb', { a: [1, null, 'x"\\'] }],
    ['text[]', ['a', null, 'b,"c\\']],
    [
      'int[]',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['bytea[]', [Buffer.from([9])]],
  ]

  it.each([
    ['named', statement],
    ['unnamed', unnamed],
  ])('are those of the driver: %s', async (_, make) => {
    const text = `select ${VALUES.map(([type], n) => `$${n + 1}::${type} as c${n}`).join(', ')}`
    const values = VALUES.map(([, value]) => value)
    const expected = (await client.query(text, values)).rows
    for (const __ of ['described', 'from memory']) {
      const { results } = await executeBatch(client, [make(text, ...values)])
      expect(results[0]?.rows).toEqual(expected)
    }
  })

  it('are read by the parsers of the client', async () => {
    client.setTypeParser(pg.types.builtins.INT8, BigInt)
    const { results } = await executeBatch(client, [unnamed('select 5::int8 as n')])
    expect(results[0]?.rows).toEqual([{ n: 5n }])
  })

  it('have the command and the count of rows', async () => {
    const user2 = crypto.randomUUID()
    const { results, status } = await executeBatch(client, [
      bind(scope),
      statement(
        'insert into arena.users (scope_id, id, name) values ($1, $2, $3), ($1, $4, $3) returning id',
        scope,
        user,
        'a',
        user2,
      ),
      unnamed('update arena.users set name = name'),
      unnamed('select name from arena.users'),
      unnamed('select 1 where false'),
      unnamed('create temporary table scratch ()'),
      unnamed(''),
    ])
    expect(status).toBe('I')
    expect(results.slice(1).map(({ command, rowCount }) => [command, rowCount])).toEqual([
      ['INSERT', 2],
      ['UPDATE', 2],
      ['SELECT', 2],
      ['SELECT', 0],
      ['CREATE TABLE', 0],
      ['', 0],
    ])
    expect(results[1]?.rows).toEqual([{ id: user }, { id: user2 }])
    expect(results[3]?.rows).toEqual([{ name: 'a' }, { name: 'a' }])
    expect(results[4]?.rows).toEqual([])
  })

  it('that can not be read leave the outcome open, and quote nothing', async () => {
    client.setTypeParser(pg.types.builtins.INT4, (value) => {
      throw new Error(`can not read ${value}`)
    })
    const error = await failureOf(executeBatch(client, [unnamed('select 4711 as n')]))
    expect(error).toMatchObject({ outcome: 'unknown', status: 'I' })
    expect(inspect(error)).not.toContain('4711')
    expect((await executeBatch(client, [unnamed("select 'x' as x")])).results[0]?.rows).toEqual([{ x: 'x' }])
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
    expect(await countUsers()).toBe(0)
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
    expect(await countUsers()).toBe(0)
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
    expect(await countUsers()).toBe(0)
  })

  it('binds without a warning', async () => {
    const notices: string[] = []
    client.on('notice', ({ message }) => notices.push(String(message)))
    await executeBatch(client, [bind(scope), insertUser(scope, user)])
    expect(notices).toEqual([])
  })
})

describe('an explicit transaction', () => {
  it('goes on after failures at depth 3, each turn with its savepoints on board', async () => {
    const ids = Array.from({ length: 5 }, () => crypto.randomUUID())
    const insertNth = (n: number): Statement => insertUser(scope, ids[n] ?? '', `user ${n}`)
    const send = (...batch: Statement[]) => executeBatch(client, batch)
    const command = (text: string): Statement => statement(text)
    expect((await send(command('begin'), bind(scope), insertNth(0))).status).toBe('T')
    expect(
      (await send(command('savepoint s1'), insertNth(1), command('savepoint s2'), insertNth(2))).status,
    ).toBe('T')
    const error = await failureOf(send(command('savepoint s3'), insertNth(3), insertNth(3), insertNth(4)))
    expect(error).toMatchObject({ outcome: 'failed', index: 2, status: 'E', atCommit: false })
    expect((await failureOf(send(countVisible))).fault?.sqlState).toBe('25P02')
    const { status, results } = await send(
      command('rollback to s3'),
      command('release s3'),
      command('rollback to s2'),
      command('release s2'),
      command('release s1'),
      insertNth(4),
      countVisible,
      command('commit'),
    )
    expect(status).toBe('I')
    expect(results.map((result) => result.command)).toEqual([
      'ROLLBACK',
      'RELEASE',
      'ROLLBACK',
      'RELEASE',
      'RELEASE',
      'INSERT',
      'SELECT',
      'COMMIT',
    ])
    expect(proxy.traffic().roundTrips).toBe(5)
    const { rows } = await database.admin.query(
      'select name from arena.users where scope_id = $1 order by name',
      [scope],
    )
    expect(rows).toEqual([{ name: 'user 0' }, { name: 'user 1' }, { name: 'user 4' }])
  })

  it('does not take a rollback for a commit', async () => {
    await executeBatch(client, [unnamed('begin'), bind(scope), insertUser(scope, user)])
    await failureOf(executeBatch(client, [unnamed('select 1 / 0')]))
    const error = await failureOf(executeBatch(client, [unnamed('commit')]))
    expect(error).toMatchObject({
      outcome: 'failed',
      atCommit: true,
      status: 'I',
      fault: { sqlState: '25P02' },
    })
    expect(await countUsers()).toBe(0)
  })

  it('fails at a commit where a deferred constraint does', async () => {
    await executeBatch(client, [unnamed('begin'), bind(scope), unnamed('set constraints all deferred')])
    const identity = insertIdentity(scope, crypto.randomUUID(), crypto.randomUUID(), 's')
    const error = await failureOf(executeBatch(client, [identity, unnamed('COMMIT')]))
    expect(error).toMatchObject({ index: 1, atCommit: true, status: 'I', fault: { sqlState: '23503' } })
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
