import type { DiagnosticsReport } from '@user-engine/store'
import type { ClientBase } from 'pg'

type Gauges = DiagnosticsReport['gauges']

interface Facts {
  readonly version: string
  readonly encrypted: boolean
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly bytes: number }[]
}

/** Rows as the server's statistics estimate them, over all scopes: no login that serves could count them. */
const FACTS = `
select current_setting('server_version') as version,
  coalesce((select s.ssl from pg_catalog.pg_stat_ssl s where s.pid = pg_backend_pid()), false) as encrypted,
  coalesce((
    select jsonb_agg(jsonb_build_object(
      'name', s.relname, 'rows', s.n_live_tup, 'bytes', pg_total_relation_size(s.relid)
    ) order by s.relname)
    from pg_catalog.pg_stat_user_tables s where s.schemaname = 'user_engine'
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
