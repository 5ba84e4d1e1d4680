import { describe, expect, it } from 'vitest'

import { counts, createWorld, ISSUER, refusal, type World } from '../test/world.ts'
import { comparable } from './input.ts'

async function readers(world: World) {
  const { group } = await world.tenant.createGroup({ key: 'Readers', displayName: 'The Readers' })
  const person = await world.provision()
  const added = { groupId: group.id, tenantAccountId: person.tenantAccount, roles: ['b', 'a'] }
  const { membership } = await world.tenant.addMembership(added)
  const signIn = async () => {
    const answer = await world.tenant.resolveIdentity({ issuer: ISSUER, subject: person.subject })
    return answer.outcome === 'active' ? answer.memberships : answer.level
  }
  return { groupId: group.id, membershipId: membership.id, added, signIn, person }
}

describe('group keys', () => {
  it.each([
    [' Readers ', 'readers'],
    ['ＲＥＡＤＥＲＳ', 'readers'],
    ['ﬁeld', 'field'],
    ['CAFE\u0301', 'caf\u00e9'],
    ['K', 'k'],
  ])('%j and %j are one', async (one, other) => {
    const world = await createWorld()
    const { group } = await world.tenant.createGroup({ key: one, displayName: one })
    expect(await world.tenant.getGroup({ groupId: group.id })).toMatchObject({ key: other, displayName: one })
    const again = world.tenant.createGroup({ key: other, displayName: 'x' })
    expect(await refusal(again)).toMatchObject({
      code: 'ALREADY_EXISTS',
      details: { constraint: 'group_key' },
    })
    await world.otherTenant.createGroup({ key: other, displayName: 'x' })
  })

  it('one normalised key is its own normal form, in every language', () => {
    for (const key of ['İstanbul', 'IĞDIR', 'ΑΣ', 'straße', 'ǅ', '\u1e9b\u0323', 'Å']) {
      expect(comparable(comparable(key))).toBe(comparable(key))
    }
  })

  it.each([
    '',
    '   ',
    'a\u200bb',
    '\u200b',
    'a\u0000',
    '\ud800',
    'x'.repeat(257),
    '\ufdfa'.repeat(20),
    7,
    null,
  ])('%j is refused, and not repeated', async (key) => {
    const world = await createWorld()
    const before = await counts(world)
    const error = await refusal(world.tenant.createGroup({ key: key as string, displayName: 'x' }))
    expect(error).toMatchObject({ code: 'INVALID_INPUT', details: { issues: [{ path: 'key' }] } })
    expect(await counts(world)).toEqual(before)
  })
})

