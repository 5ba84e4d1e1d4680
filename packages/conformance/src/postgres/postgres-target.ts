import type { UserEngineStore } from '@user-engine/store'
import { escapeIdentifier } from 'pg'

import type { ClientProcess } from '../client-process.ts'
import type { Instance, Restore, Target, TargetIdentity } from '../target.ts'
import { createAdministrator, type Administrator, type Login, type Place } from './administrator.ts'
import { createCommitCutter, type CommitCutter } from './commit-cutter.ts'
import { exhaust } from './exhaust.ts'
import type { PostgresSchema } from './schema.ts'
import { startWireProxy, type WireProxy } from './wire-proxy.ts'

export interface PostgresTargetOptions {
  readonly identity: TargetIdentity
  /** The server's own address, and somebody who may make databases there and end connections. */
  readonly server: Login & Omit<Place, 'database'>
  readonly schema: PostgresSchema
  /** Makes the schema in an empty database: once, each instance gets a copy. Leave no connection to it behind. */
  prepare(place: Place): Promise<void>
  /** A handle on the store in this database, reached at this address. */
  open(place: Place): UserEngineStore | Promise<UserEngineStore>
  /** What `prepare` made outside of the database, e.g. roles. The databases are gone then. */
  dispose?(root: Administrator): Promise<void>
  /** Starts the program that opens the store in this database, reached at this address, and gives it to `serveClient`. */
  client?(place: Place): ClientProcess
  /** How many connections the store may have for transactions. */
  readonly connections: number
  /** Where applications connect, if that is not the server: a pooler. */
  readonly front?: Omit<Place, 'database'>
  /** A server that is nobody else's: it can be killed as a power failure would, and started again. */
  readonly process?: { kill9(): Promise<void>; restart(): Promise<void> } | null
  /**
   * A tablespace on a small disk, for the databases, which can be filled and emptied again. Not the disk of the write-ahead log:
   * there a server that finds no room ends.
   */
  readonly disk?: {
    readonly tablespace: string
    fill(): void | Promise<void>
    free(): void | Promise<void>
  } | null
}

export interface PostgresInstance extends Instance {
  readonly database: string
  /** Sees and may do everything in the database. */
  readonly admin: Administrator
  /** Between the server and the first handle; the faults are done to it. */
  readonly proxy: WireProxy
  /** Between the server and all other handles. */
  readonly beside: WireProxy
  readonly cutter: CommitCutter
}

export interface PostgresTarget extends Target<PostgresInstance> {
  /** The name of the schema that it looks at. */
  readonly schema: string
  /** Drops what is left of it on the server: what a run that was broken off has opened, too. */
  dispose(): Promise<void>
}

/**
 * A target for a store on Postgres, with every power that needs no more than the server: a database for each instance, made
 * from a template; an observer with rights of its own; faults by a proxy that reads the protocol, and by the server's own
 * means. Needs `pg` beside it.
 *
 * ```ts
 * export const target = createPostgresTarget({
 *   identity: { name: 'your-store', version: '1.0.0' },
 *   server: { host: '127.0.0.1', port: 5432, user: 'postgres', password },
 *   schema: userEngineSchema,
 *   prepare: (place) => migrate({ connection: { ...place, ...migrator } }),
 *   open: ({ host, port, database }) => createYourStore({ host, port, database, ...logins }),
 *   connections: 4,
 * })
 * ```
 */
