import type { SchemaVersionReport } from '@user-engine/store'
import type { ClientBase } from 'pg'

import { MIGRATIONS, MIN_SCHEMA, type Migration } from './migrations.ts'
import { RELEASE } from './release.ts'

/** What the database says about one migration that was applied to it. */
export interface AppliedMigration {
  readonly id: number
  readonly name: string
  readonly sha256: string
  readonly breaking: boolean
  readonly minReader: number
}

/** Reads the version from the database, as whoever connects: all roles may (UE-SCHEMA-001). */
export async function readSchemaVersion(connection: ClientBase): Promise<SchemaVersionReport> {
  return judgeSchema(await readApplied(connection))
}

/** In order of id; none where nothing was migrated yet, or the schema is not there. */
export async function readApplied(connection: ClientBase): Promise<readonly AppliedMigration[]> {
  // By the catalog: before the first migration nobody but the owner may even look into the schema.
  const found = await connection.query(
    `select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'user_engine' and c.relname = 'schema_migrations'`,
  )
  if (found.rowCount === 0) return []
  const { rows } = await connection.query<AppliedMigration>(
    `select id, name, sha256, breaking, min_reader as "minReader" from user_engine.schema_migrations order by id`,
  )
  return rows
}

/** Says that a migration was applied: in the transaction that did it, or right after what none can hold. */
export async function recordApplied(
  connection: ClientBase,
  { id, name, sha256, breaking, minReader }: Migration,
  durationMs: number,
): Promise<void> {
  await connection.query(
    `insert into user_engine.schema_migrations
      (id, name, sha256, breaking, min_reader, engine_version, duration_ms) values ($1, $2, $3, $4, $5, $6, $7)`,
    [id, name, sha256, breaking, minReader, RELEASE.version, durationMs],
  )
}

/**
 * Compares what is applied with what this release knows. A known migration that differs, or lacks while a later one is
 * there, is `tampered`, whatever else is true.
 */
export function judgeSchema(
  applied: readonly AppliedMigration[],
  known: readonly Migration[] = MIGRATIONS,
  min: number = MIN_SCHEMA,
): SchemaVersionReport {
  const byId = new Map(applied.map((row) => [row.id, row]))
  const current = applied.at(-1)?.id ?? 0
  const max = known.at(-1)?.id ?? 0
  return {
    current,
    supported: { min, max },
    state: state(),
    pending: known.filter(({ id }) => !byId.has(id)).map(fileName),
  }

  function state(): SchemaVersionReport['state'] {
    const intact = Array.from({ length: current }, (_, index) => {
      const row = byId.get(index + 1)
      const released = known[index]
      if (row === undefined) return false
      return released === undefined || (row.sha256 === released.sha256 && row.name === released.name)
    })
    if (applied.length !== current || intact.includes(false)) return 'tampered'
    if (current > max) {
      const newer = applied.slice(max)
      return newer.some(({ breaking, minReader }) => breaking || minReader > max) ? 'breaking' : 'ahead'
    }
    if (current === max) return 'current'
    return current < min ? 'behind' : 'compatible'
  }
}

/** As its file is called, without the ending. */
export function fileName({ id, name }: Pick<Migration, 'id' | 'name'>): string {
  return `${String(id).padStart(6, '0')}_${name}`
}
