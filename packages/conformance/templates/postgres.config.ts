import { fork } from 'node:child_process'
import { join } from 'node:path'

import { createPostgresTarget, userEngineSchema } from '@user-engine/conformance/postgres'
import { createPostgresStore, type Handoff } from '@user-engine/postgres'
import { migrate } from '@user-engine/postgres/migrate'
import { roleName, rolesSql } from '@user-engine/postgres/roles'
import { Client } from 'pg'

// A server for tests, and a login that may make databases and roles on it. What the run makes there, it takes away again.
const { PGHOST: host = '127.0.0.1', PGPORT = '5432', PGUSER: user = 'postgres', PGPASSWORD } = process.env
const server = { host, port: Number(PGPORT), user, password: PGPASSWORD ?? '' }

const LOGINS = ['migrator', 'runtime', 'denials', 'relay'] as const
const rolePrefix = `uec_${crypto.randomUUID().slice(0, 8)}`
const password = crypto.randomUUID()
const login = (name: (typeof LOGINS)[number]) => ({ user: roleName(name, rolePrefix), password })
const connections = 4
const limits = { connectTimeoutMs: 2000, batchTimeoutMs: 3000 }

// As your applications are handed it; put TLS and your pooler here.
const handoff: Omit<Handoff, 'endpoint' | 'database'> = {
  tls: 'plain',
  rolePrefix,
  runtime: { ...login('runtime'), max: connections },
  denials: login('denials'),
  relay: login('relay'),
}

const target = createPostgresTarget({
  identity: { name: 'your-store', version: '0.0.0' },
  server,
  schema: userEngineSchema,
  connections,
  async prepare(place) {
    const provider = new Client({ ...place, user, password: server.password })
    await provider.connect()
    const passwords = Object.fromEntries(LOGINS.map((name) => [name, password]))
    await provider.query(rolesSql({ prefix: rolePrefix, passwords }))
    await provider.end()
    await migrate({ connection: { ...place, ...login('migrator') }, rolePrefix })
  },
  open: ({ database, ...endpoint }) => createPostgresStore({ ...handoff, endpoint, database }, limits),
  client: ({ database, ...endpoint }) =>
    fork(join(import.meta.dirname, 'conformance.client.ts'), {
      env: { ...process.env, STORE: JSON.stringify([{ ...handoff, endpoint, database }, limits]) },
    }),
  // Two more powers take a server that is nobody else's: `process` kills and starts it, `disk` is a tablespace that can be filled.
  async dispose(root) {
    for (const name of [...LOGINS, 'diagnose', 'owner'] as const) {
      await root.query(`drop role if exists ${roleName(name, rolePrefix)}`)
    }
  },
})

export default {
  target,
  profiles: ['store-core', 'store-concurrent', 'store-durable', 'store-relational'] as const,
}
