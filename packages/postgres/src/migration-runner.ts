import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientBase } from 'pg'

import { MigrationError, toMigrationError } from './migration-error.ts'
import type { Migration } from './migrations.ts'
import { RELEASE } from './release.ts'
import { roleName, withRolePrefix } from './role-names.ts'
import { fileName, judgeSchema, readApplied } from './schema-version.ts'

export interface Run {
  readonly connection: ClientBase
  readonly migrations: readonly Migration[]
  readonly rolePrefix: string
  /** On the clock of `performance.now()`. */
  readonly deadline: number
}

/** One lock for each database; it is the session's, so it ends with its connection at the latest. */
const LOCK = `hashtextextended('user_engine.schema_migrations', 0)`
const LOCK_TIMEOUT_MS = 2_000

/** Applies what is pending, one transaction each, while no other migrator does. Answers the names of what it applied. */
export async function runMigrations(run: Run): Promise<readonly string[]> {
  await lock(run)
  try {
    const applied = await asOwner(run, null, () => readApplied(run.connection))
    const { state, current, supported, pending } = judgeSchema(applied, run.migrations)
    if (state === 'tampered') throw new MigrationError('SCHEMA_TAMPERED', { current })
    if (state === 'breaking') throw new MigrationError('SCHEMA_BREAKING', { current, max: supported.max })
    for (const migration of run.migrations.slice(run.migrations.length - pending.length)) {
      await apply(run, migration)
    }
    return pending
  } finally {
    await run.connection.query(`select pg_catalog.pg_advisory_unlock(${LOCK})`).catch(() => {})
  }
}

/**
 * Polls outside of any transaction: whoever waits inside of a statement holds a snapshot, which a concurrent index build of
 * the holder waits for in turn.
 */
async function lock({ connection, deadline }: Run): Promise<void> {
  for (;;) {
    const { rows } = await connection.query<{ locked: boolean }>(
      `select pg_catalog.pg_try_advisory_lock(${LOCK}) as locked`,
    )
    if (rows[0]?.locked === true) return
    await pause(deadline, null)
  }
}

async function apply(run: Run, migration: Migration): Promise<void> {
  const name = fileName(migration)
  for (;;) {
    try {
      return await asOwner(run, name, async () => {
        const started = performance.now()
        await run.connection.query(withRolePrefix(migration.sql, run.rolePrefix))
        await run.connection.query(
          `insert into user_engine.schema_migrations
            (id, name, sha256, breaking, min_reader, engine_version, duration_ms) values ($1, $2, $3, $4, $5, $6, $7)`,
          [
            migration.id,
            migration.name,
            migration.sha256,
            migration.breaking,
            migration.minReader,
            RELEASE.version,
            Math.round(performance.now() - started),
          ],
        )
      })
    } catch (error) {
      const refusal = toMigrationError(error, name)
      if (refusal.code !== 'BUSY') throw refusal
      await pause(run.deadline, name)
    }
  }
}

/** Runs `work` in a transaction of the schema's owner, on the session that holds the lock. */
async function asOwner<Result>(
  { connection, rolePrefix, deadline }: Run,
  migration: string | null,
  work: () => Promise<Result>,
): Promise<Result> {
  const left = Math.max(1, Math.round(deadline - performance.now()))
  await connection.query('begin')
  try {
    const { rows } = await connection.query<{ held: boolean }>(
      `select exists (select from pg_catalog.pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and granted
        and (classid::bigint << 32) + objid::bigint = ${LOCK}) as held`,
    )
    if (rows[0]?.held !== true) throw new MigrationError('NOT_DIRECT', { migration })
    await connection.query(`set local role ${roleName('owner', rolePrefix)}`)
    await connection.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`)
    await connection.query(`set local statement_timeout = ${left}`)
    const result = await work()
    const { command } = await connection.query('commit')
    if (command !== 'COMMIT') throw new MigrationError('UNAVAILABLE', { migration })
    return result
  } catch (error) {
    await connection.query('rollback').catch(() => {})
    throw error
  }
}

/** With jitter, so that four who wait don't knock together. */
async function pause(deadline: number, migration: string | null): Promise<void> {
  const ms = 50 + Math.random() * 200
  if (performance.now() + ms > deadline) throw new MigrationError('BUSY', { migration })
  await sleep(ms)
}
