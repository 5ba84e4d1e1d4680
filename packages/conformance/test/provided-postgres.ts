import { writeFileSync } from 'node:fs'

import type { Handoff } from '@user-engine/postgres'
import { migrate, migratorOptions } from '@user-engine/postgres/migrate'
import { roleName, rolesSql, type Login } from '@user-engine/postgres/roles'
import { startTestPostgres, type TestPostgres } from '@user-engine/test-postgres'
import { Client } from 'pg'

import { createAdministrator, type Administrator } from '../src/postgres/administrator.ts'
import { defineProvider, type ProviderOptions } from '../src/postgres.ts'
import { issueCertificates } from './certificates.ts'

export const NAME = 'db.internal.example'
const LOGINS = ['migrator', 'runtime', 'denials', 'relay'] as const

export interface ProvidedServer {
  readonly server: TestPostgres
  /** Where the PEM of its authority is. */
  readonly authority: string
  /** Hands a database over, migrated, with roles of its own and passwords that are canaries. */
  handOver(encoding?: string): Promise<ProvidedDatabase>
  stop(): Promise<void>
}

interface NamedLogin {
  readonly user: string
  readonly password: string
}

export interface ProvidedDatabase {
  readonly handoff: Handoff & Readonly<Record<(typeof LOGINS)[number], NamedLogin>>
  role(login: Login | 'owner'): string
  /** As somebody who may do everything in this database, or in another one. */
  admin(database?: string): Promise<Administrator>
  /** As its provider would write it, with what is different about it. */
  target(different?: Partial<ProviderOptions>): ReturnType<typeof defineProvider>
}

/** A server as a provider runs it: durable, and reached by TLS alone. Or as one who has read nothing does. */
export async function startProvidedServer({ careless = false } = {}): Promise<ProvidedServer> {
  const certificates = issueCertificates(NAME)
  const server = await startTestPostgres({
    kind: 'embedded',
    durable: !careless,
    settings: {
      ...certificates.settings,
      ...(careless ? { wal_level: 'minimal', max_wal_senders: '0' } : {}),
    },
  })
  const { host, port, adminUser: user, adminPassword: password } = server
  const open: Administrator[] = []
  let handed = 0

  async function admin(database: string): Promise<Administrator> {
    const administrator = createAdministrator({ host, port, database }, { user, password })
    open.push(administrator)
    return administrator
  }

  const root = await admin('postgres')
  if (!careless) await refusePlain(root, user)

  return {
    server,
    authority: certificates.file,
    async handOver(encoding = 'UTF8') {
      handed += 1
      const name = `provided_${handed}`
      await root.query(
        `create database ${name} template template0 encoding '${encoding}' locale_provider libc locale 'C'`,
      )
      const passwords = Object.fromEntries(LOGINS.map((login) => [login, newCanary()]))
      const provider = new Client({ host, port, database: name, user, password })
      await provider.connect()
      await provider.query(rolesSql({ prefix: name, passwords }))
      await provider.end()
      const login = (purpose: Login) => ({
        user: roleName(purpose, name),
        password: passwords[purpose] ?? '',
      })
      const handoff = {
        endpoint: { host, port },
        database: name,
        tls: { ca: certificates.ca, serverName: NAME },
        rolePrefix: name,
        runtime: { ...login('runtime'), max: 4 },
        denials: login('denials'),
        relay: login('relay'),
        migrator: login('migrator'),
      }
      await migrate(await migratorOptions(handoff))
      let administrator: Promise<Administrator> | null = null
      return {
        handoff,
        role: (purpose) => roleName(purpose, name),
        admin: (database = name) => admin(database),
        target: (different = {}) =>
          defineProvider({
            identity: { name: 'provided-postgres', version: server.version },
            handoff,
            migrate: async () => migrate(await migratorOptions(handoff)),
            administer: async (sql) => (await (administrator ??= admin(name))).query(sql),
            ...different,
          }),
      }
    },
    async stop() {
      await Promise.all(open.map((administrator) => administrator.end()))
      await server.stop()
      certificates.remove()
    },
  }
}

export function newCanary(): string {
  return `uecanary${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`
}

async function refusePlain(root: Administrator, administrator: string): Promise<void> {
  const [found] = await root.query<{ hba_file: string }>('show hba_file')
  const lines = [
    `host all ${administrator} 127.0.0.1/32 scram-sha-256`,
    'hostssl all all 127.0.0.1/32 scram-sha-256',
  ]
  writeFileSync(found?.hba_file ?? '', `${lines.join('\n')}\n`)
  await root.query('select pg_reload_conf()')
}
