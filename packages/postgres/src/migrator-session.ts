import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientBase } from 'pg'

import { MigrationError, toMigrationError } from './migration-error.ts'
import { roleName } from './role-names.ts'

/** A connection of the migrator, and until when it may be worked on. */
export interface MigratorSession {
  readonly connection: ClientBase
  readonly rolePrefix: string
  /** On the clock of `performance.now()`. */
  readonly deadline: number
}

/** One lock for each database; it is the session's, so it ends with its connection at the latest. */
const LOCK = `hashtextextended('user_engine.schema_migrations', 0)`
const LOCK_TIMEOUT_MS = 2_000

/**
 * Runs `work` while no other migrator does. Polls outside of any transaction: whoever waits inside of a statement holds a
 * snapshot, which a concurrent index build of the holder waits for in turn.
 */
export async function exclusively<Result>(
  { connection, deadline }: MigratorSession,
  work: () => Promise<Result>,
): Promise<Result> {
  for (;;) {
    const { rows } = await connection.query<{ locked: boolean }>(
      `select pg_catalog.pg_try_advisory_lock(${LOCK}) as locked`,
    )
    if (rows[0]?.locked === true) break
    await pause(deadline, null)
  }
  try {
    return await work()
  } finally {
    await connection.query(`select pg_catalog.pg_advisory_unlock(${LOCK})`).catch(() => {})
  }
}

/** Runs `work` again where a lock of others was in its way, until the deadline. `subject` is what an error names. */
export async function patiently<Result>(
  { deadline }: MigratorSession,
  subject: string,
  work: () => Promise<Result>,
): Promise<Result> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const refusal = toMigrationError(error, subject)
      if (refusal.code !== 'BUSY') throw refusal
      await pause(deadline, subject)
    }
  }
}

/** Runs `work` in a transaction of the schema's owner, on the session that holds the lock. */
export async function asOwner<Result>(
  session: MigratorSession,
  subject: string | null,
  work: () => Promise<Result>,
): Promise<Result> {
  const { connection, rolePrefix } = session
  await connection.query('begin')
  try {
    await expectLock(session, subject)
    await connection.query(`set local role ${roleName('owner', rolePrefix)}`)
    await connection.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`)
    await connection.query(`set local statement_timeout = ${timeLeft(session)}`)
    const result = await work()
    const { command } = await connection.query('commit')
    if (command !== 'COMMIT') throw new MigrationError('UNAVAILABLE', { migration: subject })
    return result
  } catch (error) {
    await connection.query('rollback').catch(() => {})
    throw error
  }
}

/**
 * Runs `work` as the schema's owner, outside of any transaction: for a concurrent build, which waits for transactions of
 * others as long as it may, as nobody waits for it.
 */
export async function ownerOutside<Result>(
  session: MigratorSession,
  work: () => Promise<Result>,
): Promise<Result> {
  const { connection, rolePrefix } = session
  await connection.query(`set role ${roleName('owner', rolePrefix)}`)
  await connection.query('set lock_timeout = 0')
  await connection.query(`set statement_timeout = ${timeLeft(session)}`)
  try {
    return await work()
  } finally {
    await connection.query('reset role; reset lock_timeout; reset statement_timeout').catch(() => {})
  }
}

/** A pooler's connection goes to another session, which doesn't hold it. */
async function expectLock({ connection }: MigratorSession, subject: string | null): Promise<void> {
  const { rows } = await connection.query<{ held: boolean }>(
    `select exists (select from pg_catalog.pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and granted
      and (classid::bigint << 32) + objid::bigint = ${LOCK}) as held`,
  )
  if (rows[0]?.held !== true) throw new MigrationError('NOT_DIRECT', { migration: subject })
}

function timeLeft({ deadline }: MigratorSession): number {
  return Math.max(1, Math.round(deadline - performance.now()))
}

/** With jitter, so that four who wait don't knock together. */
async function pause(deadline: number, subject: string | null): Promise<void> {
  const ms = 50 + Math.random() * 200
  if (performance.now() + ms > deadline) throw new MigrationError('BUSY', { migration: subject })
  await sleep(ms)
}
