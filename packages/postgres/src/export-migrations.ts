import { createHash } from 'node:crypto'

import { MIGRATIONS, type Migration } from './migrations.ts'
import { RELEASE } from './release.ts'
import { DEFAULT_ROLE_PREFIX, withRolePrefix } from './role-names.ts'
import { fileName } from './schema-version.ts'

/** A migration as plain SQL, for another tool to run as the schema's owner, in order, each file once. */
export interface ExportedMigration extends Omit<Migration, 'sql' | 'sha256'> {
  readonly file: string
  /** With the statement, at its end, by which the engine knows that it was applied. */
  readonly sql: string
  /** Of the file. */
  readonly sha256: string
}

/** Every migration of this release. One that is `online` runs outside of a transaction, all others within one each. */
export function exportMigrations(rolePrefix: string = DEFAULT_ROLE_PREFIX): readonly ExportedMigration[] {
  return MIGRATIONS.map((migration) => {
    const { sql: _, sha256: __, ...rest } = migration
    const sql = `${withRolePrefix(migration.sql, rolePrefix)}\n${record(migration)}`
    return {
      file: `${fileName(migration)}.sql`,
      ...rest,
      sha256: createHash('sha256').update(sql).digest('hex'),
      sql,
    }
  })
}

/** Names are of letters, digits and underscores; checksums are hexadecimal. */
function record({ id, name, sha256, breaking, minReader }: Migration): string {
  return `-- What has been applied: the engine reads it to know whether it may run.
insert into user_engine.schema_migrations (id, name, sha256, breaking, min_reader, engine_version, duration_ms)
  values (${id}, '${name}', '${sha256}', ${breaking}, ${minReader}, '${RELEASE.version}', 0);
`
}
