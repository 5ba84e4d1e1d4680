import { inspect } from 'node:util'

import pg, { type Client } from 'pg'
import { beforeEach, describe, expect, it } from 'vitest'

import { executeBatch } from '../src/batch.ts'
import { bind, createBatchDatabase, failureOf, statement, unnamed } from './batch-database.ts'

const database = await createBatchDatabase()
let client: Client

beforeEach(async () => {
  client = await database.connect()
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

  it('are one object for each part that their columns name, or null', async () => {
    const text =
      'select 1 as "one.id", null as "one.gone", 2 as n, null as "none.id", 3 as "none.left", 4 as "last.a.b"'
    for (const __ of ['described', 'from memory']) {
      const { results } = await executeBatch(client, [statement(text)])
      expect(results[0]?.rows).toEqual([{ one: { id: 1, gone: null }, n: 2, none: null, last: { 'a.b': 4 } }])
    }
  })

  it('have the command and the count of rows', async () => {
    const scope = crypto.randomUUID()
    const [user, user2] = [crypto.randomUUID(), crypto.randomUUID()]
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
