import { Client } from 'pg'

import { runMigrations } from '../src/migration-runner.ts'
import type { Migration } from '../src/migrations.ts'

/** A migrator in a process of its own, so that it can be killed. */
const { connectionString, rolePrefix, migrations } = JSON.parse(process.env['MIGRATOR'] ?? '') as {
  connectionString: string
  rolePrefix: string
  migrations: readonly Migration[]
}
const connection = new Client({ connectionString })
await connection.connect()
await runMigrations({ connection, rolePrefix, migrations, deadline: performance.now() + 60_000 })
await connection.end()
