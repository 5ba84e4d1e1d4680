import { MigrationError } from './migration-error.ts'
import { asOwner, exclusively, patiently, type MigratorSession } from './migrator-session.ts'
import type { Migration } from './migrations.ts'
import { RELEASE } from './release.ts'
import { withRolePrefix } from './role-names.ts'
import { fileName, judgeSchema, readApplied } from './schema-version.ts'

export interface Run extends MigratorSession {
  readonly migrations: readonly Migration[]
}

/** Applies what is pending, one transaction each, while no other migrator does. Answers the names of what it applied. */
export function runMigrations(run: Run): Promise<readonly string[]> {
  return exclusively(run, () => applyPending(run))
}

/** The same for who holds the lock. */
export async function applyPending(run: Run): Promise<readonly string[]> {
  const applied = await asOwner(run, null, () => readApplied(run.connection))
  const { state, current, supported, pending } = judgeSchema(applied, run.migrations)
  if (state === 'tampered') throw new MigrationError('SCHEMA_TAMPERED', { current })
  if (state === 'breaking') throw new MigrationError('SCHEMA_BREAKING', { current, max: supported.max })
  for (const migration of run.migrations.slice(run.migrations.length - pending.length)) {
    await patiently(run, fileName(migration), () => apply(run, migration))
  }
  return pending
}

function apply(run: Run, migration: Migration): Promise<void> {
  const { connection, rolePrefix } = run
  return asOwner(run, fileName(migration), async () => {
    const started = performance.now()
    await connection.query(withRolePrefix(migration.sql, rolePrefix))
    await connection.query(
      `insert into user_engine.schema_migrations
        (id, name, sha256, breaking, min_reader, engine_version, duration_ms) values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        migration.id,
        migration.name,
        migration.sha256,
        migration.breaking,
        migration.minReader,
        RELEASE.version,
        Math.round(performance.now() - started),
      ],
    )
  })
}