export function createPostgresTarget(options: PostgresTargetOptions): PostgresTarget {
  const { server, schema, connections, process = null, disk = null, client } = options
  const { host, port, user, password } = server
  const run = `uec_${crypto.randomUUID().slice(0, 8)}`
  const template = `${run}_template`
  const administer = (database: string) => createAdministrator({ host, port, database }, { user, password })
  const root = administer('postgres')
  const place = disk === null ? '' : `tablespace ${escapeIdentifier(disk.tablespace)}`
  let prepared: Promise<void> | null = null
  /** For the next instance, made while this one is used: that is what opening takes most of its time for. */
  let spare: Promise<string> | null = null
  /** Until no database is being made or dropped. */
  let settled: Promise<unknown> = Promise.resolve()
  let databases = 0
  let disposed = false

  async function prepare(): Promise<void> {
    await administered(`create database ${template}`)
    await options.prepare({ host, port, database: template })
  }

  async function administered(statement: string): Promise<void> {
    const done = root.query(statement)
    settled = Promise.allSettled([settled, done]).then(() => {})
    await done
  }

  function assertKept(): void {
    if (disposed) throw new Error('The target was disposed of.')
  }

  async function createDatabase(): Promise<string> {
    assertKept()
    const database = `${run}_${(databases += 1)}`
    await administered(`create database ${database} template ${template} strategy file_copy ${place}`)
    return database
  }

  /** The spare one is none where the server was killed while it was made, or its disk full. */
  async function takeDatabase(): Promise<string> {
    const made = spare
    spare = null
    return (await made?.catch(() => null)) ?? createDatabase()
  }

  const instanceFaults: Target<PostgresInstance>['faults'] = {
    async suspend({ proxy }) {
      proxy.stall()
      return async () => proxy.resume()
    },
    cut: ({ cutter }, point) => cutter.cutNext(point),
    async terminate({ admin }) {
      await admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`,
      )
    },
    exhaust: ({ store }) => exhaust(store, connections),
    demote: ({ admin, database }) => demote(admin, database),
    // Its other databases come back with it.
    ...(process !== null && {
      async crash() {
        // Else files of a half-made or half-dropped one stay behind: the server does not know of them any more.
        await settled
        await process.kill9()
        await process.restart()
      },
    }),
    ...(client && {
      client: ({ beside, database }) => client({ host: beside.host, port: beside.port, database }),
    }),
    ...(disk !== null && {
      async fill() {
        // Else the disk has room again once one is gone, or could not be made and is cleared away.
        await settled
        await disk.fill()
        return async () => disk.free()
      },
    }),
  }

  return {
    identity: options.identity,
    schema: schema.name,
    async open({ id }) {
      prepared ??= prepare()
      await prepared
      assertKept()
      const database = await takeDatabase()
      const front = options.front ?? { host, port }
      const [proxy, beside] = await Promise.all([startWireProxy(front), startWireProxy(front)])
      const store = await options.open({ host: proxy.host, port: proxy.port, database })
      spare ??= createDatabase()
      spare.catch(() => {})
      return {
        universe: id,
        database,
        admin: administer(database),
        proxy,
        beside,
        cutter: createCommitCutter(proxy),
        store,
      }
    },
    second: async ({ beside, database }) => options.open({ host: beside.host, port: beside.port, database }),
    async destroy({ store, admin, proxy, beside, database }) {
      proxy.resume()
      await store.close()
      await admin.end()
      await Promise.all([proxy.stop(), beside.stop()])
      // Nobody waits for it: what is left of it when the server is killed meanwhile, `dispose` drops.
      administered(`drop database if exists ${database} with (force)`).catch(() => {})
    },
    observer: ({ admin }) => ({ rows: (noun) => admin.query(schema.rows[noun]) }),
    faults: instanceFaults,
    migrations: { put: ({ admin }, fault) => disorder(admin, schema, schema.migrations.faults[fault]) },
    clock: {
      async advance({ admin }, ms) {
        for (const statement of schema.clock) await admin.query(statement, [ms])
      },
    },
    async dispose() {
      disposed = true
      await settled
      // Where the run was broken off, instances as well.
      const left = await root.query<{ name: string }>(
        'select datname as name from pg_database where starts_with(datname, $1)',
        [`${run}_`],
      )
      for (const { name } of left) {
        await root.query(`drop database if exists ${escapeIdentifier(name)} with (force)`)
      }
      await options.dispose?.(root)
      await root.end()
    },
  }
}

/** Sessions that were begun before would go on as they were: they end, as with a failover. */
async function demote(admin: Administrator, database: string): Promise<Restore> {
  const turn = async (change: string) => {
    await admin.query(`alter database ${escapeIdentifier(database)} ${change}`)
    await admin.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
    )
  }
  await turn('set default_transaction_read_only = on')
  return () => turn('reset default_transaction_read_only')
}

/** Keeps the list of applied migrations, brings it out of order, and puts it back. */
async function disorder(
  admin: Administrator,
  { migrations: { table } }: PostgresSchema,
  fault: string,
): Promise<Restore> {
  await admin.query(`create table public.migrations_before as table ${table}`)
  await admin.query(fault)
  return async () => {
    await admin.query(`delete from ${table}`)
    await admin.query(`insert into ${table} table public.migrations_before`)
    await admin.query('drop table public.migrations_before')
  }
}
