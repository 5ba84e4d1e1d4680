import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { startTestPostgres, type TestPostgres } from '@user-engine/test-postgres'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { isMigrationError, migrate, migrationStatus } from '../src/migrate.ts'
import { runMigrations } from '../src/migration-runner.ts'
import { MIGRATIONS, type Migration } from '../src/migrations.ts'
import { readSchemaVersion } from '../src/schema-version.ts'
import { provide, type ProvidedDatabase } from './provided-database.ts'

let server: TestPostgres
let database: ProvidedDatabase
let connectionString: string
let open: Client[] = []
let count = 0

beforeAll(async () => {
  server = await startTestPostgres({ kind: 'embedded', durable: true })
})
afterAll(() => server.stop())
beforeEach(async () => {
  await Promise.all(open.map((client) => client.end().catch(() => {})))
  open = []
  count += 1
  connectionString = (await server.createDatabase(`migration_${count}`)).connectionString
  database = await provide({ connectionString, prefix: `p${count}`, open })
})

function options(deadlineMs = 20_000) {
  return { connection: database.config('migrator'), rolePrefix: database.prefix, deadlineMs }
}

/** A second migration as a later release would have it. */
function later(sql: string, more: Partial<Migration> = {}): Migration {
  const sha256 = createHash('sha256').update(sql).digest('hex')
  return { id: 2, name: 'later', breaking: false, minReader: 1, online: null, sha256, sql, ...more }
}

async function run(
  client: Client,
  migrations: readonly Migration[],
  deadlineMs = 20_000,
): Promise<readonly string[]> {
  const deadline = performance.now() + deadlineMs
  return runMigrations({ connection: client, migrations, rolePrefix: database.prefix, deadline })
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'ok'
  } catch (error) {
    return isMigrationError(error) ? error.code : inspect(error)
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20)
}

/** Waits until somebody's statement matches. */
function running(pattern: string): Promise<void> {
  return until(async () => {
    const admin = new Client(database.config(null))
    await admin.connect()
    const { rowCount } = await admin.query(
      `select from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like $1
        and datname = current_database()`,
      [pattern],
    )
    await admin.end()
    return rowCount !== 0
  })
}

describe('a server that is killed in the middle of a migration', () => {
  it('keeps what was applied before, nothing of the half, and the next call completes it', async () => {
    await migrate(options())
    const two = [...MIGRATIONS, later('create table user_engine.half (id int); select pg_sleep(60)')]
    const dying = codeOf(run(await database.connect('migrator'), two))
    await running('%pg_sleep(60)%')
    await server.process?.kill9()
    expect(await dying).toBe('UNAVAILABLE')
    await server.process?.restart()
    expect(await migrationStatus(options())).toMatchObject({ current: 1, state: 'current' })
    const done = [...MIGRATIONS, later('create table user_engine.half (id int)')]
    expect(await run(await database.connect('migrator'), done)).toEqual(['000002_later'])
  })

  it('loses no first migration that it has confirmed', async () => {
    await migrate(options())
    await server.process?.kill9()
    await server.process?.restart()
    expect(await migrate(options())).toMatchObject({ applied: [], schemaVersion: { state: 'current' } })
  })
})

it('gives up on a frozen server at its deadline', async () => {
  server.process?.suspend()
  const started = performance.now()
  const outcome = await codeOf(migrate(options(500)))
  const took = performance.now() - started
  server.process?.resume()
  expect(outcome).toBe('UNAVAILABLE')
  expect(took).toBeLessThan(3_500)
})

