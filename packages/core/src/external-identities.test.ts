import { describe, expect, it } from 'vitest'

import { counts, createWorld, ISSUER, refusal } from '../test/world.ts'
import { isUserEngineError } from './errors.ts'

const codeOf = (error: unknown) => (isUserEngineError(error) ? error.code : error)

async function outcomes(tries: readonly Promise<unknown>[]) {
  const settled = await Promise.allSettled(tries)
  return {
    won: settled.filter(({ status }) => status === 'fulfilled').length,
    lost: settled.flatMap((each) => (each.status === 'rejected' ? [codeOf(each.reason)] : [])),
  }
}

describe.each(['eager', 'deferred'] as const)('external identities, with %s writes', (writes) => {
  it('16 link one identity at once: one gets it, the others hear IDENTITY_TAKEN, nothing is left over', async () => {
    const world = await createWorld({ writes })
    const users = await Promise.all(Array.from({ length: 16 }, () => world.provision()))
    const before = await counts(world)
    const identity = { issuer: ISSUER, subject: 'wanted' }
    const { won, lost } = await outcomes(
      users.map(({ user }) => world.directory.linkIdentity({ userId: user, ...identity })),
    )
    expect(won).toBe(1)
    expect(lost).toEqual(Array.from({ length: 15 }, () => 'IDENTITY_TAKEN'))
    const after = await counts(world)
    expect(after).toEqual({
      ...before,
      externalIdentities: before.externalIdentities + 1,
      auditRecords: before.auditRecords + 1,
      pendingEvents: before.pendingEvents + 1,
      idempotencyRecords: before.idempotencyRecords + 1,
    })
  })

  it.each([2, 3, 5])('%i identities unlinked crosswise at once: one stays', async (count) => {
    for (let round = 0; round < 5; round += 1) {
      const world = await createWorld({ writes })
      const made = await world.provision()
      const identities = [made.identity]
      for (let index = 1; index < count; index += 1) {
        const link = { userId: made.user, issuer: ISSUER, subject: `${index}` }
        identities.push((await world.directory.linkIdentity(link)).identity.id)
      }
      const { won, lost } = await outcomes(
        identities.map((identityId) => world.directory.unlinkIdentity({ userId: made.user, identityId })),
      )
      expect([won, lost]).toEqual([count - 1, ['LAST_IDENTITY']])
      const { items } = await world.directory.listIdentities({ userId: made.user })
      expect(items.filter(({ state }) => state === 'linked')).toHaveLength(1)
    }
  })

  it('the last one stays unless it is said, and is free for others then', async () => {
    const world = await createWorld({ writes })
    const made = await world.provision()
    const other = await world.provision()
    const input = { userId: made.user, identityId: made.identity }
    expect(codeOf(await refusal(world.directory.unlinkIdentity(input)))).toBe('LAST_IDENTITY')
    expect((await world.directory.unlinkIdentity({ ...input, allowLast: true })).identity.version).toBe(2)
    expect(await refusal(world.directory.unlinkIdentity({ ...input, allowLast: true }))).toMatchObject({
      code: 'INVALID_STATE',
      details: { kind: 'external_identity', state: 'unlinked' },
    })
    await world.directory.linkIdentity({ userId: other.user, issuer: ISSUER, subject: made.subject })
    const found = await world.directory.findIdentity({ issuer: ISSUER, subject: made.subject })
    expect(found?.userId).toBe(other.user)
    expect(await world.directory.getIdentity({ identityId: made.identity })).toMatchObject({
      userId: made.user,
      state: 'unlinked',
    })
  })

  it('who unlinks must know whose it is: of another user it is not found', async () => {
    const world = await createWorld({ writes })
    const made = await world.provision()
    const other = await world.provision()
    const foreign = await refusal(
      world.directory.unlinkIdentity({ userId: other.user, identityId: made.identity, allowLast: true }),
    )
    const absent = await refusal(
      world.directory.unlinkIdentity({ userId: other.user, identityId: made.user, allowLast: true }),
    )
    expect(codeOf(foreign)).toBe('NOT_FOUND')
    expect(JSON.stringify(foreign)).toBe(JSON.stringify(absent))
  })

  it('finds the one that stays behind more history than a page holds', async () => {
    const world = await createWorld({ writes })
    const made = await world.provision()
    await world.directory.transaction(async (unit) => {
      const base = { userId: made.user, issuer: ISSUER }
      for (let index = 0; index < 501; index += 1) {
        const { identity } = await unit.linkIdentity({ ...base, subject: `old-${index}` })
        await unit.unlinkIdentity({ userId: made.user, identityId: identity.id, allowLast: true })
      }
      await unit.linkIdentity({ ...base, subject: 'new' })
    })
    await world.directory.unlinkIdentity({ userId: made.user, identityId: made.identity })
    const found = await world.directory.resolveIdentity({ issuer: ISSUER, subject: 'new' })
    expect(found).toMatchObject({ outcome: 'active', user: { id: made.user } })
  })

  it('a tenant has identities of its own, which mean nothing elsewhere', async () => {
    const world = await createWorld({ writes })
    const identity = { issuer: ISSUER, subject: 'same', scope: 'tenant' } as const
    const here = await world.tenant.provisionUser({ identity })
    const there = await world.otherTenant.provisionUser({ identity })
    const everywhere = await world.directory.provisionUser({ identity: { ...identity, scope: 'directory' } })
    expect(await world.tenant.resolveIdentity(identity)).toMatchObject({ user: { id: here.user.id } })
    expect(await world.otherTenant.resolveIdentity(identity)).toMatchObject({ user: { id: there.user.id } })
    expect(
      await world.directory.resolveIdentity({ issuer: ISSUER, subject: 'same', scope: 'directory' }),
    ).toMatchObject({ user: { id: everywhere.user.id } })
    for (const session of [world.otherTenant, world.directory]) {
      const foreign = await refusal(session.getIdentity({ identityId: here.identity.id }))
      expect(codeOf(foreign)).toBe('NOT_FOUND')
    }
    for (const attempt of [
      world.directory.resolveIdentity(identity),
      world.directory.provisionUser({ identity: { ...identity, subject: 'new' } }),
      world.directory.linkIdentity({ userId: here.user.id, ...identity, subject: 'new' }),
    ]) {
      expect(codeOf(await refusal(attempt))).toBe('TENANT_REQUIRED')
    }
  })
})

