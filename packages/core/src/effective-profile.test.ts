import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { bound, issuesOf, named, onBehalfOf, publish, set, source } from '../test/profiles.ts'
import { createWorld, ISSUER, refusal, type World } from '../test/world.ts'
import type { AttributeDefinition } from './index.ts'

describe.each(['eager', 'deferred'] as const)('profiles, with %s writes', (writes) => {
  it('resolve application over tenant over platform, and say why', async () => {
    const world = await createWorld({ writes })
    const { applicationId } = await bound(world)
    const { user: userId, subject } = await world.provision()
    const attributes = ['theme', 'title', 'nickName'].map((name) => ({ name }))
    await publish(world.directory, attributes)
    await publish(world.tenant, attributes)
    const applicationCatalog = await publish(world.directory, attributes, applicationId)
    await set(world.directory, userId, { theme: 'p', title: 'p', nickName: 'p' })
    await set(world.tenant, userId, { theme: 't', title: 't' })
    const own = { userId, applicationId, source }
    await world.tenant.setApplicationProfileValues({ ...own, values: named({ theme: 'a' }) })
    const expected = named({ theme: 'a', title: 't', nickName: 'p' })
    expect(await world.tenant.getProfile({ userId, applicationId })).toEqual(expected)
    const signIn = await world.tenant.resolveIdentity({ issuer: ISSUER, subject, applicationId })
    expect(signIn).toMatchObject({ outcome: 'active', profile: expected })
    expect(await world.tenant.getProfile({ userId })).toEqual(
      named({ theme: 't', title: 't', nickName: 'p' }),
    )
    expect(await world.directory.getProfile({ userId })).toEqual(
      named({ theme: 'p', title: 'p', nickName: 'p' }),
    )
    const why = await world.tenant.explainProfile({ userId, applicationId })
    expect(why.attributes.at(-2)).toEqual({
      attribute: 'profile:theme',
      layer: 'application',
      source,
      catalogId: applicationCatalog,
      hidden: [
        { layer: 'tenant', reason: 'overridden' },
        { layer: 'platform', reason: 'overridden' },
      ],
      visibility: ['self', 'tenant', 'application', 'platform'],
      withheldFrom: [],
      sensitivity: 'personal',
    })
  })

  it('of one tenant are nothing in another, and a user who is not there is not found', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    await publish(world.tenant, [{ name: 'title' }])
    await publish(world.otherTenant, [{ name: 'title' }])
    await set(world.tenant, userId, { title: 'Guide' })
    for (const attempt of [
      world.otherTenant.getProfile({ userId }),
      world.otherTenant.explainProfile({ userId }),
      set(world.otherTenant, userId, { title: 'Spy' }),
    ]) {
      expect(await refusal(attempt)).toMatchObject({ code: 'NOT_FOUND', details: { kind: 'tenant_account' } })
    }
    await world.otherTenant.joinTenant({ userId })
    expect(await world.otherTenant.getProfile({ userId })).toEqual({})
  })

  it('are not shown to a tenant that the user has left', async () => {
    const world = await createWorld({ writes })
    const { user: userId, tenantAccount } = await world.provision()
    await publish(world.directory, [{ name: 'title' }])
    await set(world.directory, userId, { title: 'Guide' })
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ title: 'Guide' }))
    await world.tenant.leaveTenant({ tenantAccountId: tenantAccount })
    for (const attempt of [world.tenant.getProfile({ userId }), world.tenant.explainProfile({ userId })]) {
      expect(await refusal(attempt)).toMatchObject({ code: 'NOT_FOUND', details: { kind: 'tenant_account' } })
    }
    expect(await refusal(set(world.tenant, userId, { title: 'x' }))).toMatchObject({ code: 'INVALID_STATE' })
  })

  it('are decided above where a definition is final', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    await publish(world.directory, [{ name: 'title' }])
    await set(world.directory, userId, { title: 'p' })
    await set(world.tenant, userId, { title: 't' })
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ title: 't' }))
    await publish(world.directory, [{ name: 'title', final: true }])
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ title: 'p' }))
    expect(await world.tenant.explainProfile({ userId })).toMatchObject({
      attributes: [{ layer: 'platform', hidden: [{ layer: 'tenant', reason: 'final' }] }],
    })
    expect(await issuesOf(set(world.tenant, userId, { title: 'x' }))).toEqual(['profile:title final'])
  })

  it('show each audience what all layers allow, at the highest sensitivity', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    await publish(world.directory, [
      { name: 'title', visibility: ['self', 'tenant'], sensitivity: 'special' },
    ])
    await publish(world.tenant, [
      { name: 'title', visibility: ['tenant', 'application'], sensitivity: 'public' },
    ])
    await set(world.tenant, userId, { title: 'Guide' })
    const seen = async (audience: 'self' | 'tenant' | 'application' | 'platform') =>
      Object.keys(await onBehalfOf(world, audience).getProfile({ userId })).length
    expect([
      await seen('self'),
      await seen('tenant'),
      await seen('application'),
      await seen('platform'),
    ]).toEqual([0, 1, 0, 0])
    expect(await world.tenant.explainProfile({ userId })).toMatchObject({
      attributes: [
        { visibility: ['tenant'], withheldFrom: ['self', 'application', 'platform'], sensitivity: 'special' },
      ],
    })
  })

  it('keep out what no longer fits and what is declared no more', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    const first = await publish(world.tenant, [{ name: 'title' }, { name: 'level' }])
    await set(world.tenant, userId, { title: 'Guide', level: 'three' })
    const catalogId = await publish(world.tenant, [{ name: 'title' }, { name: 'level', type: 'integer' }])
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ title: 'Guide' }))
    const reasons = async () =>
      (await world.tenant.explainProfile({ userId })).attributes.map(({ attribute, hidden }) => [
        attribute,
        hidden.map(({ reason }) => reason),
      ])
    expect(await reasons()).toEqual([
      ['profile:level', ['outdated']],
      ['profile:title', []],
    ])
    await world.tenant.deprecateCatalog({ catalogId })
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ title: 'Guide' }))
    await world.tenant.retireCatalog({ catalogId })
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ title: 'Guide', level: 'three' }))
    await world.tenant.retireCatalog({ catalogId: first })
    expect(await world.tenant.getProfile({ userId })).toEqual({})
    expect(await reasons()).toEqual([
      ['profile:level', ['undeclared']],
      ['profile:title', ['undeclared']],
    ])
  })

  it('have nothing that SCIM never returns, and neither has an event of it', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    const device: Omit<AttributeDefinition, 'name'> = {
      type: 'complex',
      sensitivity: 'public',
      subAttributes: [
        { name: 'label' },
        { name: 'code', returned: 'never' },
        { name: 'seed', mutability: 'writeOnly' },
        { name: 'note', returned: 'request' },
      ],
    }
    await publish(world.tenant, [
      { name: 'pin', mutability: 'writeOnly', sensitivity: 'public' },
      { name: 'hint', returned: 'never', sensitivity: 'internal' },
      { name: 'vault', mutability: 'writeOnly', returned: 'always' },
      { name: 'device', ...device },
      { name: 'devices', multiValued: true, ...device },
    ])
    const canary = 'canary-1c9d'
    const own = (label: string) => ({ label, code: canary, seed: canary, note: canary })
    const values = {
      pin: canary,
      hint: canary,
      vault: `vault://${canary}`,
      device: own('phone'),
      devices: [own('key'), own('card')],
    }
    await set(world.tenant, userId, values)
    const shown = { device: { label: 'phone' }, devices: [{ label: 'key' }, { label: 'card' }] }
    expect(await world.tenant.getProfile({ userId })).toEqual(named(shown))
    const attributes = Object.keys(named(values))
    expect(await world.tenant.getProfile({ userId, attributes })).toEqual(named(shown))
    const { items } = await world.tenant.pendingEvents({ limit: 500 })
    const told = items.flatMap(({ event: { type, data } }) =>
      type === 'profile_value.set' && 'value' in data ? [[data['attribute'], data['value']]] : [],
    )
    expect(Object.fromEntries(told)).toEqual(named(shown))
  })

  it('have what is always returned also where others are asked for', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    await publish(world.tenant, [{ name: 'title' }, { name: 'key', returned: 'always' }, { name: 'level' }])
    await set(world.tenant, userId, { title: 'Guide', key: 'k', level: 'three' })
    const ask = (...attributes: readonly string[]) =>
      world.tenant.getProfile({ userId, attributes: [...attributes] })
    expect(await ask('profile:title')).toEqual(named({ title: 'Guide', key: 'k' }))
    expect(await ask()).toEqual(named({ key: 'k' }))
  })

  it('follow the version that the binding stays with', async () => {
    const world = await createWorld({ writes })
    const { applicationId, bindingId } = await bound(world)
    const { user: userId } = await world.provision()
    const first = await publish(world.directory, [{ name: 'theme' }], applicationId)
    await world.tenant.pinBindingCatalog({ bindingId, catalogId: first })
    await publish(world.directory, [{ name: 'theme' }, { name: 'font' }], applicationId)
    const write = () =>
      world.tenant.setApplicationProfileValues({
        userId,
        applicationId,
        values: named({ font: 'mono' }),
        source,
      })
    expect(await issuesOf(write())).toEqual(['profile:font undeclared'])
    await world.tenant.pinBindingCatalog({ bindingId, catalogId: null })
    await write()
    expect(await world.tenant.getProfile({ userId, applicationId })).toEqual(named({ font: 'mono' }))
    await world.tenant.suspendBinding({ bindingId })
    expect(await refusal(write())).toMatchObject({
      code: 'INVALID_STATE',
      details: { kind: 'application_binding' },
    })
  })
})

