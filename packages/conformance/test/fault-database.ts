import { createPostgresStore, type PostgresStoreOptions } from '@user-engine/postgres'
import { migrate } from '@user-engine/postgres/migrate'
import { roleName, rolesSql } from '@user-engine/postgres/roles'
import type { UserEngineStore } from '@user-engine/store'
import { startTestPostgres, type EmbeddedPostgres, type ServerProcess } from '@user-engine/test-postgres'
import { Client } from 'pg'

import { createCommitCutter, startWireProxy, type CommitCutter, type WireProxy } from '../src/postgres.ts'

/** A server of its own that can be killed, behind a network that can be cut, with a migrated database. */
export interface FaultDatabase {
  readonly process: ServerProcess
  readonly proxy: WireProxy
  readonly cutter: CommitCutter
  openStore(options: PostgresStoreOptions): UserEngineStore
  /** The administrator's connection to the primary, past the network. End it before the server is killed. */
  admin(): Promise<Client>
  /**
   * Gives the primary a standby, which is promoted after `fault`: what leads to the old one is led to it. The old one
   * is taken away by `bury`.
   */
  failOver(
    replication: Replication,
    fault: (old: ServerProcess, cutOff: () => Promise<void>) => Promise<void>,
  ): Promise<Failover>
  stop(): Promise<void>
}

/** Whether a commit is answered before the standby has it. */
export type Replication = 'synchronous' | 'asynchronous'

export interface Failover {
  readonly old: ServerProcess
  bury(): Promise<void>
}

export async function startFaultDatabase(): Promise<FaultDatabase> {
  const server = await startTestPostgres({ kind: 'embedded' })
  if (server.process === null) throw new Error('An embedded server has a process.')
  const { name: database } = await server.createDatabase('faults')
  const { host, port, adminUser: user, adminPassword } = server
  let primary: Pick<EmbeddedPostgres, 'port' | 'process' | 'stop'> = {
    port,
    process: server.process,
    stop: server.stop,
  }
  const password = crypto.randomUUID()
  const login = (purpose: 'migrator' | 'runtime' | 'denials' | 'relay') => ({
    user: roleName(purpose),
    password,
  })
  const admin = async () => {
    const client = new Client({ host, port: primary.port, user, password: adminPassword, database })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const provider = await admin()
  const passwords = { migrator: password, runtime: password, denials: password, relay: password }
  await provider.query(rolesSql({ passwords }))
  await provider.end()
  const place = { host, port, database }
  await migrate({ connection: { ...place, ...login('migrator') } })

  const target = { host, port }
  const proxy = await startWireProxy(target)

  async function replicate(replication: Replication): Promise<void> {
    const client = await admin()
    const names = replication === 'synchronous' ? '*' : ''
    await client.query(`alter system set synchronous_standby_names = '${names}'`)
    await client.query('select pg_reload_conf()')
    const state = replication === 'synchronous' ? 'sync' : 'async'
    for (;;) {
      const { rowCount } = await client.query(
        `select from pg_stat_replication where sync_state = $1 and state = 'streaming'`,
        [state],
      )
      if (rowCount === 1) break
    }
    await client.end()
  }

  return {
    get process() {
      return primary.process
    },
    async failOver(replication, fault) {
      const old = primary
      const standby = await old.process.startStandby()
      await replicate(replication)
      await fault(old.process, standby.cutOff)
      await standby.promote()
      primary = standby
      target.port = standby.port
      return { old: old.process, bury: () => old.stop() }
    },
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
      await primary.stop()
    },
  }
}
