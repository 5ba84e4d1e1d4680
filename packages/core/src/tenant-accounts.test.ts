import { describe, expect, it } from 'vitest'

import { createWorld, refusal } from '../test/world.ts'

describe('tenant accounts', () => {
  it('who left and joins again has the same account, and keeps the external id', async () => {
    const world = await createWorld()
    const made = await world.provision({ tenantAccount: { externalId: 'e-1', origin: 'managed' } })
    await world.tenant.leaveTenant({ tenantAccountId: made.tenantAccount })
    const again = await world.tenant.joinTenant({ userId: made.user, state: 'invited', expectedVersion: 2 })
    expect(again.tenantAccount).toEqual({ id: made.tenantAccount, version: 3 })
    expect(await world.tenant.getTenantAccount({ tenantAccountId: made.tenantAccount })).toMatchObject({
      state: 'invited',
      origin: 'unmanaged',
      externalId: 'e-1',
    })
    const { items } = await world.tenant.pendingEvents()
    const own = items.filter(({ event }) => event.aggregate.id === made.tenantAccount)
    expect(own.map(({ event }) => [event.type, event.aggregateVersion])).toEqual([
      ['tenant_account.joined', 1],
      ['tenant_account.left', 2],
      ['tenant_account.joined', 3],
    ])
  })

  it('nobody joins twice, and a version can not be expected of an account that is not there', async () => {
    const world = await createWorld()
    const { user } = await world.provision()
    expect(await refusal(world.tenant.joinTenant({ userId: user }))).toMatchObject({
      code: 'ALREADY_EXISTS',
      details: { constraint: 'tenant_account_user' },
    })
    expect(await refusal(world.otherTenant.joinTenant({ userId: user, expectedVersion: 1 }))).toMatchObject({
      code: 'VERSION_CONFLICT',
    })
  })

  it('an external id is taken once in a tenant, and free in another', async () => {
    const world = await createWorld()
    await world.provision({ tenantAccount: { externalId: 'e-1' } })
    const { user } = await world.provision()
    expect(await refusal(world.provision({ tenantAccount: { externalId: 'e-1' } }))).toMatchObject({
      code: 'ALREADY_EXISTS',
      details: { constraint: 'tenant_account_external_id' },
    })
    await world.otherTenant.joinTenant({ userId: user, externalId: 'e-1' })
  })

  it('one of another tenant looks exactly like one that is not there', async () => {
    const world = await createWorld()
    const { tenantAccount, user } = await world.provision()
    for (const command of ['getTenantAccount', 'leaveTenant', 'suspendTenantAccount'] as const) {
      const foreign = await refusal(world.otherTenant[command]({ tenantAccountId: tenantAccount }))
      const absent = await refusal(world.otherTenant[command]({ tenantAccountId: user }))
      expect(foreign).toMatchObject({ code: 'NOT_FOUND' })
      expect(JSON.stringify(foreign)).toBe(JSON.stringify(absent))
      expect(String(foreign)).toBe(String(absent))
    }
    expect((await world.otherTenant.listTenantAccounts()).items).toEqual([])
    expect((await world.tenant.listTenantAccounts()).items).toHaveLength(1)
  })

  it('needs a tenant, and says so before the policy is asked', async () => {
    const world = await createWorld()
    const { tenantAccount, user } = await world.provision()
    world.asked.length = 0
    for (const attempt of [
      world.directory.joinTenant({ userId: user }),
      world.directory.leaveTenant({ tenantAccountId: tenantAccount }),
      world.directory.listTenantAccounts(),
      world.directory.transaction((unit) => unit.getTenantAccount({ tenantAccountId: tenantAccount })),
    ]) {
      expect(await refusal(attempt)).toMatchObject({ code: 'TENANT_REQUIRED' })
    }
    expect(world.asked).toEqual([])
  })

  it('pages through the tenant, each account once', async () => {
    const world = await createWorld()
    const made = []
    for (let index = 0; index < 7; index += 1) made.push((await world.provision()).tenantAccount)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<typeof world.tenant.listTenantAccounts>> =
        await world.tenant.listTenantAccounts({ cursor, limit: 3 })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(seen).toEqual(made.toSorted())
  })

  it('a cursor belongs to its list and scope', async () => {
    const world = await createWorld()
    await world.provision()
    await world.provision()
    const { nextCursor } = await world.tenant.listTenantAccounts({ limit: 1 })
    expect(nextCursor).toBeTypeOf('string')
    for (const attempt of [
      world.otherTenant.listTenantAccounts({ cursor: nextCursor }),
      world.tenant.listUsers({ cursor: nextCursor }),
      world.tenant.listTenantAccounts({ cursor: 'nonsense' }),
      world.tenant.listTenantAccounts({ cursor: Buffer.from('[1,2,3]').toString('base64url') }),
    ]) {
      expect(await refusal(attempt)).toMatchObject({ code: 'INVALID_CURSOR' })
    }
  })
})
