import type { Position } from '@user-engine/store'
import { sql } from 'kysely'

import { BatchError } from './batch-error.ts'
import { batchFailure } from './batch-failure.ts'
import type { Statement, StatementResult } from './batch.ts'
import { db } from './database.ts'
import type { PurposePool } from './pool.ts'
import { asCompilable, template } from './template.ts'

/** Where the log of a cluster is. Positions of two timelines, or of two clusters, have no order. */
interface LogPosition {
  readonly system: string
  readonly timeline: number
  readonly lsn: string
}

/** After it everything is left to the primary for a while, as long as a replica that answers nothing is not asked. */
const REST_MS = 1_000

/** A hot standby that reads go to, where they may. */
export interface Replica {
  /**
   * Runs the statements as one implicit transaction, one round trip. Null where the replica has not reached the position,
   * follows no primary, or fails: nothing is known then, and the primary is asked.
   */
  read(
    after: Position | null,
    statements: readonly Statement[],
    little: boolean,
  ): Promise<readonly StatementResult[] | null>
}

export function createReplica(pool: Pick<PurposePool, 'run' | 'read'>): Replica {
  let restsUntil = -Infinity
  return {
    async read(after, statements, little) {
      const position = after === null ? ANY : parsePosition(after)
      if (position === null || performance.now() < restsUntil) return null
      try {
        const sent = [hasReached({ ...position }), ...statements]
        const results = little ? await pool.read(sent) : (await pool.run(sent)).results
        return results[0]?.rows[0]?.['reached'] === true ? results.slice(1) : null
      } catch (error) {
        // It could not be sent as it is: the primary says so.
        if (!(error instanceof TypeError)) restsUntil = performance.now() + REST_MS
        return null
      }
    },
  }
}

/** The null position, which every standby has reached: `timeline` is none. */
const ANY: LogPosition = { system: '', timeline: 0, lsn: '0/0' }

/**
 * In a statement of its own before those that read: each of them takes its snapshot after this was found to be so. What a
 * standby has told of its timeline may be an older one for a while, never one that it has not reached.
 */
const hasReached = template<keyof LogPosition>((parameter) =>
  asCompilable(
    sql`select pg_is_in_recovery() and (${parameter('timeline')}::int = 0 or (
      (pg_control_system()).system_identifier::text = ${parameter('system')}::text
      and greatest((pg_control_checkpoint()).timeline_id, (pg_control_recovery()).min_recovery_end_timeline)
        = ${parameter('timeline')}::int
      and pg_last_wal_replay_lsn() >= ${parameter('lsn')}::pg_lsn)) as reached`,
  ),
)

/** Every record of what has been committed lies before it, also where a commit does not wait for its own. */
const now = template<never>(() =>
  db
    .selectFrom(sql<{ lsn: string }>`(select pg_current_wal_insert_lsn() as lsn)`.as('log'))
    .select([
      sql<string>`(pg_control_system()).system_identifier::text`.as('system'),
      sql<string>`left(pg_walfile_name(lsn), 8)`.as('timeline'),
      sql<string>`lsn::text`.as('lsn'),
    ]),
)

/** What a server answers that keeps its log to itself. */
const SILENT = /^(?:42501|42883|0A000)$/

/** Asks the primary. Where it does not tell, every read is the primary's to answer. */
export async function readPosition(primary: Pick<PurposePool, 'run'>): Promise<Position> {
  const answer = await primary.run([now({})]).catch((error: unknown) => {
    if (error instanceof BatchError && SILENT.test(error.fault?.sqlState ?? '')) return null
    throw batchFailure(error, false)
  })
  if (answer === null) return 'newest' as Position
  const { system, timeline, lsn } = answer.results[0]?.rows[0] ?? {}
  return `${String(system)}-${String(timeline)}-${String(lsn)}` as Position
}

const POSITION = /^(?<system>\d{1,20})-(?<timeline>[0-9A-F]{8})-(?<lsn>[0-9A-F]{1,8}\/[0-9A-F]{1,8})$/

/** Null for what `readPosition` can not have answered. */
export function parsePosition(text: string): LogPosition | null {
  const { system, timeline, lsn } = POSITION.exec(text)?.groups ?? {}
  if (system === undefined || timeline === undefined || lsn === undefined) return null
  const number = parseInt(timeline, 16)
  return number > 0 && number < 2 ** 31 ? { system, timeline: number, lsn } : null
}
