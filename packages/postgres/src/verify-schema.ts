import type { ClientBase } from 'pg'

import { readPartitioning, tablesShortOfPartitions } from './partitions.ts'
import { findRowSecurityProblems } from './row-level-security.ts'
import { readSchemaVersion } from './schema-version.ts'
import { verifyRoles, type RoleFindingCode } from './verify-roles.ts'

export type SchemaFindingCode =
  | RoleFindingCode
  /** The version is not this release's; `what` says how it stands to it. */
  | 'schema_version'
  /** Row security is not the template's; `what` says how. */
  | 'row_security'
  /** A concurrent build of it has failed, so that it guards nothing. */
  | 'index_invalid'
  /** A crash would empty it. */
  | 'table_unlogged'
  /** The partition in use, or the next one, is not there. */
  | 'partition_missing'

export interface SchemaFinding {
  readonly code: SchemaFindingCode
  /** The name of a role, a table, an index, or of the schema. */
  readonly object: string
  readonly what: string | null
}

/** Everything in which the database is not what the migrations and the provider's SQL make. */
export async function verifySchema(
  connection: ClientBase,
  prefix: string,
): Promise<readonly SchemaFinding[]> {
  const { state } = await readSchemaVersion(connection)
  const roles = await verifyRoles(connection, { prefix })
  const rowSecurity = await findRowSecurityProblems(connection, { ahead: state === 'ahead' })
  const indexes = await findInvalidIndexes(connection)
  const unlogged = await findVolatileTables(connection)
  const short = state === 'current' ? tablesShortOfPartitions(await readPartitioning(connection)) : []
  return [
    ...(state === 'current' ? [] : [{ code: 'schema_version', object: 'user_engine', what: state } as const]),
    ...roles.map(({ code, role, what }) => ({ code, object: role, what })),
    ...rowSecurity.map(({ table, problem }) => ({
      code: 'row_security' as const,
      object: table,
      what: problem,
    })),
    ...indexes.map((index) => ({ code: 'index_invalid' as const, object: index, what: null })),
    ...unlogged.map((table) => ({ code: 'table_unlogged' as const, object: table, what: null })),
    ...short.map((table) => ({ code: 'partition_missing' as const, object: table, what: null })),
  ]
}

/** An invalid index is what a failed concurrent build leaves behind: a unique one of that kind lets duplicates in. */
export async function findInvalidIndexes(connection: ClientBase): Promise<readonly string[]> {
  const { rows } = await connection.query<{ name: string }>(
    `select c.relname as name
      from pg_catalog.pg_index i
      join pg_catalog.pg_class c on c.oid = i.indexrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'user_engine' and not (i.indisvalid and i.indisready and i.indislive)
      order by 1`,
  )
  return rows.map(({ name }) => name)
}

/** Tables that are not written to the log: a crash empties them, and no standby has them. */
export async function findVolatileTables(connection: ClientBase): Promise<readonly string[]> {
  const { rows } = await connection.query<{ name: string }>(
    `select c.relname as name
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'user_engine' and c.relkind in ('r', 'p') and c.relpersistence <> 'p'
      order by 1`,
  )
  return rows.map(({ name }) => name)
}
