import { createUserEngine } from '@user-engine/core'
import { testPostgres } from '@user-engine/test-postgres/vitest'
import { afterAll, expect, it } from 'vitest'

import { createStoreTarget } from './postgres-target.ts'

const target = await createStoreTarget(testPostgres())
const instance = await target.open({ id: 'plans', signal: new AbortController().signal })
afterAll(async () => {
  await target.destroy(instance)
  await target.dispose()
})

/** How often each table was read as a whole. */
async function scans(): Promise<Readonly<Record<string, number>>> {
  const rows = await instance.admin.query<{ table: string; scans: number }>(
    `select relname as table, seq_scan::integer as scans from pg_stat_user_tables
      where schemaname = 'user_engine' and relname <> 'schema_migrations'`,
  )
  return Object.fromEntries(rows.map(({ table, scans: count }) => [table, count]))
}

it('reads no whole table, when it has grown, by a plan that was made while it was empty', async () => {
  const { store, admin } = instance
  // As after a restore: the server is certain that the tables are empty, and that to read one is to read nothing.
  await admin.query('vacuum analyze')
  const engine = createUserEngine({
    store,
    authorize: () => ({ allow: true }),
    requestHashKeys: ['k'.repeat(32)],
  })
  const actor = { kind: 'service', id: 'admin' } as const
  const { tenant } = await engine.as({ actor, tenantId: null }).registerTenant({})
  const session = engine.as({ actor, tenantId: tenant.id })
  const { group } = await session.createGroup({ key: 'readers', displayName: 'Readers' })
  const before = await scans()
  for (let subject = 0; subject < 10; subject += 1) {
    const identity = { issuer: 'https://login.example.com', subject: String(subject) }
    const { tenantAccount } = await session.provisionUser({ identity })
    if (tenantAccount === null) throw new Error('nobody has joined')
    await session.addMembership({ groupId: group.id, tenantAccountId: tenantAccount.id, roles: ['reader'] })
    await session.resolveIdentity(identity)
    // Together they are a statement of its own.
    await Promise.all(Array.from({ length: 12 }, () => session.resolveIdentity(identity)))
    await session.listGroupMembers({ groupId: group.id })
  }
  await engine.drainOutbox({ publish: async () => {} })
  // What a session has counted, it tells at its end, and is seen until it has.
  await engine.close()
  const sessions = () =>
    admin.query(
      `select from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
    )
  await expect.poll(async () => (await sessions()).length, { timeout: 10_000 }).toBe(0)
  expect(await scans()).toEqual(before)
})
