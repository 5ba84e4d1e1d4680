import { describe, expect, it } from 'vitest'

import { interrupting } from '../test/faults.ts'
import { call, COMMANDS } from '../test/operations.ts'
import { bound, publish, set, source } from '../test/profiles.ts'
import { createWorld, ISSUER, refusal, type World } from '../test/world.ts'
import type { Commands, ImportOutcome } from './index.ts'

interface Raced {
  readonly input: object
  /** What somebody else does between the command's read and its write. */
  readonly meanwhile: () => Promise<unknown>
  readonly refusal: object
}

const invalid = (kind: string, state: string) => ({ code: 'INVALID_STATE', details: { kind, state } })

const suspendTenant = (world: World) => ({
  meanwhile: () => world.directory.suspendTenant({ tenantId: world.tenantId }),
  refusal: invalid('tenant', 'suspended'),
})

/** A sample of a command of the tenant, whose tenant is suspended. */
const inTenant = (name: keyof Commands) => async (world: World) => ({
  input: await COMMANDS[name].prepare(world),
  ...suspendTenant(world),
})

async function member(world: World) {
  const { tenantAccount: tenantAccountId } = await world.provision()
  const { group } = await world.tenant.createGroup({ key: world.subject(), displayName: 'Readers' })
  return { groupId: group.id, tenantAccountId }
}

async function retire({ tenant }: World, catalogId: string) {
  await tenant.deprecateCatalog({ catalogId })
  await tenant.retireCatalog({ catalogId })
}

async function applicationValue(world: World) {
  const { applicationId, bindingId } = await bound(world)
  await publish(world.tenant, [{ name: 'title' }])
  const { user: userId } = await world.provision()
  return { bindingId, input: { userId, applicationId, values: { 'profile:title': 'Guide' }, source } }
}

/** By command: each record that its decision rests on. */
const RACES: Readonly<
  Partial<Record<keyof Commands, Readonly<Record<string, (world: World) => Promise<Raced>>>>>
