import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { createPostgresTarget, userEngineSchema } from '@user-engine/conformance/postgres'
import { createPostgresStore, type Handoff } from '@user-engine/postgres'
import { migrate } from '@user-engine/postgres/migrate'
import { roleName, rolesSql } from '@user-engine/postgres/roles'
import { Client } from 'pg'

/**
 * The previous release's store, on the schema that it makes itself and the next release then migrates: LATER is a folder of
 * the SQL that the next one adds, in order. Imports resolve to the previous release, which this is copied beside.
 */
const { PGHOST: host = '', PGPORT = '', PGUSER: user = '', PGPASSWORD: secret = '', LATER = '' } = process.env

const LOGINS = ['migrator', 'runtime', 'denials', 'relay'] as const
const rolePrefix = `uep_${crypto.randomUUID().slice(0, 8)}`
const password = crypto.randomUUID()
const login = (name: (typeof LOGINS)[number]) => ({ user: roleName(name, rolePrefix), password })
const connections = 4

const handoff: Omit<Handoff, 'endpoint' | 'database'> = {
  tls: 'plain',
  rolePrefix,
  runtime: { ...login('runtime'), max: connections },
  denials: login('denials'),
  relay: login('relay'),
}

async function upgrade(client: Client): Promise<void> {
  for (const file of readdirSync(LATER).toSorted()) {
    await client.query('begin')
    await client.query(`set local role ${roleName('owner', rolePrefix)}`)
    await client.query(readFileSync(join(LATER, file), 'utf8').replaceAll('user_engine_', `${rolePrefix}_`))
    await client.query('commit')
  }
}

const target = createPostgresTarget({
  identity: { name: 'the previous release on the next schema', version: '0.0.0' },
  server: { host, port: Number(PGPORT), user, password: secret },
  schema: userEngineSchema,
  connections,
  async prepare(place) {
    const provider = new Client({ ...place, user, password: secret })
    await provider.connect()
    const passwords = Object.fromEntries(LOGINS.map((name) => [name, password]))
    await provider.query(rolesSql({ prefix: rolePrefix, passwords }))
    await provider.end()
    await migrate({ connection: { ...place, ...login('migrator') }, rolePrefix })
    const migrator = new Client({ ...place, ...login('migrator') })
    await migrator.connect()
    await upgrade(migrator)
    await migrator.end()
  },
  open: ({ database, ...endpoint }) =>
    createPostgresStore({ ...handoff, endpoint, database }, { connectTimeoutMs: 2000, batchTimeoutMs: 3000 }),
  async dispose(root) {
    for (const name of [...LOGINS, 'diagnose', 'owner'] as const) {
      await root.query(`drop role if exists ${roleName(name, rolePrefix)}`)
    }
  },
})

export default { target, profiles: ['store-core', 'store-concurrent'] as const }
