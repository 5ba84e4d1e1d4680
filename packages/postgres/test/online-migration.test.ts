import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { afterEach, describe, expect, it } from 'vitest'

import { runMigrations } from '../src/migration-runner.ts'
import { MIGRATIONS, type Migration } from '../src/migrations.ts'
import { openStore } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'

const database = await createProvidedDatabase()
const admin = await database.connect(null)
const NAME = '000002_later'

function later(sql: string, online: string | null): readonly Migration[] {
  const sha256 = createHash('sha256').update(sql).digest('hex')
  return [...MIGRATIONS, { id: 2, name: 'later', breaking: false, minReader: 1, online, sha256, sql }]
}

const indexed = later('create index concurrently users_by_kind on user_engine.users (kind);', 'users_by_kind')

async function run(migrations: readonly Migration[], deadlineMs = 30_000): Promise<readonly string[]> {
  const connection = await database.connect('migrator')
  const deadline = performance.now() + deadlineMs
  return runMigrations({ connection, migrations, rolePrefix: database.prefix, deadline })
}

/** A migrator of its own process, which is killed when the server works on a statement that matches. */
async function killWhile(migrations: readonly Migration[], pattern: string): Promise<void> {
  const { connectionString } = database.config('migrator')
  const child = fork(join(import.meta.dirname, 'migrator-process.ts'), {
    execArgv: ['--conditions=@user-engine/source'],
    env: {
      ...process.env,
      MIGRATOR: JSON.stringify({ connectionString, rolePrefix: database.prefix, migrations }),
    },
  })
  await running(pattern)
  child.kill('SIGKILL')
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
}

async function running(pattern: string): Promise<void> {
  for (;;) {
    const { rowCount } = await admin.query(
      `select from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like $1
        and datname = current_database()`,
      [pattern],
    )
    if (rowCount !== 0) return
    await sleep(20)
  }
}

/** A transaction that has written: a concurrent build waits until it ends. */
async function openWriter() {
  const writer = await database.connect(null)
  await writer.query('begin; lock table user_engine.users in row exclusive mode')
  return { end: () => writer.query('rollback') }
}

async function indexOf(name: string): Promise<{ oid: number; valid: boolean } | undefined> {
  const { rows } = await admin.query<{ oid: number; valid: boolean }>(
    `select indexrelid::int as oid, indisvalid as valid from pg_index where indexrelid = to_regclass($1)`,
    [`user_engine.${name}`],
  )
  return rows[0]
}

afterEach(async () => {
  await admin.query(`delete from user_engine.schema_migrations where id > 1;
    drop index if exists user_engine.users_by_kind; drop index if exists user_engine.users_one_kind`)
})

describe('an index that is built beside running commands', () => {
  it('is built once, whoever comes, and recorded', async () => {
    const applied = await Promise.all([1, 2, 3, 4].map(() => run(indexed)))
    expect(applied.flat()).toEqual([NAME])
    expect(await indexOf('users_by_kind')).toMatchObject({ valid: true })
    const owner = `select pg_get_userbyid(relowner) as owner from pg_class where relname = 'users_by_kind'`
    expect((await admin.query(owner)).rows).toEqual([{ owner: `${database.prefix}_owner` }])
  })

  it('holds up no write, and no check of readiness, while it waits for others', async () => {
    const store = openStore(database)
    const writer = await openWriter()
    const building = run(indexed)
    await running('create index concurrently%')
    await admin
      .query(`begin; set local lock_timeout = '1s';
      insert into user_engine.users values (gen_random_uuid(), gen_random_uuid(), 'person', 'active', 1, now(), now());
      rollback`)
      .catch((error: unknown) => {
        // The row is in no scope that users are in; the lock was given before that was seen.
        expect(error).toMatchObject({ code: '23514' })
        return admin.query('rollback')
      })
    const { status, checks } = await store.readiness()
    expect(status).toBe('degraded')
    expect(checks.find(({ code }) => code === 'postgres.indexes_valid')).toMatchObject({
      status: 'warn',
      details: { users_by_kind: 'invalid' },
    })
    await writer.end()
    expect(await building).toEqual([NAME])
    expect((await store.readiness()).status).toBe('ready')
  })

  it('is dropped where it was left half built, and built anew', async () => {
    const writer = await openWriter()
    const building = run(indexed).catch((error: unknown) => error)
    await running('create index concurrently%')
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where query like 'create index concurrently%' and datname = current_database()`)
    expect(await building).toMatchObject({ code: 'UNAVAILABLE' })
    const half = await indexOf('users_by_kind')
    expect(half).toMatchObject({ valid: false })
    await writer.end()
    expect(await run(indexed)).toEqual([NAME])
    const whole = await indexOf('users_by_kind')
    expect(whole).toMatchObject({ valid: true })
    expect(whole?.oid).not.toBe(half?.oid)
  })

  it('says BUSY at its deadline, and goes on when it is asked again', async () => {
    const writer = await openWriter()
    await expect(run(indexed, 1_500)).rejects.toMatchObject({ code: 'BUSY', details: { migration: NAME } })
    await writer.end()
    expect(await run(indexed)).toEqual([NAME])
  })

  it('is refused where rows are in its way, and recorded when they are gone', async () => {
    const unique = later(
      'create unique index concurrently users_one_kind on user_engine.users (kind);',
      'users_one_kind',
    )
    const user = `insert into user_engine.users
      select '64697265-6374-8f72-b900-000000000000', gen_random_uuid(), 'person', 'active', 1, now(), now()`
    await admin.query(`${user}; ${user}`)
    await expect(run(unique)).rejects.toMatchObject({ code: 'FAILED', details: { sqlState: '23505' } })
    expect(await indexOf('users_one_kind')).toMatchObject({ valid: false })
    await admin.query('delete from user_engine.users')
    expect(await run(unique)).toEqual([NAME])
  })

  it('leaves the session as it was', async () => {
    const connection = await database.connect('migrator')
    const settings = `select current_user = session_user as itself, current_setting('lock_timeout') as lock,
      current_setting('statement_timeout') as statement`
    const before = await connection.query(settings)
    const rolePrefix = database.prefix
    await runMigrations({ connection, migrations: indexed, rolePrefix, deadline: performance.now() + 30_000 })
    expect((await connection.query(settings)).rows).toEqual(before.rows)
  })
})

describe('a migrating process that is killed', { timeout: 60_000 }, () => {
  it('in the middle of a transaction leaves nothing of it, and the next one does it', async () => {
    const slow = 'create table user_engine.half (id int); select pg_sleep(3); drop table user_engine.half'
    await killWhile(later(slow, null), '%pg_sleep(3)%')
    const done = later('create table user_engine.half (id int); drop table user_engine.half', null)
    expect(await run(done)).toEqual([NAME])
  })

  it('in the middle of a build lets the server end it, and the next one only records it', async () => {
    const writer = await openWriter()
    await killWhile(indexed, 'create index concurrently%')
    const begun = await indexOf('users_by_kind')
    const next = run(indexed)
    await sleep(500)
    await writer.end()
    expect(await next).toEqual([NAME])
    expect(await indexOf('users_by_kind')).toEqual({ oid: begun?.oid, valid: true })
  })
})
