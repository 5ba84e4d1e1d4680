import { startWireProxy, type WireProxy } from '@user-engine/conformance/postgres'
import { startTestPostgres, type Standby } from '@user-engine/test-postgres'
import { Client } from 'pg'

import type { Handoff } from '../src/index.ts'
import { migrate } from '../src/migrate.ts'
import { handoffOf } from './opened-store.ts'
import { provide } from './provided-database.ts'

type Server = 'primary' | 'standby'

/** A primary and its standby, and the one address at which an application expects the primary. */
export interface ServerPair {
  readonly proxy: WireProxy
  readonly handoff: Handoff
  readonly standby: Standby
  readonly process: NonNullable<Awaited<ReturnType<typeof startTestPostgres>>['process']>
  /** Where new connections to the address lead from now on. */
  lead(to: Server): void
  /** The administrator's connection to the database on one of them, or on one more standby. */
  admin(of: Server | Pick<Standby, 'port'>): Promise<Client>
  /** No commit is answered before the standby has it. */
  replicateSynchronously(): Promise<void>
  stop(): Promise<void>
}

export async function startServerPair(): Promise<ServerPair> {
  const primary = await startTestPostgres({ kind: 'embedded' })
  const { process } = primary
  if (process === null) throw new Error('An embedded server has a process.')
  const { name, connectionString } = await primary.createDatabase('pair')
  const provided = await provide({ connectionString, prefix: 'pair' })
  await migrate({ connection: provided.config('migrator'), rolePrefix: 'pair' })
  const standby = await process.startStandby()
  const ports = { primary: primary.port, standby: standby.port }
  const target = { host: primary.host, port: primary.port }
  const proxy = await startWireProxy(target)
  const open: Client[] = []

  const admin: ServerPair['admin'] = async (of) => {
    const { host, user, password } = standby
    const port = typeof of === 'string' ? ports[of] : of.port
    const client = new Client({ host, port, user, password, database: name })
    client.on('error', () => {})
    await client.connect()
    open.push(client)
    return client
  }

  return {
    proxy,
    process,
    standby,
    handoff: { ...handoffOf(provided), endpoint: { host: proxy.host, port: proxy.port } },
    lead: (to) => void (target.port = ports[to]),
    admin,
    async replicateSynchronously() {
      const client = await admin('primary')
      await client.query(`alter system set synchronous_standby_names = '*'`)
      await client.query('select pg_reload_conf()')
      for (;;) {
        const { rowCount } = await client.query(
          `select from pg_stat_replication where sync_state = 'sync' and state = 'streaming'`,
        )
        if (rowCount === 1) return
      }
    },
    async stop() {
      await Promise.all(open.map((client) => client.end()))
      await proxy.stop()
      await standby.stop()
      await primary.stop()
    },
  }
}
