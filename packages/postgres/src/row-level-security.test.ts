import { expect, it } from 'vitest'

import { createProvidedDatabase } from '../test/provided-database.ts'
import { findRowSecurityProblems } from './row-level-security.ts'

const database = await createProvidedDatabase()
const admin = await database.connect(null)

it.each([
  ['alter table user_engine.users disable row level security', 'users', 'not_enabled'],
  ['alter table user_engine.users no force row level security', 'users', 'not_forced'],
  ['drop policy scope on user_engine.users', 'users', 'policy_missing'],
  ['alter policy scope on user_engine.users using (true)', 'users', 'policy_changed'],
  ['alter policy scope on user_engine.users with check (true)', 'users', 'policy_changed'],
  ['alter policy relay on user_engine.outbox_events to public', 'outbox_events', 'policy_changed'],
  ['create policy more on user_engine.users using (true)', 'users', 'policy_unexpected'],
  [
    'create table user_engine.fresh (scope_id uuid primary key)',
    'fresh',
    'not_enabled not_forced policy_missing',
  ],
  ['create view user_engine.shown as select * from user_engine.users', 'shown', 'not_a_table'],
])('is found wanting after: %s', async (change, table, problems) => {
  expect(await findRowSecurityProblems(admin)).toEqual([])
  await admin.query(`begin; ${change}`)
  const found = await findRowSecurityProblems(admin)
  await admin.query('rollback')
  expect(found).toEqual(problems.split(' ').map((problem) => ({ table, problem })))
})

it('leaves the policies of a later release to it, and nothing else', async () => {
  const fresh = 'create table user_engine.fresh (scope_id uuid primary key)'
  const secured = 'alter table user_engine.fresh enable row level security, force row level security'
  const changes = [fresh, `${fresh}; ${secured}`, 'create policy more on user_engine.users using (true)']
  const found: string[][] = []
  for (const change of changes) {
    await admin.query(`begin; ${change}`)
    const problems = await findRowSecurityProblems(admin, { ahead: true })
    found.push(problems.map(({ table, problem }) => `${table} ${problem}`))
    await admin.query('rollback')
  }
  expect(found).toEqual([['fresh not_enabled', 'fresh not_forced'], [], ['users policy_unexpected']])
})
