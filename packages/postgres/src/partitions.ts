import type { ClientBase } from 'pg'

/** How long a partition lasts, and how many are made ahead of the one that is in use. */
interface Plan {
  readonly interval: 'month' | 'day'
  readonly ahead: number
}

export type PartitionedTable = 'audit_records' | 'denials' | 'delivered_events'

/** The tables that are partitioned by the time in their ids. */
export const PARTITIONED: Readonly<Record<PartitionedTable, Plan>> = {
  audit_records: { interval: 'month', ahead: 3 },
  denials: { interval: 'month', ahead: 3 },
  delivered_events: { interval: 'day', ahead: 14 },
}

/** The times, in milliseconds, of the first id that is in it and of the first that no longer is. */
export interface Range {
  readonly from: number
  readonly to: number
}

export interface PartitionSet {
  readonly table: PartitionedTable
  /** Null is for ever, 0 not at all. */
  readonly keepDays: number | null
  /** Those beside the default one, in order of time. */
  readonly partitions: readonly (Range & { readonly name: string })[]
}

/** What the database has, as any login may see it. */
export interface Partitioning {
  /** The server's time, in milliseconds. */
  readonly now: number
  readonly sets: readonly PartitionSet[]
}

const DAY_MS = 86_400_000

const PARTITIONING = `
select floor(extract(epoch from now()) * 1000)::float8 as now, r.table_name as "table", r.keep_days as "keepDays",
  coalesce((
    select jsonb_agg(jsonb_build_object('name', p.relname, 'bound', pg_get_expr(p.relpartbound, p.oid)))
    from pg_catalog.pg_inherits i join pg_catalog.pg_class p on p.oid = i.inhrelid
    where i.inhparent = c.oid
  ), '[]') as partitions
from user_engine.retention r
join pg_catalog.pg_namespace n on n.nspname = 'user_engine'
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = r.table_name
order by r.table_name`

interface Row {
  readonly now: number
  readonly table: PartitionedTable
  readonly keepDays: number | null
  readonly partitions: readonly { readonly name: string; readonly bound: string }[]
}

const BOUND = /^FOR VALUES FROM \('([0-9a-f-]{36})'\) TO \('([0-9a-f-]{36})'\)$/

export async function readPartitioning(connection: ClientBase): Promise<Partitioning> {
  const { rows } = await connection.query<Row>(PARTITIONING)
  return {
    now: rows[0]?.now ?? 0,
    sets: rows.map(({ table, keepDays, partitions }) => ({
      table,
      keepDays,
      partitions: partitions
        .flatMap(({ name, bound }) => {
          const [, from, to] = BOUND.exec(bound) ?? []
          return from === undefined || to === undefined ? [] : [{ name, from: timeOf(from), to: timeOf(to) }]
        })
        .toSorted((a, b) => a.from - b.from),
    })),
  }
}

/** The first id of a moment: a UUIDv7 begins with its 48 bits of milliseconds. */
export function idOf(ms: number): string {
  const digits = ms.toString(16).padStart(12, '0')
  return `${digits.slice(0, 8)}-${digits.slice(8)}-0000-0000-000000000000`
}

function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
}

/** The interval, in UTC, that a moment is in, and its place among the names: `202611` or `20261125`. */
export function intervalOf(table: PartitionedTable, ms: number): Range & { readonly suffix: string } {
  const date = new Date(ms)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  const monthly = PARTITIONED[table].interval === 'month'
  const from = Date.UTC(year, month, monthly ? 1 : day)
  const to = monthly ? Date.UTC(year, month + 1, 1) : from + DAY_MS
  const suffix = new Date(from).toISOString().slice(0, monthly ? 7 : 10)
  return { from, to, suffix: `p${suffix.replaceAll('-', '')}` }
}

/** The intervals that lack a partition: those since the newest one there is, the one in use, and `ahead` after it. */
export function missingIntervals({ table, keepDays, partitions }: PartitionSet, now: number, ahead: number) {
  if (keepDays === 0) return []
  const missing: ReturnType<typeof intervalOf>[] = []
  let next = intervalOf(table, Math.min(now, partitions.at(-1)?.to ?? now))
  for (let beyond = 0; beyond <= ahead; next = intervalOf(table, next.to)) {
    if (!partitions.some(({ from, to }) => from < next.to && next.from < to)) missing.push(next)
    if (next.to > now) beyond += 1
  }
  return missing
}

/** The tables that lack the partition in use, or the next one. */
export function tablesShortOfPartitions({ now, sets }: Partitioning): readonly PartitionedTable[] {
  return sets.filter((set) => missingIntervals(set, now, 1).length > 0).map(({ table }) => table)
}

/** The time before which nothing of a table is kept, if there is one. */
export function keptSince({ keepDays }: PartitionSet, now: number): number | null {
  return keepDays === null ? null : now - keepDays * DAY_MS
}