describe('resolveIdentity', () => {
  it('names the first level that refuses, in the order identity, user, account, tenant, tenant account', async () => {
    const world = await createWorld()
    const made = await world.provision()
    const identity = { issuer: ISSUER, subject: made.subject }
    const answer = async () => {
      const found = await world.tenant.resolveIdentity(identity)
      return found.outcome === 'active' ? 'active' : `${found.level} ${found.reason}`
    }
    expect(await answer()).toBe('active')
    await world.tenant.suspendTenantAccount({ tenantAccountId: made.tenantAccount })
    expect(await answer()).toBe('tenant_account suspended')
    await world.directory.suspendTenant({ tenantId: world.tenantId })
    expect(await answer()).toBe('tenant suspended')
    await world.directory.disableAccount({ userId: made.user })
    expect(await answer()).toBe('account disabled')
    await world.directory.suspendUser({ userId: made.user })
    expect(await answer()).toBe('user suspended')
    await world.directory.unlinkIdentity({ userId: made.user, identityId: made.identity, allowLast: true })
    expect(await answer()).toBe('identity unknown')
  })

  it('tells a tenant that is not there, and a user who is not in it', async () => {
    const world = await createWorld()
    const made = await world.provision()
    const identity = { issuer: ISSUER, subject: made.subject }
    expect(await world.as(made.user).resolveIdentity(identity)).toEqual({
      outcome: 'refused',
      level: 'tenant',
      reason: 'unknown',
      userId: made.user,
    })
    expect(await world.otherTenant.resolveIdentity(identity)).toMatchObject({
      level: 'tenant_account',
      reason: 'unknown',
    })
    expect(await world.directory.resolveIdentity(identity)).toMatchObject({
      outcome: 'active',
      tenant: null,
      tenantAccount: null,
    })
  })
})
