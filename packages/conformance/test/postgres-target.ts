import { DIRECTORY, directoryScope, type UserEngineStore, type User, type UserId } from '@user-engine/store'
import { createPostgresStore, type Handoff } from '@user-engine/postgres'
import { migrate } from '@user-engine/postgres/migrate'
import { roleName, rolesSql } from '@user-engine/postgres/roles'
import type { ServerProcess } from '@user-engine/test-postgres'
import { Client } from 'pg'

import { createCommitCutter, startWireProxy, type CommitCutter, type WireProxy } from '../src/postgres.ts'
import { defineTarget, type Instance, type ObservedNoun, type Target } from '../src/target.ts'
import type { startPgbouncer } from './pgbouncer.ts'
import { put } from './postgres-schema-faults.ts'

/** Where a server is, and who may make databases and roles on it. */
export interface Server {
  readonly host: string
  readonly port: number
  readonly adminUser: string
  readonly adminPassword: string
}

/** Short, so that a frozen server is noticed soon. */
const LIMITS = { connectTimeoutMs: 2000, batchTimeoutMs: 3000 }

export interface PostgresInstance extends Instance {
  readonly database: string
  /** Sees everything: row security does not bind it. */
  admin: Client
  readonly proxy: WireProxy
  readonly cutter: CommitCutter
  readonly handoff: Handoff
}

const TABLES: Readonly<Record<ObservedNoun, string>> = {
  tenants: 'tenants',
  users: 'users',
  accounts: 'accounts',
  externalIdentities: 'external_identities',
  tenantAccounts: 'tenant_accounts',
  groups: 'groups',
  memberships: 'memberships',
  applications: 'applications',
  applicationBindings: 'application_bindings',
  attributeCatalogs: 'attribute_catalogs',
  profileValues: 'profile_values',
  auditRecords: 'audit_records',
  denials: 'denials',
  pendingEvents: 'outbox_events',
  idempotencyRecords: 'idempotency_records',
}

const RUNTIME_MAX = 4

