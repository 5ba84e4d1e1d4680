import { fork } from 'node:child_process'
import { join } from 'node:path'

import { createPostgresStore, type Handoff } from '@user-engine/postgres'
import { migrate } from '@user-engine/postgres/migrate'
import { roleName, rolesSql } from '@user-engine/postgres/roles'
import { Client } from 'pg'

import { createPostgresTarget, userEngineSchema, type PostgresTarget } from '../src/postgres.ts'
import type { OwnServer } from './own-server.ts'
import type { startPgbouncer } from './pgbouncer.ts'

/** Where a server is, and who may make databases and roles on it. */
export interface Server {
  readonly host: string
  readonly port: number
  readonly adminUser: string
  readonly adminPassword: string
}

const LOGINS = ['migrator', 'runtime', 'denials', 'relay'] as const

const { NODE_OPTIONS: _, ...env } = process.env
/** Short, so that a frozen server is noticed soon. */
const LIMITS = { connectTimeoutMs: 2000, batchTimeoutMs: 2000 }
const CONNECTIONS = 4

/** `@user-engine/postgres` on a server; `dispose` takes everything off it again. */
export async function createStoreTarget(
  { host, port, adminUser, adminPassword }: Server,
  own: OwnServer['own'] | null = null,
  pooled: typeof startPgbouncer | null = null,
  dialect: Handoff['dialect'] = 'postgres',
): Promise<PostgresTarget> {
  const rolePrefix = `uec_${crypto.randomUUID().slice(0, 8)}`
  const password = crypto.randomUUID()
  const login = (name: (typeof LOGINS)[number]) => ({ user: roleName(name, rolePrefix), password })
  const pooler = pooled === null ? null : await pooled({ host, port }, LOGINS.map(login))

  const handoff: Omit<Handoff, 'endpoint' | 'database'> = {
    tls: 'plain',
    rolePrefix,
    dialect,
    pooler: pooler === null ? null : { mode: 'transaction', preparedStatements: false },
    runtime: { ...login('runtime'), max: CONNECTIONS },
    denials: login('denials'),
    relay: login('relay'),
  }

  return createPostgresTarget({
    identity: { name: '@user-engine/postgres', version: '0.0.0' },
    server: { host, port, user: adminUser, password: adminPassword },
    schema: userEngineSchema,
    connections: CONNECTIONS,
    process: own,
    disk: own?.disk ?? null,
    ...(pooler && { front: { host: pooler.host, port: pooler.port } }),
    async prepare(place) {
      const provider = new Client({ ...place, user: adminUser, password: adminPassword })
      await provider.connect()
      const passwords = Object.fromEntries(LOGINS.map((name) => [name, password]))
      await provider.query(rolesSql({ prefix: rolePrefix, passwords }))
      await provider.end()
      await migrate({ connection: { ...place, ...login('migrator') }, rolePrefix })
    },
    open: ({ database, ...endpoint }) => createPostgresStore({ ...handoff, endpoint, database }, LIMITS),
    client: ({ database, ...endpoint }) =>
      fork(join(import.meta.dirname, 'store-client.ts'), {
        env: { ...env, STORE: JSON.stringify([{ ...handoff, endpoint, database }, LIMITS]) },
        execArgv: ['--conditions=@user-engine/source'],
      }),
    async dispose(root) {
      await pooler?.stop()
      for (const name of [...LOGINS, 'diagnose', 'owner'] as const) {
        await root.query(`drop role if exists ${roleName(name, rolePrefix)}`)
      }
    },
  })
}
