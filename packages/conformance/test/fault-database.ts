import { createPostgresStore, type PostgresStoreOptions } from '@user-engine/postgres'
import { migrate } from '@user-engine/postgres/migrate'
import { roleName, rolesSql } from '@user-engine/postgres/roles'
import type { UserEngineStore } from '@user-engine/store'
import { startTestPostgres, type ServerProcess } from '@user-engine/test-postgres'
import { Client } from 'pg'

import { createCommitCutter, startWireProxy, type CommitCutter, type WireProxy } from '../src/postgres.ts'

/** A server of its own that can be killed, behind a network that can be cut, with a migrated database. */
export interface FaultDatabase {
  readonly process: ServerProcess
  readonly proxy: WireProxy
  readonly cutter: CommitCutter
  openStore(options: PostgresStoreOptions): UserEngineStore
  /** The administrator's connection, past the network. End it before the server is killed. */
  admin(): Promise<Client>
  stop(): Promise<void>
}

export async function startFaultDatabase(): Promise<FaultDatabase> {
  const server = await startTestPostgres({ kind: 'embedded' })
  const { process } = server
  if (process === null) throw new Error('An embedded server has a process.')
  const { name: database, connectionString } = await server.createDatabase('faults')
  const password = crypto.randomUUID()
  const login = (purpose: 'migrator' | 'runtime' | 'denials' | 'relay') => ({
    user: roleName(purpose),
    password,
  })
  const admin = async () => {
    const client = new Client({ connectionString })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const provider = await admin()
  const passwords = { migrator: password, runtime: password, denials: password, relay: password }
  await provider.query(rolesSql({ passwords }))
  await provider.end()
  const place = { host: server.host, port: server.port, database }
  await migrate({ connection: { ...place, ...login('migrator') } })

  const proxy = await startWireProxy(server)
  return {
    process,
    proxy,
    cutter: createCommitCutter(proxy),
    openStore: (options) =>
      createPostgresStore(
        {
          endpoint: { host: proxy.host, port: proxy.port },
          database,
          tls: 'plain',
          runtime: { ...login('runtime'), max: 6 },
          denials: login('denials'),
          relay: login('relay'),
        },
        options,
      ),
    admin,
    async stop() {
      await proxy.stop()
      await server.stop()
    },
  }
}
