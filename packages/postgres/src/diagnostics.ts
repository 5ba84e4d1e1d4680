import type { DiagnosticsReport } from '@user-engine/store'
import type { ClientBase } from 'pg'

type Gauges = DiagnosticsReport['gauges']

interface Facts {
  readonly version: string
  readonly encrypted: boolean
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly bytes: number }[]
}

/** Rows as the server's statistics estimate them, partitions with their table, over all scopes: no login that serves could count them. */
const FACTS = `
select current_setting('server_version') as version,
  coalesce((select s.ssl from pg_catalog.pg_stat_ssl s where s.pid = pg_backend_pid()), false) as encrypted,
  coalesce((
    select jsonb_agg(to_jsonb(t) order by t.name)
    from (
      select c.relname as name, sum(s.n_live_tup) as rows, sum(pg_total_relation_size(s.relid)) as bytes
      from pg_catalog.pg_stat_user_tables s
      join pg_catalog.pg_class c on c.oid = coalesce(pg_partition_root(s.relid), s.relid)
      where s.schemaname = 'user_engine' group by c.relname
    ) t
  ), '[]') as tables`

/** What the database itself can tell an operator, as any login (UE-DIAGNOSTICS-001). */
export async function readGauges(connection: ClientBase): Promise<Gauges> {
  const { rows } = await connection.query<Facts>(FACTS)
  const [facts] = rows
  if (facts === undefined) return {}
  return {
    'postgres.server_version': facts.version,
    'postgres.encrypted': facts.encrypted,
    ...Object.fromEntries(
      facts.tables.flatMap(({ name, rows: estimate, bytes }) => [
        [`postgres.rows.${name}`, estimate],
        [`postgres.bytes.${name}`, bytes],
      ]),
    ),
  }
}
