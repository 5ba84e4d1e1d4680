import type { AttributeDefinition, Session } from '@user-engine/core'
import type { TestDatabase } from '@user-engine/test-postgres'
import { Client } from 'pg'

import { ACTOR, openPostgresEngine, type BenchServer } from './server.ts'

export interface PopulationSize {
  readonly users: number
  readonly tenants: number
  /** Whether each user has 26 values of three layers, of which 20 are in effect. */
  readonly profiles: boolean
}

/** User `n`, from 1, has the subject `subject-n` and is in tenant `n mod tenants`. */
export interface Population extends PopulationSize {
  readonly database: TestDatabase
  readonly applicationId: string
  readonly tenantOf: (n: number) => string
}

export const ISSUER = 'https://login.example.com'

/** Names of the attributes that each layer sets; a name in two layers is overridden by the lower one. */
const LAYERS = {
  platform: names(1, 12),
  tenant: names(9, 16),
  application: names(15, 20),
} as const

function names(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `attribute${from + index}`)
}

const definitionsOf = (attributes: readonly string[]): readonly AttributeDefinition[] =>
  attributes.map((name) => ({ name, type: 'string', sensitivity: 'personal' }))

const valuesOf = (layer: string, attributes: readonly string[]) =>
  Object.fromEntries(attributes.map((name) => [`profile:${name}`, `the ${layer}'s value of ${name}`]))

/** Makes one of everything by the engine, and the others from it as copies: the rows are those that the engine writes. */
export async function populate(server: BenchServer, size: PopulationSize): Promise<Population> {
  const database = await server.create('population', server.migrated)
  const { engine } = openPostgresEngine(server, database)
  const directory = engine.as({ actor: ACTOR, tenantId: null })
  const { tenant } = await directory.registerTenant({ state: 'active' })
  const admin = engine.as({ actor: ACTOR, tenantId: tenant.id })
  const { application } = await directory.registerApplication({ clientKey: 'application' })
  const applicationId = application.id
  await directory.activateApplication({ applicationId })
  const { binding } = await admin.requestBinding({ applicationId })
  await admin.activateBinding({ bindingId: binding.id })
  const { user } = await admin.provisionUser({ identity: { issuer: ISSUER, subject: 'subject-1' } })
  if (size.profiles) {
    await publish(directory, definitionsOf(LAYERS.platform))
    await publish(admin, definitionsOf(LAYERS.tenant))
    await publish(directory, definitionsOf(LAYERS.application), applicationId)
    const given = { userId: user.id, source: 'bench' }
    await directory.setProfileValues({ ...given, values: valuesOf('platform', LAYERS.platform) })
    await admin.setProfileValues({ ...given, values: valuesOf('tenant', LAYERS.tenant) })
    await admin.setApplicationProfileValues({
      ...given,
      applicationId,
      values: valuesOf('application', LAYERS.application),
    })
  }
  await engine.close()
  await copy(server, database, { ...size, tenantId: tenant.id })
  await server.settle(database)
  const tenantOf = (n: number) =>
    n % size.tenants === 1 % size.tenants ? tenant.id : idOf(1, n % size.tenants)
  return { ...size, database, applicationId, tenantOf }
}

async function publish(session: Session, attributes: readonly AttributeDefinition[], applicationId?: string) {
  const definitions = { attributes: [...attributes] }
  const { catalog } = await session.draftCatalog({ key: 'profile', definitions, applicationId })
  await session.publishCatalog({ catalogId: catalog.id })
}

/** The same in SQL is `bench_id`. */
function idOf(kind: number, n: number): string {
  const part = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
  return `01970000-0000-7${part(kind, 3)}-8000-${part(n, 12)}`
}

interface Copying extends PopulationSize {
  readonly tenantId: string
}

async function copy(
  server: BenchServer,
  { connectionString }: TestDatabase,
  { users, tenants, tenantId }: Copying,
): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    await client.query(`create function public.bench_id(kind integer, n bigint) returns uuid immutable return
      ('01970000-0000-7' || lpad(to_hex(kind), 3, '0') || '-8000-' || lpad(to_hex(n), 12, '0'))::uuid`)
    const tenant = `case when n % ${tenants} = 1 % ${tenants} then '${tenantId}' else bench_id(1, n % ${tenants}) end`
    const from = (table: string, count: string, where: string, changed: Record<string, string>) =>
      insertCopies(client, table, count, where, changed)
    const otherTenants = `generate_series(2, ${tenants}) i(i), lateral (values (i % ${tenants})) s(n)`
    const otherUsers = `generate_series(2, ${users}) s(n)`
    await from('tenants', otherTenants, 'true', { id: 'bench_id(1, n)' })
    await from('application_bindings', otherTenants, 'true', {
      scope_id: 'bench_id(1, n)',
      id: 'bench_id(2, n)',
    })
    await from('attribute_catalogs', otherTenants, `r.layer = 'tenant'`, {
      scope_id: 'bench_id(1, n)',
      owner_id: 'bench_id(1, n)',
      id: 'bench_id(3, n)',
    })
    await from('users', otherUsers, 'true', { id: 'bench_id(4, n)' })
    const userId = 'bench_id(4, n)'
    await from('accounts', otherUsers, 'true', { id: 'bench_id(5, n)', user_id: userId })
    await from('external_identities', otherUsers, 'true', {
      id: 'bench_id(6, n)',
      user_id: userId,
      subject: `'subject-' || n`,
    })
    await from('tenant_accounts', otherUsers, 'true', {
      scope_id: tenant,
      id: 'bench_id(7, n)',
      user_id: userId,
    })
    const place = `(substring(r.attribute from '[0-9]+')::integer + case r.layer when 'tenant' then 32 when 'application' then 64 else 0 end)`
    const ofTenant = (own: string) => `case when ${own} = '${tenantId}' then ${tenant} else ${own} end`
    await from('profile_values', otherUsers, 'true', {
      scope_id: ofTenant('r.scope_id'),
      owner_id: ofTenant('r.owner_id'),
      id: `bench_id(8 + ${place}, n)`,
      user_id: userId,
      catalog_id: `case when r.layer = 'tenant' and n % ${tenants} <> 1 % ${tenants} then bench_id(3, n % ${tenants}) else r.catalog_id end`,
    })
    await client.query(`delete from user_engine.outbox_events`)
  } finally {
    await client.end()
  }
}

/** Inserts, for each `n`, the rows of a table as they stand, but for the columns that are `changed`. */
async function insertCopies(
  client: Client,
  table: string,
  series: string,
  where: string,
  changed: Record<string, string>,
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select column_name as name from information_schema.columns
      where table_schema = 'user_engine' and table_name = $1 and is_generated = 'NEVER' order by ordinal_position`,
    [table],
  )
  const columns = rows.map(({ name }) => name)
  await client.query(
    `insert into user_engine.${table} (${columns.join(', ')})
      select ${columns.map((name) => changed[name] ?? `r.${name}`).join(', ')}
      from ${series}, user_engine.${table} r where ${where} order by n`,
  )
}