> = {
  provisionUser: { tenant: inTenant('provisionUser') },
  createGroup: { tenant: inTenant('createGroup') },
  linkIdentity: {
    async user(world) {
      const { user: userId } = await world.provision()
      return {
        input: { userId, issuer: ISSUER, subject: world.subject() },
        meanwhile: () => world.directory.suspendUser({ userId }),
        refusal: invalid('user', 'suspended'),
      }
    },
    async 'version of the user'(world) {
      const { user: userId } = await world.provision()
      return {
        input: { userId, issuer: ISSUER, subject: world.subject(), expectedVersion: 1 },
        async meanwhile() {
          await world.directory.suspendUser({ userId })
          await world.directory.reactivateUser({ userId })
        },
        refusal: { code: 'VERSION_CONFLICT', details: { kind: 'user' } },
      }
    },
  },
  unlinkIdentity: {
    async 'other identity'(world) {
      const { user: userId, identity: identityId } = await world.provision()
      const other = { userId, issuer: ISSUER, subject: world.subject() }
      const { identity } = await world.directory.linkIdentity(other)
      return {
        input: { userId, identityId },
        meanwhile: () => world.directory.unlinkIdentity({ userId, identityId: identity.id }),
        refusal: { code: 'LAST_IDENTITY' },
      }
    },
  },
  joinTenant: {
    tenant: inTenant('joinTenant'),
    async user(world) {
      const input = (await COMMANDS.joinTenant.prepare(world)) as { userId: string }
      return {
        input,
        meanwhile: () => world.directory.suspendUser(input),
        refusal: invalid('user', 'suspended'),
      }
    },
  },
  addMembership: {
    tenant: inTenant('addMembership'),
    async group(world) {
      const input = await member(world)
      return {
        input,
        meanwhile: () => world.tenant.suspendGroup({ groupId: input.groupId }),
        refusal: invalid('group', 'suspended'),
      }
    },
    async 'tenant account'(world) {
      const input = await member(world)
      return {
        input,
        meanwhile: () => world.tenant.suspendTenantAccount({ tenantAccountId: input.tenantAccountId }),
        refusal: invalid('tenant_account', 'suspended'),
      }
    },
  },
  requestBinding: {
    tenant: inTenant('requestBinding'),
    async application(world) {
      const input = (await COMMANDS.requestBinding.prepare(world)) as { applicationId: string }
      return {
        input,
        meanwhile: () => world.directory.disableApplication(input),
        refusal: invalid('application', 'disabled'),
      }
    },
  },
  pinBindingCatalog: {
    async catalog(world) {
      const { application } = await world.tenant.registerApplication({ clientKey: world.subject() })
      const applicationId = application.id
      await world.tenant.activateApplication({ applicationId })
      const { binding } = await world.tenant.requestBinding({ applicationId })
      const catalogId = await publish(world.tenant, [{ name: 'title' }], applicationId)
      return {
        input: { bindingId: binding.id, catalogId },
        meanwhile: () => retire(world, catalogId),
        refusal: invalid('attribute_catalog', 'retired'),
      }
    },
  },
  draftCatalog: {
    tenant: inTenant('draftCatalog'),
    async application(world) {
      const { application } = await world.tenant.registerApplication({ clientKey: world.subject() })
      const applicationId = application.id
      return {
        input: { key: 'profile', definitions: { attributes: [] }, applicationId },
        meanwhile: () => world.tenant.retireApplication({ applicationId }),
        refusal: invalid('application', 'retired'),
      }
    },
  },
  setProfileValues: {
    async tenant(world) {
      const { user: userId } = await world.provision()
      await publish(world.tenant, [{ name: 'title' }])
      return { input: { userId, values: { 'profile:title': 'Guide' }, source }, ...suspendTenant(world) }
    },
    async 'tenant account'(world) {
      const { user: userId, tenantAccount: tenantAccountId } = await world.provision()
      await publish(world.tenant, [{ name: 'title' }])
      return {
        input: { userId, values: { 'profile:title': 'Guide' }, source },
        meanwhile: () => world.tenant.leaveTenant({ tenantAccountId }),
        refusal: invalid('tenant_account', 'deprovisioned'),
      }
    },
    async catalog(world) {
      const { user: userId } = await world.provision()
      const catalogId = await publish(world.tenant, [{ name: 'title' }])
      return {
        input: { userId, values: { 'profile:title': 'Guide' }, source },
        meanwhile: () => retire(world, catalogId),
        refusal: { code: 'INVALID_ATTRIBUTES' },
      }
    },
    async value(world) {
      const { user: userId } = await world.provision()
      await publish(world.tenant, [{ name: 'title' }])
      await set(world.tenant, userId, { title: 'Guide' })
      const expectedVersions = { 'profile:title': 1 }
      return {
        input: { userId, values: { 'profile:title': 'Writer' }, source, expectedVersions },
        meanwhile: () => set(world.tenant, userId, { title: 'Reader' }),
        refusal: { code: 'VERSION_CONFLICT', details: { kind: 'profile_value' } },
      }
    },
  },
  setApplicationProfileValues: {
    async application(world) {
      const { input } = await applicationValue(world)
      return {
        input,
        meanwhile: () => world.directory.disableApplication({ applicationId: input.applicationId }),
        refusal: invalid('application', 'disabled'),
      }
    },
    async binding(world) {
      const { input, bindingId } = await applicationValue(world)
      return {
        input,
        meanwhile: () => world.tenant.suspendBinding({ bindingId }),
        refusal: invalid('application_binding', 'suspended'),
      }
    },
  },
}

const races = Object.entries(RACES).flatMap(([name, each]) =>
  Object.entries(each).map(([what, race]) => [name as keyof Commands, what, race] as const),
)

describe.each(['eager', 'deferred'] as const)('with %s writes', (writes) => {
  it.each(races)('%s does not rest on a %s that is another by then', async (name, _what, race) => {
    const between: Parameters<typeof interrupting>[0] = { run: null }
    const world = await createWorld({ writes, around: interrupting(between) })
    const { input, meanwhile, refusal: expected } = await race(world)
    let ran = false
    between.run = async () => {
      ran = true
      await meanwhile()
    }
    // A composition reads before it decides, and looks for the key.
    const keyed = { ...input, idempotencyKey: 'key' }
    const error = await refusal(world.tenant.transaction((unit) => call(unit, name, keyed)))
    expect(ran).toBe(true)
    expect(error).toMatchObject(expected)
  })

  it.each([
    ['tenant', suspendTenant],
    ['group', null],
  ] as const)('an import does not rest on a %s that is suspended meanwhile', async (kind, other) => {
    const between: Parameters<typeof interrupting>[0] = { run: null }
    const world = await createWorld({ writes, around: interrupting(between) })
    const { groupId } = await member(world)
    between.run = other?.(world).meanwhile ?? (() => world.tenant.suspendGroup({ groupId }))
    const outcomes: ImportOutcome[] = []
    const imported = world.tenant.importUsers({
      users: [{ identity: { issuer: ISSUER, subject: 'imported' }, memberships: [{ groupId }] }],
      onBatch: (batch) => void outcomes.push(...batch),
    })
    if (kind === 'tenant') expect(await refusal(imported)).toMatchObject(invalid(kind, 'suspended'))
    else {
      await imported
      expect(outcomes).toMatchObject([{ outcome: 'refused', error: invalid(kind, 'suspended') }])
    }
    expect(between.run).toBe(null)
  })
})
