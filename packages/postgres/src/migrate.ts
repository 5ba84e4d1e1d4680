import type { SchemaVersionReport } from '@user-engine/store'
import { Client, type ClientConfig } from 'pg'

import { withinDeadline } from './deadline.ts'
import { spreadTables } from './distribute.ts'
import { MigrationError, toMigrationError } from './migration-error.ts'
import {
  carryOut,
  checkedKeepDays,
  planSteps,
  type KeepDays,
  type MaintenanceReport,
  type MaintenanceStep,
} from './maintenance.ts'
import { applyPending } from './migration-runner.ts'
import { exclusively } from './migrator-session.ts'
import { MIGRATIONS, type Migration } from './migrations.ts'
import { readPartitioning } from './partitions.ts'
import { DEFAULT_ROLE_PREFIX, roleName } from './role-names.ts'
import { readSchemaVersion } from './schema-version.ts'
import { verifySchema, type SchemaFinding } from './verify-schema.ts'

export { migratorOptions } from './migrator.ts'
export { isMigrationError, MigrationError } from './migration-error.ts'
export type { MigrationErrorCode, MigrationErrorDetails } from './migration-error.ts'
export { exportMigrations, type ExportedMigration } from './export-migrations.ts'
export type { Migration } from './migrations.ts'
export type { KeepDays, MaintenanceReport, MaintenanceStep } from './maintenance.ts'
export type { PartitionedTable } from './partitions.ts'
export type { SchemaFinding, SchemaFindingCode } from './verify-schema.ts'

export interface MigrateOptions {
  /** A direct connection of the migrator; one through a pooler in transaction mode is refused. */
  readonly connection: ClientConfig
  /** What the names of the roles begin with; `user_engine` where absent. */
  readonly rolePrefix?: string
  /** For everything, waiting for other migrators included; a minute where absent. */
  readonly deadlineMs?: number
}

export interface MigrateReport {
  /** What this call applied; empty where nothing was to do. */
  readonly applied: readonly string[]
  readonly schemaVersion: SchemaVersionReport
}

/**
 * Applies what is pending. Any number of callers may at once: one works, the others wait and find it done. A call that
 * died is taken up by the next: a migration is there with its row in `schema_migrations`, or not at all; an index that was
 * half built is dropped, and built anew.
 *
 * Rejects with a MigrationError (UE-SCHEMA-002 to 004).
 */
export function migrate(options: MigrateOptions): Promise<MigrateReport> {
  return connected(options, async (connection) => {
    const session = sessionOf(options, connection)
    return exclusively(session, async () => {
      const applied = await applyPending({ ...session, migrations: MIGRATIONS })
      await carryOut(session)
      const schemaVersion = await asOwner(connection, session.rolePrefix, readSchemaVersion)
      return { applied, schemaVersion }
    })
  })
}

export interface MaintainOptions extends MigrateOptions {
  /** Kept in the database from then on. */
  readonly keepDays?: KeepDays
}

/**
 * Makes the partitions that will be needed, drops those of which nothing is kept any more, and removes idempotency keys
 * whose time is over. To be run each day, or at least once a month where no delivered events are kept; any number may at
 * once. Whatever was written where a partition was missing is moved into it.
 *
 * Rejects with a MigrationError; what was done before stays. TypeError where `keepDays` makes no sense.
 */
export async function maintain(options: MaintainOptions): Promise<MaintenanceReport> {
  const keepDays = checkedKeepDays(options.keepDays ?? {})
  return connected(options, (connection) => {
    const session = sessionOf(options, connection)
    return exclusively(session, () => carryOut(session, keepDays))
  })
}

/** What `maintain` would do with partitions now. Changes nothing. */
export function planMaintenance(options: MaintainOptions): Promise<readonly MaintenanceStep[]> {
  const keepDays = checkedKeepDays(options.keepDays ?? {})
  const { rolePrefix = DEFAULT_ROLE_PREFIX } = options
  return connected(options, (connection) =>
    asOwner(connection, rolePrefix, async (owner) => planSteps(await readPartitioning(owner), keepDays)),
  )
}

/**
 * Spreads the tables over the servers of a Citus cluster, by scope: after `migrate`, and again after each upgrade. What is
 * spread already is left as it is. Answers the tables that were not.
 *
 * Rejects with a MigrationError; NOT_SPREADABLE where the database has no Citus.
 */
export function distribute(options: MigrateOptions): Promise<readonly string[]> {
  return connected(options, (connection) => {
    const session = sessionOf(options, connection)
    return exclusively(session, () => spreadTables(session))
  })
}

function sessionOf(
  { rolePrefix = DEFAULT_ROLE_PREFIX, deadlineMs = 60_000 }: MigrateOptions,
  connection: Client,
) {
  return { connection, rolePrefix, deadline: performance.now() + deadlineMs }
}

/** What `migrate` would apply now, in order. Changes nothing. */
export async function planMigrations(options: MigrateOptions): Promise<readonly Migration[]> {
  const { pending } = await migrationStatus(options)
  return MIGRATIONS.slice(MIGRATIONS.length - pending.length)
}

/** How the database's schema relates to this release. */
export function migrationStatus(options: MigrateOptions): Promise<SchemaVersionReport> {
  const { rolePrefix = DEFAULT_ROLE_PREFIX } = options
  return connected(options, (connection) => asOwner(connection, rolePrefix, readSchemaVersion))
}

/** Everything in which the database is not what the migrations and the provider's SQL make: empty where all is well. */
export function verifyMigrations(options: MigrateOptions): Promise<readonly SchemaFinding[]> {
  const { rolePrefix = DEFAULT_ROLE_PREFIX } = options
  return connected(options, (connection) =>
    asOwner(connection, rolePrefix, (owner) => verifySchema(owner, rolePrefix)),
  )
}

async function connected<Result>(
  { connection: config, deadlineMs = 60_000 }: MigrateOptions,
  work: (connection: Client) => Promise<Result>,
): Promise<Result> {
  const connection = new Client({ connectionTimeoutMillis: deadlineMs, ...config })
  // A server that goes away says so to the query that waits; the event repeats it, with the client attached.
  connection.on('error', () => {})
  try {
    return await withinDeadline(
      deadlineMs + 1_000,
      connection.connect().then(() => work(connection)),
      () => {
        return new MigrationError('UNAVAILABLE', { migration: null })
      },
    )
  } catch (error) {
    if (error instanceof TypeError) throw error
    throw toMigrationError(error, null)
  } finally {
    // A frozen server never says good-bye.
    await withinDeadline(1_000, connection.end(), () => new Error()).catch(() => {})
  }
}

async function asOwner<Result>(
  connection: Client,
  rolePrefix: string,
  work: (connection: Client) => Promise<Result>,
): Promise<Result> {
  await connection.query('begin read only')
  await connection.query(`set local role ${roleName('owner', rolePrefix)}`)
  const result = await work(connection)
  await connection.query('commit')
  return result
}
