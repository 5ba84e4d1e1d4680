import { Client } from 'pg'
import { beforeAll, describe, expect, it } from 'vitest'

import { migrate } from '../src/migrate.ts'
import { LOGINS, roleName, type Login } from '../src/role-names.ts'
import { rolesSql, verifyRoles } from '../src/roles.ts'
import { createProvidedDatabase, outcome } from './provided-database.ts'

const database = await createProvidedDatabase()
const { prefix } = database

const TABLES = (
  'tenants users accounts external_identities tenant_accounts groups memberships applications ' +
  'application_bindings attribute_catalogs profile_values audit_records denials outbox_events ' +
  'idempotency_records isolation_probe schema_migrations'
).split(' ')
/** Of the tables that have another key than (scope_id, id). */
const KEYS: Readonly<Record<string, string>> = {
  schema_migrations: 'id',
  idempotency_records: 'scope_id',
  isolation_probe: 'scope_id',
}
const clients = new Map<Login | null, Client>()

beforeAll(async () => {
  for (const login of ['runtime', 'denials', 'relay', 'diagnose', null] as const) {
    clients.set(login, await database.connect(login))
  }
})

function client(login: Login | null): Client {
  const found = clients.get(login)
  if (found === undefined) throw new Error('not connected')
  return found
}

/** Which tables a login can do something to: a right is asked for before any row is looked at. */
async function allowed(login: Login, statement: (table: string) => string): Promise<string[]> {
  const tables: string[] = []
  for (const table of TABLES) {
    await client(login).query('begin')
    const code = await outcome(client(login), statement(table))
    if (code !== '42501') tables.push(table)
    await client(login).query('rollback')
  }
  return tables
}

const every = TABLES
const none: string[] = []

describe.each([
  {
    login: 'runtime' as const,
    select: every.filter((table) => table !== 'outbox_events'),
    remove: none,
  },
  { login: 'denials' as const, select: ['schema_migrations'], remove: none },
  {
    login: 'relay' as const,
    select: ['outbox_events', 'schema_migrations'],
    remove: ['outbox_events'],
  },
  { login: 'diagnose' as const, select: ['schema_migrations'], remove: none },
])('$login', ({ login, select, remove }) => {
  it('reads whole rows of its own tables only', async () => {
    expect(await allowed(login, (table) => `select * from user_engine.${table}`)).toEqual(select)
  })

  it('deletes, truncates, drops and alters nothing else', async () => {
    expect(await allowed(login, (table) => `delete from user_engine.${table}`)).toEqual(remove)
    expect(await allowed(login, (table) => `truncate user_engine.${table}`)).toEqual(none)
    expect(await allowed(login, (table) => `drop table user_engine.${table}`)).toEqual(none)
    expect(await allowed(login, (table) => `alter table user_engine.${table} add more text`)).toEqual(none)
    expect(
      await allowed(login, (table) => `alter table user_engine.${table} disable row level security`),
    ).toEqual(none)
    expect(
      await allowed(login, (table) => `create policy open on user_engine.${table} using (true)`),
    ).toEqual(none)
  })

  it('moves no row to another scope, and renames none', async () => {
    for (const column of ['scope_id', 'id']) {
      const statement = (table: string) => {
        const key = KEYS[table] ?? column
        return `update user_engine.${table} set ${key} = ${key}`
      }
      expect(await allowed(login, statement)).toEqual(none)
    }
  })

  it('becomes nobody else, and makes nothing', async () => {
    for (const other of ['owner', 'migrator', 'runtime', 'denials', 'relay', 'diagnose'] as const) {
      if (other === login) continue
      expect(await outcome(client(login), `set role ${roleName(other, prefix)}`)).toBe('42501')
    }
    expect(await outcome(client(login), 'create table user_engine.mine (id int)')).toBe('42501')
    expect(await outcome(client(login), `create role ${prefix}_more`)).toBe('42501')
    const replace = `create or replace function user_engine.bound_scopes() returns uuid[] language sql return '{}'::uuid[]`
    expect(await outcome(client(login), replace)).toBe('42501')
  })
})

it('lets the runtime change what may change, and nothing of what is written once', async () => {
  const runtime = client('runtime')
  expect(await outcome(runtime, `update user_engine.tenants set state = 'active', version = 2`)).toBe('ok')
  for (const change of [
    'tenants set created_at = now()',
    'users set id = gen_random_uuid()',
    'audit_records set action = action',
    'denials set reason = reason',
    'outbox_events set data = data',
    'outbox_events set available_at = now()',
    'idempotency_records set key = key',
    'schema_migrations set sha256 = sha256',
  ]) {
    expect([change, await outcome(runtime, `update user_engine.${change}`)]).toEqual([change, '42501'])
  }
})

it('keeps lease tokens from the runtime, and payloads from the operator', async () => {
  expect(await outcome(client('runtime'), 'select lease_token from user_engine.outbox_events')).toBe('42501')
  expect(await outcome(client('diagnose'), 'select data from user_engine.outbox_events')).toBe('42501')
  expect(await outcome(client('diagnose'), 'select count(attempts) from user_engine.outbox_events')).toBe(
    'ok',
  )
})

it('lets a denial be written twice by the login that can not read it', async () => {
  const denials = client('denials')
  const insert = `insert into user_engine.denials
    values ($1, $1, now(), 'user', 'a', 'b', 'user', null, 'r', null) on conflict do nothing`
  const id = '01890000-0000-7000-8000-0000000000a1'
  for (const _ of [1, 2]) {
    await denials.query('begin')
    await denials.query('select user_engine.bind_scope($1::uuid)', [id])
    expect(await outcome(denials, insert, [id])).toBe('ok')
    await denials.query('commit')
  }
  expect(await outcome(denials, 'select id from user_engine.denials')).toBe('42501')
})

