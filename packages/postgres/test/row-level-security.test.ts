import { DIRECTORY } from '@user-engine/store'
import type { Client } from 'pg'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'

import { createProvidedDatabase, outcome } from './provided-database.ts'

const database = await createProvidedDatabase()

const NORTH = '01890000-0000-7000-8000-0000000000a1'
const SOUTH = '01890000-0000-7000-8000-0000000000b1'
const USER = '01890000-0000-7000-8000-0000000000c1'
const ABSENT = '01890000-0000-7000-8000-0000000000d1'
const ID = '01890000-0000-7000-8000-0000000000e1'

let runtime: Client
let admin: Client

beforeAll(async () => {
  runtime = await database.connect('runtime')
  admin = await database.connect(null)
  for (const tenant of [NORTH, SOUTH]) {
    await begin(DIRECTORY, tenant)
    await runtime.query(`insert into user_engine.tenants values ($1, $2, null, 'active', 1, now(), now())`, [
      DIRECTORY,
      tenant,
    ])
    await runtime.query(
      `insert into user_engine.tenant_accounts values ($1, $2, $3, 'ext', 'managed', 'active', 1, now(), now())`,
      [tenant, ID, USER],
    )
    await insertDenial(tenant)
    await runtime.query('commit')
  }
  await begin(DIRECTORY)
  await runtime.query(`insert into user_engine.users values ($1, $2, 'person', 'active', 1, now(), now())`, [
    DIRECTORY,
    USER,
  ])
  for (const state of ['active', 'draft']) {
    const owned = [DIRECTORY, state]
    await runtime.query(
      `insert into user_engine.applications values ($1, gen_random_uuid(), $2, $2, 1, now(), now())`,
      owned,
    )
    await runtime.query(
      `insert into user_engine.attribute_catalogs
        values ($1, gen_random_uuid(), 'platform', $1, $2, 1, '[]', $2, 1, now(), now())`,
      [DIRECTORY, state === 'draft' ? state : 'published'],
    )
  }
  await runtime.query('commit')
})
afterEach(() => runtime.query('rollback'))

async function begin(...scopes: readonly string[]): Promise<void> {
  await runtime.query('begin')
  await bind(runtime, ...scopes)
}

async function bind(client: Client, ...scopes: readonly string[]): Promise<void> {
  const places = scopes.map((_, index) => `$${index + 1}::uuid`).join(', ')
  await client.query(`select user_engine.bind_scope(${places})`, [...scopes])
}

async function insertDenial(scope: string): Promise<void> {
  const denials = await database.connect('denials')
  await denials.query('begin')
  await bind(denials, scope)
  await denials.query(
    `insert into user_engine.denials values ($1, $2, now(), 'user', 'a', 'b', 'user', null, 'r', null)`,
    [scope, ID],
  )
  await denials.query('commit')
}

async function scopesOf(table: string): Promise<string[]> {
  const { rows } = await runtime.query<{ scope_id: string }>(
    `select scope_id from user_engine.${table} order by scope_id`,
  )
  return rows.map((row) => row.scope_id)
}

const insertAccount = `insert into user_engine.tenant_accounts
  values ($1, gen_random_uuid(), gen_random_uuid(), null, 'managed', 'active', 1, now(), now())`

describe('an unbound connection', () => {
  it.each([
    'tenants',
    'users',
    'tenant_accounts',
    'applications',
    'attribute_catalogs',
    'denials',
    'isolation_probe',
  ])('sees nothing of %s', async (table) => {
    expect(await scopesOf(table)).toEqual([])
  })

  it('writes nothing', async () => {
    expect(await outcome(runtime, insertAccount, [NORTH])).toBe('42501')
  })

  it('is unbound again after a commit and after a rollback', async () => {
    for (const end of ['commit', 'rollback']) {
      await begin(NORTH)
      expect(await scopesOf('tenant_accounts')).toEqual([NORTH])
      await runtime.query(end)
      expect(await scopesOf('tenant_accounts')).toEqual([])
    }
  })

  it('learns nothing from the statistics', async () => {
    await admin.query('analyze user_engine.tenants')
    const { rows } = await runtime.query(`select from pg_stats where schemaname = 'user_engine'`)
    expect(rows).toEqual([])
    await begin(NORTH)
    expect((await runtime.query(`select from pg_stats where schemaname = 'user_engine'`)).rows).toEqual([])
  })

  it('stays unbound when the bound savepoint is rolled back', async () => {
    await runtime.query('begin; savepoint s')
    await bind(runtime, NORTH)
    await runtime.query('rollback to savepoint s')
    expect(await scopesOf('tenant_accounts')).toEqual([])
  })

  it('finds out nothing by switching row security off', async () => {
    await runtime.query('begin; set local row_security = off')
    expect(await outcome(runtime, 'select * from user_engine.tenant_accounts')).toBe('42501')
  })
})

describe('a malformed scope', () => {
  it.each(['', '{}', '{""}', 'null', '{null}', '%', `${NORTH}`, `{${NORTH}`, `{{${NORTH}}`])(
    'shows nothing: %s',
    async (value) => {
      await runtime.query('begin')
      await runtime.query(`set local user_engine.scopes = '${value}'`)
      await runtime.query('savepoint malformed')
      for (const table of ['tenant_accounts', 'applications', 'attribute_catalogs']) {
        const { rows } = await runtime
          .query(`select * from user_engine.${table}`)
          .catch(() => runtime.query('rollback to savepoint malformed'))
        expect(rows).toEqual([])
      }
    },
  )

  it('is refused by bind_scope', async () => {
    for (const call of ['null', `null, '${NORTH}'`, `'${NORTH}', null`, 'null, null']) {
      await runtime.query('begin')
      expect(await outcome(runtime, `select user_engine.bind_scope(${call})`)).toBe('UE000')
      await runtime.query('rollback')
    }
  })
})

