import { DIRECTORY } from '@user-engine/store'
import type { Client } from 'pg'
import { afterEach, beforeAll, expect, it } from 'vitest'

import { createProvidedDatabase, outcome } from './provided-database.ts'

const database = await createProvidedDatabase()

const NORTH = '01890000-0000-7000-8000-0000000000a1'
const SOUTH = '01890000-0000-7000-8000-0000000000b1'
const ABSENT = '01890000-0000-7000-8000-0000000000d1'
/** Of each tenant a group and an account. */
const ROWS = {
  [NORTH]: '01890000-0000-7000-8000-0000000000a2',
  [SOUTH]: '01890000-0000-7000-8000-0000000000b2',
} as const

let runtime: Client

beforeAll(async () => {
  runtime = await database.connect('runtime')
  for (const [tenant, id] of Object.entries(ROWS)) {
    await begin(tenant)
    await runtime.query(
      `insert into user_engine.groups values ($1, $2, 'key', 'name', 'active', 1, now(), now())`,
      [tenant, id],
    )
    await runtime.query(
      `insert into user_engine.tenant_accounts values ($1, $2, $2, 'ext', 'managed', 'active', 1, now(), now())`,
      [tenant, id],
    )
    await runtime.query('commit')
  }
})
afterEach(() => runtime.query('rollback'))

async function begin(...scopes: readonly string[]): Promise<void> {
  await runtime.query('begin')
  const places = scopes.map((_, index) => `$${index + 1}::uuid`).join(', ')
  await runtime.query(`select user_engine.bind_scope(${places})`, [...scopes])
}

const join = (group: string, account: string) =>
  outcome(
    runtime,
    `insert into user_engine.memberships values ($1, gen_random_uuid(), $2, $3, '[]', 'active', 1, now(), now())`,
    [NORTH, group, account],
  )

it('every foreign key leads with the scope on both sides', async () => {
  const admin = await database.connect(null)
  const { rows } = await admin.query<{ name: string; from: string; to: string }>(
    `select k.conname as name, f.attname as "from", t.attname as "to" from pg_constraint k
      join pg_attribute f on f.attrelid = k.conrelid and f.attnum = k.conkey[1]
      join pg_attribute t on t.attrelid = k.confrelid and t.attnum = k.confkey[1]
      where k.contype = 'f' and k.connamespace = 'user_engine'::regnamespace`,
  )
  expect(rows.length).toBeGreaterThan(0)
  expect(rows.filter(({ from, to }) => from !== 'scope_id' || to !== 'scope_id')).toEqual([])
})

it.each([
  ['bound to the tenant alone', [NORTH]],
  ['bound to the directory beside it', [DIRECTORY, NORTH]],
] as const)('a raw insert names nothing of another tenant, as if it did not exist: %s', async (_, scopes) => {
  const own = ROWS[NORTH]
  for (const foreign of [ROWS[SOUTH], ABSENT]) {
    for (const [group, account] of [
      [foreign, own],
      [own, foreign],
    ] as const) {
      await begin(...scopes)
      expect(await join(group, account)).toBe('23503')
      await runtime.query('rollback')
    }
  }
  await begin(...scopes)
  expect(await join(own, own)).toBe('ok')
})
