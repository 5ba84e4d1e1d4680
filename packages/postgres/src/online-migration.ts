import type { ClientBase } from 'pg'

/**
 * Builds an index outside of any transaction. A build that was broken off has left one that serves no query and costs each
 * write: it is dropped first. One that was built, and whose migrator died before it could say so, stays.
 */
export async function buildOnline(connection: ClientBase, index: string, sql: string): Promise<void> {
  const { rows } = await connection.query<{ valid: boolean }>(
    `select i.indisvalid as valid from pg_catalog.pg_index i
      join pg_catalog.pg_class c on c.oid = i.indexrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'user_engine' and c.relname = $1`,
    [index],
  )
  const [found] = rows
  if (found?.valid === true) return
  if (found !== undefined) await connection.query(`drop index concurrently user_engine.${index}`)
  await connection.query(sql)
}
