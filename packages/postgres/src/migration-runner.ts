import { MigrationError } from './migration-error.ts'
import { asOwner, exclusively, ownerOutside, patiently, type MigratorSession } from './migrator-session.ts'
import type { Migration } from './migrations.ts'
import { buildOnline } from './online-migration.ts'
import { withRolePrefix } from './role-names.ts'
import { fileName, judgeSchema, readApplied, recordApplied } from './schema-version.ts'

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

async function apply(run: Run, migration: Migration): Promise<void> {
  const { connection, rolePrefix } = run
  const name = fileName(migration)
  const sql = withRolePrefix(migration.sql, rolePrefix)
  const started = performance.now()
  const record = () => recordApplied(connection, migration, Math.round(performance.now() - started))
  const { online } = migration
  if (online === null) {
    return asOwner(run, name, async () => {
      await connection.query(sql)
      await record()
    })
  }
  await ownerOutside(run, () => buildOnline(connection, online, sql))
  return asOwner(run, name, record)
}