it('takes over at once from a migrator whose connection was cut', async () => {
  const two = [...MIGRATIONS, later('select pg_sleep(60)')]
  const dying = codeOf(run(await database.connect('migrator'), two))
  await running('%pg_sleep(60)%')
  const waiting = migrate(options())
  const admin = await database.connect(null)
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%'
      and pid <> pg_backend_pid() and datname = current_database()`,
  )
  expect(await dying).toBe('UNAVAILABLE')
  expect((await waiting).schemaVersion.state).toBe('current')
})

it('waits for a lock of others, again and again, and then applies', async () => {
  await migrate(options())
  const other = await database.connect(null)
  await other.query('begin; lock table user_engine.users in access share mode')
  const two = [...MIGRATIONS, later('alter table user_engine.users add more text')]
  const waiting = run(await database.connect('migrator'), two)
  await sleep(2_500)
  await other.query('commit')
  expect(await waiting).toEqual(['000002_later'])
})

it('refuses a connection whose transactions go to other sessions, as a pooler does', async () => {
  const [first, second] = [await database.connect('migrator'), await database.connect('migrator')]
  let current = first
  const pooled = Object.create(first) as Client
  pooled.query = ((text: string, values?: unknown[]) => {
    if (text.startsWith('begin')) current = second
    return current.query(text, values)
  }) as Client['query']
  expect(await codeOf(run(pooled, MIGRATIONS))).toBe('NOT_DIRECT')
  expect((await migrationStatus(options())).current).toBe(0)
})

it('says BUSY when the lock of another migrator stays until the deadline', async () => {
  const holder = await database.connect('migrator')
  await holder.query(`select pg_advisory_lock(hashtextextended('user_engine.schema_migrations', 0))`)
  expect(await codeOf(migrate(options(700)))).toBe('BUSY')
  await holder.end()
  expect(await codeOf(migrate(options()))).toBe('ok')
})

it('keeps nothing of a migration that the server refuses, and says no word of the server', async () => {
  await migrate(options())
  const two = [...MIGRATIONS, later(`create table user_engine.more (id int); select 'secret-value'::uuid`)]
  const client = await database.connect('migrator')
  const error: unknown = await run(client, two).catch((caught: unknown) => caught)
  expect(isMigrationError(error, 'FAILED') && error.details).toEqual({
    migration: '000002_later',
    sqlState: '22P02',
  })
  expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/secret-value|postgres(?:ql)?:/)
  const admin = await database.connect(null)
  expect((await admin.query(`select to_regclass('user_engine.more') as found`)).rows).toEqual([
    { found: null },
  ])
})

describe('what is refused, and changes nothing', () => {
  it.each(['runtime', 'denials', 'relay', 'diagnose'] as const)('the %s login', async (login) => {
    expect(await codeOf(migrate({ ...options(), connection: database.config(login) }))).toBe('NOT_PERMITTED')
    expect((await migrationStatus(options())).current).toBe(0)
  })

  it('a database that no provider prepared', async () => {
    const admin = await database.connect(null)
    await admin.query('drop schema user_engine')
    expect(await codeOf(migrate(options()))).toBe('NOT_PROVIDED')
    expect(await codeOf(migrate({ ...options(), rolePrefix: 'nobody' }))).toBe('NOT_PROVIDED')
  })

  it('a wrong password', async () => {
    const url = new URL(database.config('migrator').connectionString ?? '')
    url.password = 'another'
    expect(await codeOf(migrate({ ...options(), connection: { connectionString: url.href } }))).toBe(
      'NOT_PERMITTED',
    )
  })

  it.each([
    [`update user_engine.schema_migrations set sha256 = 'other' where id = 1`, 'SCHEMA_TAMPERED', 'tampered'],
    [`update user_engine.schema_migrations set name = 'other' where id = 1`, 'SCHEMA_TAMPERED', 'tampered'],
    [`update user_engine.schema_migrations set id = 2`, 'SCHEMA_TAMPERED', 'tampered'],
    [newer(true, 2), 'SCHEMA_BREAKING', 'breaking'],
    [newer(false, 2), 'SCHEMA_BREAKING', 'breaking'],
    [newer(false, 1), 'ok', 'ahead'],
  ])('a schema after: %s', async (change, code, state) => {
    await migrate(options())
    const admin = await database.connect(null)
    await admin.query(change)
    const runtime = await database.connect('runtime')
    expect((await readSchemaVersion(runtime)).state).toBe(state)
    const before = await admin.query('select * from user_engine.schema_migrations')
    expect(await codeOf(migrate(options()))).toBe(code)
    expect((await admin.query('select * from user_engine.schema_migrations')).rows).toEqual(before.rows)
  })

  function newer(breaking: boolean, minReader: number): string {
    return `insert into user_engine.schema_migrations values (2, 'newer', 'x', ${breaking}, ${minReader}, now(), 'y', 1)`
  }
})

it('is behind before the first migration, as the runtime sees it', async () => {
  expect(await readSchemaVersion(await database.connect('runtime'))).toEqual({
    current: 0,
    supported: { min: 1, max: 1 },
    state: 'behind',
    pending: ['000001_initial'],
  })
})
