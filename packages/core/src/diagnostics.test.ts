import { expect, it } from 'vitest'

import { createWorld } from '../test/world.ts'

it('counts for a tenant what is the tenant’s, and nothing of the directory or of another tenant', async () => {
  const world = await createWorld()
  await world.provision()
  await world.provision()
  const directory = await world.directory.countRecords()
  expect(directory).toMatchObject({
    tenants: 2,
    users: 2,
    accounts: 2,
    externalIdentities: 2,
    tenantAccounts: 0,
  })
  const tenant = await world.tenant.countRecords()
  expect(tenant).toMatchObject({
    tenants: 1,
    users: 0,
    accounts: 0,
    externalIdentities: 0,
    tenantAccounts: 2,
  })
  // Every count of the other tenant, which has none of its own, would show somebody else's.
  const other = await world.otherTenant.countRecords()
  expect(Object.entries(other).filter(([noun, count]) => noun !== 'tenants' && count !== 0)).toEqual([])
})
