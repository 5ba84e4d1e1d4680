import { createTestDatabase, testPostgres } from '@user-engine/test-postgres/vitest'
import { Client, type ClientConfig } from 'pg'
import { afterAll } from 'vitest'

import { migrate } from '../src/migrate.ts'
import { LOGINS, roleName, type Login } from '../src/role-names.ts'
import { rolesSql } from '../src/roles.ts'

const PASSWORD = crypto.randomUUID()

export interface ProvidedDatabase {
  /** What the names of its roles begin with: the roles are its own. */
  readonly prefix: string
  /** How a login gets in; null is the administrator. */
  config(login: Login | null): ClientConfig
  connect(login: Login | null): Promise<Client>
}

/** A database with roles of its own that ends with its test file. Call it at the top level of the file. */
export async function createProvidedDatabase({ migrated = true } = {}): Promise<ProvidedDatabase> {
  const open: Client[] = []
  const prefix = `ue_${crypto.randomUUID().slice(0, 8)}`
  const server = testPostgres()
  // Registered first, so it runs last: a role that owns something can't be dropped.
  afterAll(async () => {
    const admin = await connect({ connectionString: server.connectionString }, [])
    for (const purpose of [...LOGINS, 'owner'] as const) {
      await admin.query(`drop role if exists ${roleName(purpose, prefix)}`)
    }
    await admin.end()
  })
  const { connectionString } = await createTestDatabase()
  afterAll(() => Promise.all(open.map((client) => client.end())))
  const database = await provide({ connectionString, prefix, open })
  if (migrated) await migrate({ connection: database.config('migrator'), rolePrefix: prefix })
  return database
}

/** Plays the provider in a database that is there. */
export async function provide({
  connectionString,
  prefix,
  open = [],
}: {
  readonly connectionString: string
  readonly prefix: string
  readonly open?: Client[]
}): Promise<ProvidedDatabase> {
  const admin = await connect({ connectionString }, [])
  const passwords = Object.fromEntries(LOGINS.map((login) => [login, PASSWORD]))
  await admin.query(rolesSql({ prefix, passwords }))
  await admin.end()
  const config = (login: Login | null): ClientConfig => {
    const url = new URL(connectionString)
    if (login !== null) {
      url.username = roleName(login, prefix)
      url.password = PASSWORD
    }
    return { connectionString: url.href }
  }
  return { prefix, config, connect: (login) => connect(config(login), open) }
}

async function connect(config: ClientConfig, open: Client[]): Promise<Client> {
  const client = new Client(config)
  client.on('error', () => {})
  await client.connect()
  open.push(client)
  return client
}

/** The SQLSTATE that a statement is refused with, or `ok`. */
export async function outcome(
  client: Client,
  text: string,
  values: readonly unknown[] = [],
): Promise<string> {
  try {
    await client.query(text, [...values])
    return 'ok'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}