describe('a sign-in', () => {
  it('answers nothing of the profile where it is refused', async () => {
    const world: World = await createWorld()
    const { user, subject } = await world.provision()
    await publish(world.tenant, [{ name: 'title' }])
    await set(world.tenant, user, { title: 'canary-77' })
    await world.directory.suspendUser({ userId: user })
    const refused = await world.tenant.resolveIdentity({ issuer: ISSUER, subject })
    expect(inspect(refused, { depth: 9 })).not.toContain('canary-77')
  })

  it('reads no profile that is not asked for, and is the same otherwise', async () => {
    const world = await createWorld()
    const { applicationId } = await bound(world)
    const { user, subject } = await world.provision()
    await publish(world.tenant, [{ name: 'title' }])
    await set(world.tenant, user, { title: 'Guide' })
    const identity = { issuer: ISSUER, subject }
    for (const each of [identity, { ...identity, applicationId }]) {
      const full = await world.tenant.resolveIdentity(each)
      const short = await world.tenant.resolveIdentity({ ...each, profile: false })
      expect(short).toEqual({ ...full, profile: null })
    }
    const made = await world.tenant.resolveOrProvision({ ...identity, profile: false })
    expect(made).toMatchObject({ outcome: 'active', profile: null, provisioned: false })
  })

  it('sees a new version at once, although the one before is compiled', async () => {
    const world = await createWorld()
    const { user, subject } = await world.provision()
    const seen = async () => {
      const found = await world.tenant.resolveIdentity({ issuer: ISSUER, subject })
      return found.outcome === 'active' ? found.profile : null
    }
    await publish(world.tenant, [{ name: 'title' }])
    await set(world.tenant, user, { title: 'Guide' })
    expect(await seen()).toEqual(named({ title: 'Guide' }))
    await publish(world.tenant, [{ name: 'title', returned: 'request' }])
    expect(await seen()).toEqual({})
    const asked = await world.tenant.getProfile({ userId: user, attributes: ['profile:title'] })
    expect(asked).toEqual(named({ title: 'Guide' }))
  })
})
