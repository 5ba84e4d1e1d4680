import { randomUUID } from 'node:crypto'

import { DIRECTORY, directoryScope, parseApplicationId, parseAttributeCatalogId } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { createWorld, ISSUER, refusal, type World } from '../test/world.ts'

async function offered(world: World, clientKey = 'portal') {
  const { application } = await world.directory.registerApplication({ clientKey })
  await world.directory.activateApplication({ applicationId: application.id })
  return application.id
}

describe.each(['eager', 'deferred'] as const)('applications, with %s writes', (writes) => {
  it('of the directory are seen in every tenant once they are no drafts; of a tenant in it alone', async () => {
    const world = await createWorld({ writes })
    const { application } = await world.directory.registerApplication({ clientKey: 'portal' })
    const applicationId = application.id
    expect(await refusal(world.tenant.getApplication({ applicationId }))).toMatchObject({ code: 'NOT_FOUND' })
    await world.directory.activateApplication({ applicationId })
    const own = await world.tenant.registerApplication({ clientKey: 'portal' })
    const seen = async (session: World['tenant']) =>
      (await session.listApplications()).items.map(({ id }) => id)
    expect(await seen(world.tenant)).toEqual([applicationId, own.application.id])
    expect(await seen(world.otherTenant)).toEqual([applicationId])
    expect(await seen(world.directory)).toEqual([applicationId])
    const foreign = { applicationId: own.application.id }
    for (const attempt of [
      world.otherTenant.getApplication(foreign),
      world.otherTenant.activateApplication(foreign),
      world.otherTenant.requestBinding(foreign),
      world.directory.retireApplication(foreign),
    ]) {
      expect(await refusal(attempt)).toMatchObject({ code: 'NOT_FOUND', details: { kind: 'application' } })
    }
  })

  it('have a client key of their own for each owner', async () => {
    const world = await createWorld({ writes })
    await offered(world)
    await world.directory.registerApplication({ clientKey: 'Portal' })
    const again = world.directory.registerApplication({ clientKey: 'portal' })
    expect(await refusal(again)).toMatchObject({ details: { constraint: 'application_client_key' } })
    await world.tenant.registerApplication({ clientKey: 'portal' })
  })
})

describe.each(['eager', 'deferred'] as const)('bindings, with %s writes', (writes) => {
  it('are one for each application; a revoked one is requested again', async () => {
    const world = await createWorld({ writes })
    const applicationId = await offered(world)
    const { binding } = await world.tenant.requestBinding({ applicationId })
    const twice = world.tenant.requestBinding({ applicationId })
    expect(await refusal(twice)).toMatchObject({
      details: { constraint: 'application_binding_application' },
    })
    await world.otherTenant.requestBinding({ applicationId })
    await world.tenant.revokeBinding({ bindingId: binding.id })
    const again = await world.tenant.requestBinding({ applicationId })
    expect(again.binding).toEqual({ id: binding.id, version: 3 })
  })

  it('are asked for while application and tenant are active', async () => {
    const world = await createWorld({ writes })
    const applicationId = await offered(world)
    await world.directory.disableApplication({ applicationId })
    const disabled = world.tenant.requestBinding({ applicationId })
    expect(await refusal(disabled)).toMatchObject({ details: { kind: 'application', state: 'disabled' } })
    await world.directory.activateApplication({ applicationId })
    await world.directory.suspendTenant({ tenantId: world.tenantId })
    const suspended = world.tenant.requestBinding({ applicationId })
    expect(await refusal(suspended)).toMatchObject({ details: { kind: 'tenant', state: 'suspended' } })
  })

  it('of an application that is disabled at once: never both without a conflict', async () => {
    for (let round = 0; round < 20; round += 1) {
      const world = await createWorld({ writes })
      const applicationId = await offered(world)
      const [request, disable] = await Promise.allSettled([
        world.tenant.requestBinding({ applicationId }),
        world.directory.disableApplication({ applicationId, expectedVersion: 2 }),
      ])
      expect(disable.status).toBe('fulfilled')
      if (request.status === 'rejected') expect(request.reason).toMatchObject({ code: 'INVALID_STATE' })
    }
  })

  it('pin a catalog of their application that is published or deprecated', async () => {
    const world = await createWorld({ writes })
    const applicationId = await offered(world)
    const { binding } = await world.tenant.requestBinding({ applicationId })
    const bindingId = binding.id
    const catalogOf = async (ownerId: string, state: 'draft' | 'published', catalogVersion: number) => {
      const at = new Date()
      const catalog = {
        scopeId: DIRECTORY,
        id: parseAttributeCatalogId(randomUUID()),
        layer: 'application',
        ownerId: parseApplicationId(ownerId),
        key: 'profile',
        catalogVersion,
        state,
        definitions: [],
        version: 1,
        createdAt: at,
        updatedAt: at,
      }
      await world.store.transaction(directoryScope(), (tx) => tx.attributeCatalogs.insert(catalog as never))
      return catalog.id
    }
    const other = await offered(world, 'other')
    const foreign = await catalogOf(other, 'published', 1)
    const draft = await catalogOf(applicationId, 'draft', 2)
    const published = await catalogOf(applicationId, 'published', 1)
    for (const catalogId of [foreign, draft, randomUUID()]) {
      const refused = world.tenant.pinBindingCatalog({ bindingId, catalogId })
      expect(await refusal(refused)).toMatchObject({
        code: 'NOT_FOUND',
        details: { kind: 'attribute_catalog' },
      })
    }
    await world.tenant.pinBindingCatalog({ bindingId, catalogId: published })
    expect(await world.tenant.getBinding({ bindingId })).toMatchObject({ catalogId: published, version: 2 })
    await world.tenant.pinBindingCatalog({ bindingId, catalogId: null })
    expect(await world.tenant.getBinding({ bindingId })).toMatchObject({ catalogId: null })
    await world.tenant.revokeBinding({ bindingId })
    const late = world.tenant.pinBindingCatalog({ bindingId, catalogId: published })
    expect(await refusal(late)).toMatchObject({ code: 'INVALID_STATE' })
  })

  it('and application decide on a sign-in that names the application', async () => {
    const world = await createWorld({ writes })
    const applicationId = await offered(world)
    const { subject } = await world.provision()
    const ask = { issuer: ISSUER, subject, applicationId }
    const told = async (session = world.tenant) => {
      const answer = await session.resolveIdentity(ask)
      return answer.outcome === 'refused' ? [answer.level, answer.reason] : answer.outcome
    }
    expect(await told()).toEqual(['binding', 'unknown'])
    const { binding } = await world.tenant.requestBinding({ applicationId })
    expect(await told()).toEqual(['binding', 'requested'])
    await world.tenant.activateBinding({ bindingId: binding.id })
    expect(await told()).toBe('active')
    expect(await world.tenant.resolveIdentity(ask)).toMatchObject({
      application: { id: applicationId },
      binding: { id: binding.id },
    })
    await world.tenant.suspendBinding({ bindingId: binding.id })
    expect(await told()).toEqual(['binding', 'suspended'])
    expect(await told(world.directory)).toBe('active')
    await world.directory.disableApplication({ applicationId })
    expect(await told()).toEqual(['application', 'disabled'])
    expect(await told(world.directory)).toEqual(['application', 'disabled'])
    const absent = { ...ask, applicationId: randomUUID() }
    expect(await world.tenant.resolveIdentity(absent)).toMatchObject({
      level: 'application',
      reason: 'unknown',
    })
    expect(await world.tenant.resolveIdentity({ issuer: ISSUER, subject })).toMatchObject({
      outcome: 'active',
      application: null,
      binding: null,
    })
  })
})