it('has no right for everybody', async () => {
  const admin = client(null)
  await admin.query(`create role ${prefix}_stranger`)
  try {
    await admin.query(`set role ${prefix}_stranger`)
    expect(await outcome(admin, 'select * from user_engine.schema_migrations')).toBe('42501')
    expect(await outcome(admin, 'select user_engine.bound_scopes()')).toBe('42501')
  } finally {
    await admin.query('reset role')
    await admin.query(`drop role ${prefix}_stranger`)
  }
})

describe('verifyRoles', () => {
  const role = (purpose: Login | 'owner') => roleName(purpose, prefix)

  it('finds nothing where the provider and the migrator did their part', async () => {
    expect(await verifyRoles(client('runtime'), { prefix })).toEqual([])
  })

  it.each([
    [`alter role ${role('runtime')} bypassrls`, 'role_escape', role('runtime'), 'bypassrls'],
    [`alter role ${role('denials')} createrole`, 'role_escape', role('denials'), 'createrole'],
    [`alter role ${role('relay')} replication`, 'role_escape', role('relay'), 'replication'],
    [`alter role ${role('owner')} login`, 'role_login', role('owner'), null],
    [`alter role ${role('relay')} nologin`, 'role_login', role('relay'), null],
    [
      `revoke ${role('owner')} from ${role('migrator')}`,
      'migrator_not_member',
      role('migrator'),
      role('owner'),
    ],
    [
      `alter role ${role('runtime')} set statement_timeout = 0`,
      'timeout_missing',
      role('runtime'),
      'statement_timeout',
    ],
    [`alter role ${role('relay')} reset lock_timeout`, 'timeout_missing', role('relay'), 'lock_timeout'],
    [
      `grant delete on user_engine.audit_records to ${role('runtime')}`,
      'right_unexpected',
      role('runtime'),
      'delete audit_records',
    ],
    [
      `revoke insert on user_engine.denials from ${role('denials')}`,
      'right_missing',
      role('denials'),
      'insert denials.scope_id',
    ],
    [`grant usage on schema user_engine to public`, 'right_of_public', 'public', 'usage schema'],
    [
      `grant execute on function user_engine.bound_scopes() to public`,
      'right_of_public',
      'public',
      'execute bound_scopes',
    ],
  ])('names it after: %s', async (change, code, name, what) => {
    const admin = client(null)
    await admin.query(`begin; ${change}`)
    const findings = await verifyRoles(admin, { prefix })
    await admin.query('rollback')
    expect(findings).toContainEqual({ code, role: name, what })
    expect(new Set(findings.map((found) => `${found.code} ${found.role}`))).toEqual(
      new Set([`${code} ${name}`]),
    )
  })

  it('names a login that may become another', async () => {
    const admin = client(null)
    await admin.query(`begin; grant ${role('owner')} to ${role('runtime')}`)
    const escapes = (await verifyRoles(admin, { prefix })).filter(({ code }) => code === 'role_escape')
    await admin.query('rollback')
    expect(escapes).toEqual([{ code: 'role_escape', role: role('runtime'), what: 'owner' }])
  })

  it('says of another prefix that nothing is there', async () => {
    const findings = await verifyRoles(client('runtime'), { prefix: 'nobody' })
    expect(findings.map(({ code }) => code)).toEqual([
      'schema_owner',
      ...Array<string>(6).fill('role_missing'),
    ])
  })
})

describe('rolesSql', () => {
  it('needs no superuser', async () => {
    const admin = client(null)
    const provider = `${prefix}_provider`
    const own = `${prefix}_p`
    const password = crypto.randomUUID()
    await admin.query(`create role ${provider} login createrole password '${password}'`)
    await admin.query(`create database ${own} owner ${provider}`)
    const url = new URL(database.config(null).connectionString ?? '')
    url.username = provider
    url.password = password
    url.pathname = `/${own}`
    const connection = new Client({ connectionString: url.href })
    try {
      await connection.connect()
      await connection.query(rolesSql({ prefix: own, passwords: { migrator: password } }))
      expect(await verifyRoles(connection, { prefix: own })).toEqual([])
      url.username = roleName('migrator', own)
      const report = await migrate({ connection: { connectionString: url.href }, rolePrefix: own })
      expect(report.schemaVersion.state).toBe('current')
      expect(await verifyRoles(connection, { prefix: own })).toEqual([])
    } finally {
      await connection.end()
      await admin.query(`drop database ${own} with (force)`)
      for (const purpose of [...LOGINS, 'owner'] as const) {
        await admin.query(`drop role if exists ${roleName(purpose, own)}`)
      }
      await admin.query(`drop role ${provider}`)
    }
  })

  it('can be run again, and takes any password', async () => {
    const password = `it's \\ "quoted" $$ ${crypto.randomUUID()}`
    await client(null).query(rolesSql({ prefix, passwords: { diagnose: password } }))
    const { connectionString } = database.config(null)
    const url = new URL(connectionString ?? '')
    const again = new Client({
      host: url.hostname,
      port: Number(url.port),
      database: url.pathname.slice(1),
      user: roleName('diagnose', prefix),
      password,
    })
    await again.connect()
    await again.end()
  })

  it('refuses a prefix that is no plain name, and an empty password', () => {
    for (const wrong of ['', 'A', '1a', 'a-b', 'a;drop', 'x'.repeat(41)]) {
      expect(() => rolesSql({ prefix: wrong })).toThrow(TypeError)
    }
    expect(() => rolesSql({ passwords: { runtime: '' } })).toThrow(TypeError)
  })
})
