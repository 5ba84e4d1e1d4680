import { startWireProxy } from '@user-engine/conformance/postgres'
import { testPostgres } from '@user-engine/test-postgres/vitest'
import type { Client } from 'pg'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

import { executeBatch, type Statement } from '../src/batch.ts'
import {
  bind,
  countVisible,
  createBatchDatabase,
  failureOf,
  insertIdentity,
  insertUser,
  statement,
  unnamed,
} from './batch-database.ts'

const database = await createBatchDatabase()
const proxy = await startWireProxy(testPostgres())
let client: Client
let scope: string
let user: string

beforeEach(async () => {
  client = await database.connect({ host: proxy.host, port: proxy.port })
  scope = crypto.randomUUID()
  user = crypto.randomUUID()
  proxy.reset()
})
afterAll(() => proxy.stop())

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
    expect(await database.countUsers(scope)).toBe(0)
  })

  it('fails at a commit where a deferred constraint does', async () => {
    await executeBatch(client, [unnamed('begin'), bind(scope), unnamed('set constraints all deferred')])
    const identity = insertIdentity(scope, crypto.randomUUID(), crypto.randomUUID(), 's')
    const error = await failureOf(executeBatch(client, [identity, unnamed('COMMIT')]))
    expect(error).toMatchObject({ index: 1, atCommit: true, status: 'I', fault: { sqlState: '23503' } })
  })
})