describe('a tenant', () => {
  it('sees its own rows, whatever the query leaves out', async () => {
    await begin(NORTH)
    expect(await scopesOf('tenant_accounts')).toEqual([NORTH])
    expect(await scopesOf('denials')).toEqual([NORTH])
    expect(await scopesOf('users')).toEqual([])
  })

  it('sees and locks its own tenants row, and can not write it', async () => {
    await begin(NORTH)
    const { rows } = await runtime.query('select id from user_engine.tenants for share')
    expect(rows).toEqual([{ id: NORTH }])
    expect(await outcome(runtime, `update user_engine.tenants set state = 'deleted'`)).toBe('42501')
  })

  it.each(['applications', 'attribute_catalogs'])(
    "sees and locks the directory's %s but for drafts, and can not write them",
    async (table) => {
      await begin(NORTH)
      const { rows } = await runtime.query(`select state from user_engine.${table} for share`)
      expect(rows).toEqual([{ state: table === 'applications' ? 'active' : 'published' }])
      expect(await outcome(runtime, `update user_engine.${table} set state = 'retired'`)).toBe('42501')
    },
  )

  it('can not write into another tenant or the directory', async () => {
    for (const scope of [SOUTH, DIRECTORY]) {
      await begin(NORTH)
      expect(await outcome(runtime, insertAccount, [scope])).toBe('42501')
      await runtime.query('rollback')
    }
    await begin(NORTH)
    expect(
      await outcome(
        runtime,
        `insert into user_engine.users values ($1, $2, 'person', 'active', 1, now(), now())`,
        [DIRECTORY, ABSENT],
      ),
    ).toBe('42501')
  })

  it('updates and locks no row of another', async () => {
    await begin(NORTH)
    const update = `update user_engine.tenant_accounts set state = 'suspended' where scope_id = $1`
    expect((await runtime.query(update, [SOUTH])).rowCount).toBe(0)
    const lock = 'select from user_engine.tenant_accounts where scope_id = $1 for update'
    expect((await runtime.query(lock, [SOUTH])).rowCount).toBe(0)
  })

  it('gets one answer for a foreign row and for an absent one', async () => {
    const answers: unknown[] = []
    for (const scope of [SOUTH, ABSENT]) {
      await begin(NORTH)
      const found = await runtime.query('select from user_engine.tenant_accounts where scope_id = $1', [
        scope,
      ])
      answers.push([
        found.rowCount,
        await outcome(
          runtime,
          `insert into user_engine.tenant_accounts
            values ($1, $2, $3, 'ext', 'managed', 'active', 1, now(), now()) on conflict do nothing`,
          [scope, ID, USER],
        ),
      ])
      await runtime.query('rollback')
    }
    expect(answers).toEqual([
      [0, '42501'],
      [0, '42501'],
    ])
  })
})

describe('the directory', () => {
  it('sees directory rows, and of tenants only the one bound beside it', async () => {
    await begin(DIRECTORY)
    expect(await scopesOf('tenants')).toEqual([DIRECTORY, DIRECTORY])
    expect(await scopesOf('tenant_accounts')).toEqual([])
    await bind(runtime, DIRECTORY, SOUTH)
    expect(await scopesOf('tenant_accounts')).toEqual([SOUTH])
    expect(await outcome(runtime, insertAccount, [NORTH])).toBe('42501')
  })

  it('leaves the tenant behind when it is bound anew', async () => {
    await begin(DIRECTORY, SOUTH)
    await bind(runtime, DIRECTORY)
    expect(await scopesOf('tenant_accounts')).toEqual([])
  })

  it('can not tell by a reference whether a user of another scope is there', async () => {
    const insert = `insert into user_engine.accounts values ($1, gen_random_uuid(), $2, 'active', 1, now(), now())`
    for (const user of [USER, ABSENT]) {
      await begin(NORTH)
      expect(await outcome(runtime, insert, [DIRECTORY, user])).toBe('42501')
      await runtime.query('rollback')
    }
    await begin(DIRECTORY)
    expect(await outcome(runtime, insert, [DIRECTORY, ABSENT])).toBe('23503')
  })

  it('holds no row of a tenant in its tables, nor they of it', async () => {
    await begin(DIRECTORY, NORTH)
    expect(await outcome(runtime, insertAccount, [DIRECTORY])).toBe('23514')
    await runtime.query('rollback')
    await begin(DIRECTORY, NORTH)
    const user = `insert into user_engine.users values ($1, gen_random_uuid(), 'person', 'active', 1, now(), now())`
    expect(await outcome(runtime, user, [NORTH])).toBe('23514')
  })
})

it('reaches the owner of the tables too', async () => {
  await admin.query(`begin; set local role ${database.prefix}_owner`)
  const { rows } = await admin.query('select * from user_engine.tenant_accounts')
  expect(rows).toEqual([])
  await admin.query('rollback')
})

it('asks indexes for the scope and the key, not for every row', async () => {
  await begin(NORTH)
  await runtime.query('set local enable_seqscan = off')
  const { rows } = await runtime.query<{ 'QUERY PLAN': string }>(
    `explain select * from user_engine.external_identities
      where scope_id = '${NORTH}' and issuer = 'i' and subject = 's' and state = 'linked'`,
  )
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  expect(plan).toMatch(/Index Scan using external_identity_subject/)
  expect(plan).toMatch(/Index Cond:.*scope_id = '.*issuer = 'i'.*subject = 's'/)
  expect(plan).not.toMatch(/SubPlan|InitPlan/)
})
