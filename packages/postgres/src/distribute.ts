import { MigrationError } from './migration-error.ts'
import { asOwner, patiently, type MigratorSession } from './migrator-session.ts'

/** What is the same on every server; all other tables are spread by the scope of their rows. */
const EVERYWHERE = ['schema_migrations', 'retention', 'outbox_epoch']

const FUNCTIONS = `
select to_regproc('create_distributed_table') is not null and to_regproc('create_reference_table') is not null
  and to_regclass('pg_dist_partition') is not null as there`

/** In the order in which they were made: what a reference leads to comes before what leads to it. */
const TABLES = `
select c.relname as name, c.relname = any($1) as everywhere
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'user_engine' and c.relkind in ('r', 'p') and not c.relispartition
  and not exists (select from pg_dist_partition d where d.logicalrelid = c.oid)
order by c.relname <> all($1), c.oid`

/** The first of those that are spread; all others lie beside it, a scope's rows on one server. */
const ANCHOR = 'user_engine.tenants'

/** For who holds the migrators' lock. Answers the tables that were not spread yet, one transaction each. */
export async function spreadTables(session: MigratorSession): Promise<readonly string[]> {
  const { connection } = session
  const found = await asOwner(session, null, async () => {
    const { rows } = await connection.query<{ there: boolean }>(FUNCTIONS)
    if (rows[0]?.there !== true) throw new MigrationError('NOT_SPREADABLE', {})
    return (await connection.query<{ name: string; everywhere: boolean }>(TABLES, [EVERYWHERE])).rows
  })
  for (const { name, everywhere } of found) {
    const table = `user_engine.${name}`
    const beside = table === ANCHOR ? 'none' : ANCHOR
    await patiently(session, `distribute ${name}`, () =>
      asOwner(session, `distribute ${name}`, async () => {
        if (everywhere) await connection.query('select create_reference_table($1::regclass)', [table])
        else {
          await connection.query(
            `select create_distributed_table($1::regclass, 'scope_id', colocate_with => $2::text)`,
            [table, beside],
          )
        }
      }),
    )
  }
  return found.map(({ name }) => name)
}