/** One database of a server for each universe, made from a migrated template. `dispose` drops template and roles. */
export async function createPostgresTarget(
  server: Server,
  process: Pick<ServerProcess, 'kill9' | 'restart'> | null = null,
  pooled: typeof startPgbouncer | null = null,
): Promise<{ readonly target: Target<PostgresInstance>; dispose(): Promise<void> }> {
  const run = `uec_${crypto.randomUUID().slice(0, 8)}`
  const password = crypto.randomUUID()
  const template = `${run}_template`
  const connect = async (database: string) => {
    const { host, port, adminUser, adminPassword } = server
    const client = new Client({ host, port, user: adminUser, password: adminPassword, database })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const login = (name: 'migrator' | 'runtime' | 'denials' | 'relay') => ({
    user: roleName(name, run),
    password,
  })

  let root = await connect('postgres')
  await root.query(`create database ${template}`)
  const inTemplate = await connect(template)
  const names = ['migrator', 'runtime', 'denials', 'relay'] as const
  const passwords = Object.fromEntries(names.map((name) => [name, password]))
  await inTemplate.query(rolesSql({ prefix: run, passwords }))
  await inTemplate.end()
  const { host, port } = server
  await migrate({ connection: { host, port, database: template, ...login('migrator') }, rolePrefix: run })

  const pooler = pooled === null ? null : await pooled({ host, port }, names.map(login))
  // What an application is given.
  const front = { host: pooler?.host ?? host, port: pooler?.port ?? port }

  const target = defineTarget<PostgresInstance>({
    identity: { name: '@user-engine/postgres', version: '0.0.0' },
    async open({ id }) {
      const database = `${run}_${id}`.slice(0, 63)
      await root.query(`create database ${database} template ${template} strategy file_copy`)
      const proxy = await startWireProxy(front)
      const cutter = createCommitCutter(proxy)
      const handoff: Handoff = {
        endpoint: { host: proxy.host, port: proxy.port },
        tls: 'plain',
        rolePrefix: run,
        pooler: pooler === null ? null : { mode: 'transaction', preparedStatements: false },
        database,
        runtime: { ...login('runtime'), max: RUNTIME_MAX },
        denials: login('denials'),
        relay: login('relay'),
      }
      const admin = await connect(database)
      return {
        universe: id,
        database,
        admin,
        proxy,
        cutter,
        handoff,
        store: createPostgresStore(handoff, LIMITS),
      }
    },
    async second({ handoff }) {
      return createPostgresStore({ ...handoff, endpoint: front }, LIMITS)
    },
    async destroy({ store, admin, proxy, database }) {
      proxy.resume()
      await store.close()
      await admin.end()
      await proxy.stop()
      await root.query(`drop database if exists ${database} with (force)`)
    },
    observer: ({ admin }) => ({
      async rows(noun) {
        const id = noun === 'idempotencyRecords' ? 'command_id' : 'id'
        const versioned = /^(?:tenants|users|accounts|externalIdentities|tenantAccounts)$/.test(noun)
        const { rows } = await admin.query<{
          scopeId: string
          id: string
          version: number | null
          raw: string
        }>(
          `select scope_id::text as "scopeId", ${id}::text as id, ${versioned ? 'version' : 'null::int'} as version,
            t::text as raw from user_engine.${TABLES[noun]} t`,
        )
        return rows
      },
    }),
    faults: {
      async suspend({ proxy }) {
        proxy.stall()
        return async () => proxy.resume()
      },
      cut: ({ cutter }, point) => cutter.cutNext(point),
      async terminate({ admin, database }) {
        await admin.query(
          'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
          [database],
        )
      },
      exhaust: ({ store }) => exhaust(store),
      // Only a server of the run's own can be killed; its other databases come back with it.
      ...(process !== null && {
        async crash(instance: PostgresInstance) {
          await process.kill9()
          await process.restart()
          root = await connect('postgres')
          instance.admin = await connect(instance.database)
        },
      }),
    },
    migrations: { put: ({ admin }, fault) => put(admin, fault) },
    clock: {
      // The server's clock can't be turned; what is judged by it can be moved the other way.
      async advance({ admin }, ms) {
        const earlier = `- ${ms} * interval '1 millisecond'`
        await admin.query(`update user_engine.outbox_events
          set available_at = available_at ${earlier}, appended_at = appended_at ${earlier}`)
        await admin.query(`update user_engine.idempotency_records set expires_at = expires_at ${earlier}`)
      },
    },
  })

  return {
    target,
    async dispose() {
      await pooler?.stop()
      await root.query(`drop database if exists ${template} with (force)`)
      for (const name of [...names, 'diagnose', 'owner'] as const) {
        await root.query(`drop role if exists ${roleName(name, run)}`)
      }
      await root.end()
    },
  }
}

/** As many explicit transactions as there are connections, each held open until restored. */
async function exhaust(store: UserEngineStore): Promise<() => Promise<void>> {
  const gate = Promise.withResolvers<never>()
  const held: Promise<unknown>[] = []
  for (let index = 0; index < RUNTIME_MAX; index += 1) {
    const opened = Promise.withResolvers<void>()
    const holding = store.transaction(directoryScope(), async (tx) => {
      const now = new Date()
      const user: User = {
        scopeId: DIRECTORY,
        id: crypto.randomUUID() as string as UserId,
        kind: 'service',
        state: 'active',
        version: 1,
        createdAt: now,
        updatedAt: now,
      }
      await tx.users.insert(user)
      await tx.users.list({ after: null, limit: 1 })
      opened.resolve()
      await gate.promise
    })
    held.push(holding.catch(() => undefined))
    await Promise.race([opened.promise, holding])
  }
  return async () => {
    gate.reject(new Error('restored'))
    await Promise.all(held)
  }
}