describe.each(['eager', 'deferred'] as const)('memberships, with %s writes', (writes) => {
  it('are seen by a sign-in while they and their group are active', async () => {
    const world = await createWorld({ writes })
    const { groupId, membershipId, signIn } = await readers(world)
    const seen = [{ membership: { id: membershipId, roles: ['b', 'a'] }, group: { key: 'readers' } }]
    expect(await signIn()).toMatchObject(seen)
    await world.tenant.suspendGroup({ groupId })
    expect(await signIn()).toEqual([])
    await world.tenant.reactivateGroup({ groupId })
    await world.tenant.suspendMembership({ membershipId })
    expect(await signIn()).toEqual([])
    await world.tenant.reactivateMembership({ membershipId })
    expect(await signIn()).toMatchObject(seen)
    await world.tenant.changeMembershipRoles({ membershipId, roles: [] })
    expect(await signIn()).toMatchObject([{ membership: { roles: [] } }])
    await world.tenant.removeGroup({ groupId })
    expect(await signIn()).toEqual([])
  })

  it('are of no use in a tenant, or with a tenant account, that is suspended', async () => {
    const world = await createWorld({ writes })
    const { person, signIn } = await readers(world)
    await world.tenant.suspendTenantAccount({ tenantAccountId: person.tenantAccount })
    expect(await signIn()).toBe('tenant_account')
    await world.tenant.reactivateTenantAccount({ tenantAccountId: person.tenantAccount })
    await world.directory.suspendTenant({ tenantId: world.tenantId })
    expect(await signIn()).toBe('tenant')
  })

  it('who was removed comes back to the same membership, with other roles', async () => {
    const world = await createWorld({ writes })
    const { membershipId, added } = await readers(world)
    const twice = world.tenant.addMembership(added)
    expect(await refusal(twice)).toMatchObject({ details: { constraint: 'membership_member' } })
    await world.tenant.removeMembership({ membershipId })
    const again = await world.tenant.addMembership({ ...added, roles: ['c'], expectedVersion: 2 })
    expect(again.membership).toEqual({ id: membershipId, version: 3 })
    expect(await world.tenant.getMembership({ membershipId })).toMatchObject({
      roles: ['c'],
      state: 'active',
    })
  })

  it('nobody is added to a group, with an account or in a tenant that is not active', async () => {
    const world = await createWorld({ writes })
    const { groupId, added } = await readers(world)
    const { tenantAccount } = await world.provision()
    const add = (own: object) => refusal(world.tenant.addMembership({ ...added, ...own }))
    await world.tenant.suspendTenantAccount({ tenantAccountId: tenantAccount })
    expect(await add({ tenantAccountId: tenantAccount })).toMatchObject({
      details: { kind: 'tenant_account' },
    })
    const other = (await world.provision()).tenantAccount
    await world.tenant.suspendGroup({ groupId })
    expect(await add({ tenantAccountId: other })).toMatchObject({
      details: { kind: 'group', state: 'suspended' },
    })
    await world.tenant.reactivateGroup({ groupId })
    await world.directory.suspendTenant({ tenantId: world.tenantId })
    expect(await add({ tenantAccountId: other })).toMatchObject({ details: { kind: 'tenant' } })
  })

  it('another tenant finds neither group nor membership, and puts nobody into them', async () => {
    const world = await createWorld({ writes })
    const { groupId, membershipId, added } = await readers(world)
    for (const attempt of [
      world.otherTenant.getGroup({ groupId }),
      world.otherTenant.removeGroup({ groupId }),
      world.otherTenant.getMembership({ membershipId }),
      world.otherTenant.removeMembership({ membershipId }),
      world.otherTenant.addMembership(added),
    ]) {
      expect(await refusal(attempt)).toMatchObject({ code: 'NOT_FOUND' })
    }
    expect((await world.otherTenant.listGroupMembers({ groupId })).items).toEqual([])
    expect((await world.otherTenant.listGroups()).items).toEqual([])
  })

  it('adding somebody against removing the group: never a membership that is newer than the removal', async () => {
    for (let round = 0; round < 20; round += 1) {
      const world = await createWorld({ writes })
      const { groupId, added } = await readers(world)
      const { tenantAccount } = await world.provision()
      const [add, remove] = await Promise.allSettled([
        world.tenant.addMembership({ ...added, tenantAccountId: tenantAccount }),
        world.tenant.removeGroup({ groupId, expectedVersion: 1 }),
      ])
      expect(remove.status).toBe('fulfilled')
      if (add.status === 'rejected') expect(add.reason).toMatchObject({ code: 'INVALID_STATE' })
    }
  })

  it('roles are up to 100 distinct texts', async () => {
    const world = await createWorld({ writes })
    const { membershipId } = await readers(world)
    for (const roles of [
      ['a', 'a'],
      Array.from({ length: 101 }, (_, i) => String(i)),
      [''],
      ['\u0000'],
      [1],
      'a',
    ]) {
      const error = await refusal(
        world.tenant.changeMembershipRoles({ membershipId, roles: roles as string[] }),
      )
      expect(error).toMatchObject({ code: 'INVALID_INPUT' })
    }
  })

  it('of 8 parallel groups of one key one is made', async () => {
    const world = await createWorld({ writes })
    const made = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) =>
        world.tenant.createGroup({ key: index % 2 === 0 ? 'KEY' : 'key', displayName: 'x' }),
      ),
    )
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})
