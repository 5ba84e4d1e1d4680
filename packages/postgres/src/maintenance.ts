import { within } from './limits.ts'
import { asOwner, patiently, type MigratorSession } from './migrator-session.ts'
import {
  idOf,
  keptSince,
  missingIntervals,
  PARTITIONED,
  readPartitioning,
  type PartitionedTable,
  type Partitioning,
} from './partitions.ts'

/**
 * How many days each partitioned table keeps its rows, counted from their ids' time: null is for ever; 0, for delivered
 * events only, not at all. What is left out stays as it is.
 */
export type KeepDays = Readonly<Partial<Record<PartitionedTable, number | null>>>

/** A partition that is to be made, or to be dropped with all that is in it. */
export interface MaintenanceStep {
  readonly action: 'create' | 'drop'
  readonly table: PartitionedTable
  readonly partition: string
  /** The times of what is in it: from, and until before. */
  readonly from: Date
  readonly to: Date
}

export interface MaintenanceReport {
  readonly steps: readonly MaintenanceStep[]
  /** Idempotency keys whose time was over, and were removed. */
  readonly expiredKeys: number
}

const BATCH = 10_000

/** Or a TypeError that says what makes no sense. */
export function checkedKeepDays(keepDays: KeepDays): KeepDays {
  for (const [table, days] of Object.entries(keepDays)) {
    if (!Object.hasOwn(PARTITIONED, table)) throw new TypeError(`There is no partitioned table of this name.`)
    if (days !== null) within(`keepDays of ${table}`, days, table === 'delivered_events' ? 0 : 1, 36_500)
  }
  return keepDays
}

/** What is to be done now. A partition goes as a whole, when the newest of what it can hold is not kept any more. */
export function planSteps({ now, sets }: Partitioning, keepDays: KeepDays = {}): readonly MaintenanceStep[] {
  return sets.flatMap((stored) => {
    const days = keepDays[stored.table]
    const set = days === undefined ? stored : { ...stored, keepDays: days }
    const { table, partitions } = set
    const step = (action: MaintenanceStep['action'], partition: string, from: number, to: number) =>
      ({ action, table, partition, from: new Date(from), to: new Date(to) }) as const
    const since = keptSince(set, now) ?? -Infinity
    return [
      ...missingIntervals(set, now, PARTITIONED[table].ahead).map(({ suffix, from, to }) =>
        step('create', `${table}_${suffix}`, from, to),
      ),
      ...partitions
        .filter(({ to }) => to <= since || set.keepDays === 0)
        .map(({ name, from, to }) => step('drop', name, from, to)),
    ]
  })
}

/** Does what is to be done, one short transaction each. For who holds the migrators' lock. */
export async function carryOut(
  session: MigratorSession,
  keepDays: KeepDays = {},
): Promise<MaintenanceReport> {
  const { connection } = session
  const transaction = <Result>(subject: string, work: () => Promise<Result>) =>
    patiently(session, subject, () => asOwner(session, subject, work))

  const partitioning = await transaction('retention', async () => {
    for (const [table, days] of Object.entries(keepDays)) {
      await connection.query('update user_engine.retention set keep_days = $2 where table_name = $1', [
        table,
        days,
      ])
    }
    return readPartitioning(connection)
  })
  const { now, sets } = partitioning
  const steps = planSteps(partitioning)
  for (const step of steps) await transaction(`${step.action} ${step.partition}`, () => take(session, step))
  for (const set of sets) {
    const since = keptSince(set, now)
    if (since !== null) await transaction(`empty ${set.table}`, () => emptyDefault(session, set.table, since))
  }
  let expiredKeys = 0
  for (let removed = BATCH; removed === BATCH; expiredKeys += removed) {
    removed = await transaction('expire idempotency_records', () => removeExpiredKeys(session))
  }
  return { steps, expiredKeys }
}

async function take({ connection }: MigratorSession, step: MaintenanceStep): Promise<void> {
  const { action, table, partition, from, to } = step
  if (action === 'drop') await connection.query(`drop table user_engine.${partition}`)
  else {
    const values = [table, partition.slice(table.length + 1), idOf(from.getTime()), idOf(to.getTime())]
    await connection.query('select user_engine.add_partition($1, $2, $3, $4)', values)
  }
}

/** What landed outside of all partitions is not kept any longer than the rest. */
async function emptyDefault(
  { connection }: MigratorSession,
  table: PartitionedTable,
  since: number,
): Promise<void> {
  const rest = `user_engine.${table}_default`
  await connection.query(`alter table ${rest} no force row level security`)
  await connection.query(`delete from ${rest} where id < $1`, [idOf(since)])
  await connection.query(`alter table ${rest} force row level security`)
}

/** Keys whose time is over; one that is being taken over at the moment is left alone. */
async function removeExpiredKeys({ connection }: MigratorSession): Promise<number> {
  const { rowCount } = await connection.query(
    `delete from user_engine.idempotency_records where (scope_id, actor, key) in (
      select scope_id, actor, key from user_engine.idempotency_records
      where expires_at <= now() limit ${BATCH} for update skip locked
    )`,
  )
  return rowCount ?? 0
}
