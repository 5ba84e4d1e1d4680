import { createUserEngine, type UserEngineService } from '@user-engine/core'
import { createPostgresStore, type Handoff } from '@user-engine/postgres'
import { migrate } from '@user-engine/postgres/migrate'
import { rolesSql } from '@user-engine/postgres/roles'
import type { UserEngineStore } from '@user-engine/store'
import { startTestPostgres, type TestDatabase, type TestPostgres } from '@user-engine/test-postgres'
import { Client, Pool, type PoolConfig } from 'pg'

/** More callers than this share connections. */
export const CONNECTIONS = 16

/** The server of a run, with default settings and default durability, and a migrated database to make others from. */
export interface BenchServer {
  readonly postgres: TestPostgres
  readonly pid: number
  readonly migrated: TestDatabase
  create(name: string, template?: TestDatabase): Promise<TestDatabase>
  /** What the engine is given of a database. */
  handoff(database: TestDatabase, endpoint?: Handoff['endpoint']): Handoff
  /** Connections of the engine's own runtime role: row security binds them. */
  runtime(database: TestDatabase, config?: PoolConfig): PoolConfig
  /** Runs SQL as the administrator: row security does not bind it. */
  administer(database: TestDatabase, sql: string): Promise<void>
  /** All have the same to write behind them, and planned statistics. */
  settle(database: TestDatabase): Promise<void>
  stop(): Promise<void>
}

const password = crypto.randomUUID()
const LOGINS = ['migrator', 'runtime', 'denials', 'relay'] as const
const login = (name: (typeof LOGINS)[number]) => ({ user: `user_engine_${name}`, password })

export async function startServer(): Promise<BenchServer> {
  const postgres = await startTestPostgres({ kind: 'embedded', durable: true })
  const { host, port } = postgres
  let databases = 0
  const administer: BenchServer['administer'] = async ({ connectionString }, sql) => {
    const client = new Client({ connectionString })
    await client.connect()
    try {
      await client.query(sql)
    } finally {
      await client.end()
    }
  }
  const create: BenchServer['create'] = async (name, template) => {
    const options = template === undefined ? {} : { template }
    const database = await postgres.createDatabase(`${(databases += 1)}_${name}`, options)
    // As the engine's sessions have it: a plan that was made while a table was empty would slow whoever keeps it.
    for (const setting of ['enable_seqscan', 'jit'])
      await administer(database, `alter database "${database.name}" set ${setting} = off`)
    return database
  }
  const migrated = await create('template')
  const passwords = Object.fromEntries(LOGINS.map((name) => [name, password]))
  await administer(migrated, rolesSql({ passwords }))
  await migrate({ connection: { host, port, database: migrated.name, ...login('migrator') } })
  return {
    postgres,
    pid: await postmasterPid(postgres),
    migrated,
    create,
    handoff: (database, endpoint = { host, port }) => ({
      endpoint,
      database: database.name,
      tls: 'plain',
      runtime: { ...login('runtime'), max: CONNECTIONS },
      denials: login('denials'),
      relay: { ...login('relay'), max: 4 },
    }),
    runtime: (database, config = {}) => ({
      host,
      port,
      ...login('runtime'),
      database: database.name,
      max: CONNECTIONS,
      ...config,
    }),
    administer,
    async settle(database) {
      await administer(database, 'vacuum analyze')
      await administer(database, 'checkpoint')
    },
    stop: () => postgres.stop(),
  }
}

/** The parent of every backend. */
async function postmasterPid({ connectionString }: TestPostgres): Promise<number> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity where backend_type = 'checkpointer'`,
    )
    const { readFileSync } = await import('node:fs')
    const stat = readFileSync(`/proc/${rows[0]?.pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return 0 // Not Linux: CPU of the server is not told.
  } finally {
    await client.end()
  }
}

export interface OpenedEngine {
  readonly engine: UserEngineService
  readonly store: UserEngineStore
}

/** The engine as a host has it: a policy that answers at once, and nothing else switched off. */
export function openEngine(store: UserEngineStore): OpenedEngine {
  const engine = createUserEngine({
    store,
    authorize: ({ actor }) => (actor.id === 'bench' ? { allow: true } : { allow: false, reason: 'stranger' }),
    requestHashKeys: ['a secret of thirty-two characters, or more'],
  })
  return { engine, store }
}

export function openPostgresEngine(
  server: BenchServer,
  database: TestDatabase,
  endpoint?: Handoff['endpoint'],
): OpenedEngine {
  return openEngine(createPostgresStore(server.handoff(database, endpoint)))
}

export const ACTOR = { kind: 'service', id: 'bench' } as const

/** A pool whose connections are all open. */
export async function openPool(config: PoolConfig): Promise<Pool> {
  const pool = new Pool(config)
  const clients = await Promise.all(Array.from({ length: config.max ?? 10 }, () => pool.connect()))
  for (const client of clients) client.release()
  return pool
}
