import { randomUUID } from 'node:crypto'

import { StoreError, type StoreTransaction, type UserEngineStore } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { counts, createWorld, deny, ISSUER, refusal } from '../test/world.ts'

describe.each(['eager', 'deferred'] as const)('resolveOrProvision, with %s writes', (writes) => {
  it('16 at once: one makes the user, all get the same one', async () => {
    const world = await createWorld({ writes })
    const before = await counts(world)
    const input = { issuer: ISSUER, subject: 'new', tenantAccount: { externalId: 'e-1' } }
    const found = await Promise.all(Array.from({ length: 16 }, () => world.tenant.resolveOrProvision(input)))
    expect(found.filter(({ provisioned }) => provisioned)).toHaveLength(1)
    expect(new Set(found.map((each) => (each.outcome === 'active' ? each.user.id : each.reason))).size).toBe(
      1,
    )
    expect(found[0]).toMatchObject({ outcome: 'active', tenantAccount: { externalId: 'e-1' } })
    const after = await counts(world)
    expect(after.users - before.users).toBe(1)
    expect(after.tenantAccounts - before.tenantAccounts).toBe(1)
    expect(after.auditRecords - before.auditRecords).toBe(1)
  })

  it('16 at once for a known user who is new to the tenant: one account, nobody fails', async () => {
    const world = await createWorld({ writes })
    const { user, subject } = await world.provision()
    const input = { issuer: ISSUER, subject }
    const found = await Promise.all(
      Array.from({ length: 16 }, () => world.otherTenant.resolveOrProvision(input)),
    )
    expect(found.filter(({ provisioned }) => provisioned)).toHaveLength(1)
    for (const each of found) expect(each).toMatchObject({ outcome: 'active', user: { id: user } })
    expect((await world.otherTenant.listTenantAccounts()).items).toHaveLength(1)
  })

  it('16 compositions at once: all get the same user, and each keeps the rest of its work', async () => {
    const world = await createWorld({ writes })
    const input = { issuer: ISSUER, subject: 'new' }
    const found = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        world.tenant.transaction(async (unit) => {
          await unit.registerTenant({ externalRef: `${index}` })
          return unit.resolveOrProvision(input)
        }),
      ),
    )
    expect(new Set(found.map((each) => (each.outcome === 'active' ? each.user.id : each.reason))).size).toBe(
      1,
    )
    expect(found[0]?.outcome).toBe('active')
    const { users, tenants } = await counts(world)
    expect([users, tenants]).toEqual([1, 2 + 16])
  })

  it('answers that the tenant refuses, where it is suspended or unknown, and makes nobody', async () => {
    const world = await createWorld({ writes })
    const known = world.subject()
    await world.otherTenant.provisionUser({ identity: { issuer: ISSUER, subject: known } })
    await world.directory.suspendTenant({ tenantId: world.tenantId })
    const before = await counts(world)
    const nowhere = world.as(randomUUID())
    for (const [session, reason] of [
      [world.tenant, 'suspended'],
      [nowhere, 'unknown'],
    ] as const) {
      for (const subject of [known, 'new']) {
        const refused = { outcome: 'refused', level: 'tenant', reason, provisioned: false }
        expect(await session.resolveOrProvision({ issuer: ISSUER, subject })).toMatchObject(refused)
      }
    }
    expect(await counts(world)).toEqual(before)
  })

  it('does not take back who left, nor let in who is suspended', async () => {
    const world = await createWorld({ writes })
    const left = await world.provision()
    await world.tenant.leaveTenant({ tenantAccountId: left.tenantAccount })
    const suspended = await world.provision()
    await world.directory.suspendUser({ userId: suspended.user })
    const before = await counts(world)
    for (const [subject, level, reason] of [
      [left.subject, 'tenant_account', 'deprovisioned'],
      [suspended.subject, 'user', 'suspended'],
    ] as const) {
      expect(await world.tenant.resolveOrProvision({ issuer: ISSUER, subject })).toMatchObject({
        outcome: 'refused',
        level,
        reason,
        provisioned: false,
      })
    }
    expect(await counts(world)).toEqual(before)
  })

  it('makes nobody where the policy refuses to', async () => {
    const world = await createWorld({ writes })
    const before = await counts(world)
    world.decide(deny('user.provision'))
    const attempt = world.tenant.resolveOrProvision({ issuer: ISSUER, subject: 'new' })
    expect(await refusal(attempt)).toMatchObject({ code: 'ACCESS_DENIED' })
    expect(await counts(world)).toEqual({ ...before, denials: before.denials + 1 })
  })

  it('gives up with CONTENTION where the winner stays out of sight', async () => {
    const taken = new StoreError('CONFLICT', { constraint: 'external_identity_subject' })
    const hiding = (tx: StoreTransaction): StoreTransaction => ({
      ...tx,
      externalIdentities: { ...tx.externalIdentities, insert: () => Promise.reject(taken) },
      nested: (work) => tx.nested((inner) => work(hiding(inner))),
    })
    const around = (store: UserEngineStore): UserEngineStore => ({
      ...store,
      transaction: (scope, work) => store.transaction(scope, (tx) => work(hiding(tx))),
    })
    const world = await createWorld({ writes, around, attempts: 3 })
    const input = { issuer: ISSUER, subject: 'new' }
    const alone = world.tenant.resolveOrProvision(input)
    expect(await refusal(alone)).toMatchObject({ code: 'CONTENTION' })
    const composed = world.tenant.transaction((unit) => unit.resolveOrProvision(input))
    expect(await refusal(composed)).toMatchObject({ code: 'CONTENTION' })
    expect((await counts(world)).users).toBe(0)
  })
})
