import type { Handoff } from '@user-engine/postgres'
import { migrate } from '@user-engine/postgres/migrate'
import { roleName, rolesSql } from '@user-engine/postgres/roles'
import { startEmbeddedPostgres } from '@user-engine/test-postgres'
import { Client } from 'pg'

/** What a platform team does for the example: a server, its roles with passwords, the schema, and the handover. */
export interface ProvidedPostgres {
  /** What the application gets: serving logins, and no other. */
  readonly handoff: Handoff
  /** For the receiver of events, which is another application with a database of its own. */
  readonly receiver: { readonly host: string; readonly port: number; readonly database: string } & Credentials
  stop(): Promise<void>
}

interface Credentials {
  readonly user: string
  readonly password: string
}

const DATABASE = 'user_engine_example'
const RECEIVER = 'webhook_receiver'

/** Starts the embedded Postgres with its default durability; its data end with the process. */
export async function provideEmbeddedPostgres(): Promise<ProvidedPostgres> {
  const server = await startEmbeddedPostgres({ durable: true })
  const { host, port, user, password } = server
  const credentials = (login: 'migrator' | 'runtime' | 'denials' | 'relay'): Credentials => ({
    user: roleName(login),
    password: passwords[login],
  })
  const passwords = {
    migrator: crypto.randomUUID(),
    runtime: crypto.randomUUID(),
    denials: crypto.randomUUID(),
    relay: crypto.randomUUID(),
  }
  const admin = async (database: string, ...statements: readonly string[]) => {
    const client = new Client({ host, port, user, password, database })
    await client.connect()
    try {
      for (const statement of statements) await client.query(statement)
    } finally {
      await client.end()
    }
  }
  try {
    await admin('postgres', `create database ${DATABASE}`, `create database ${RECEIVER}`)
    await admin(DATABASE, rolesSql({ passwords }))
    await migrate({ connection: { host, port, database: DATABASE, ...credentials('migrator') } })
  } catch (error) {
    await server.stop()
    throw error
  }
  return {
    handoff: {
      endpoint: { host, port },
      tls: 'plain',
      database: DATABASE,
      runtime: credentials('runtime'),
      denials: credentials('denials'),
      relay: credentials('relay'),
    },
    receiver: { host, port, database: RECEIVER, user, password },
    stop: () => server.stop(),
  }
}
