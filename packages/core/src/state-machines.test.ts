import { describe, expect, it } from 'vitest'

import { call, type CommandName } from '../test/operations.ts'
import { counts, createWorld, ISSUER, refusal, type World } from '../test/world.ts'

type Step = readonly [command: CommandName, input: object]

/** One noun: how to bring a record into each state, and where each command leads from there; null where it may not. */
interface Machine {
  readonly kind: string
  readonly commands: Readonly<Partial<Record<CommandName, string>>>
  readonly states: Readonly<Record<string, Readonly<Partial<Record<CommandName, string>>>>>
  enter(world: World, state: string): Promise<{ readonly input: object; readonly version: number }>
  state(world: World, input: object): Promise<{ readonly state: string; readonly version: number }>
}

async function take(world: World, steps: readonly Step[]): Promise<number> {
  for (const [command, input] of steps) await call(world.tenant, command, input)
  return steps.length
}

const MACHINES: readonly Machine[] = [
  {
    kind: 'tenant',
    commands: {
      activateTenant: 'tenant.activate',
      suspendTenant: 'tenant.suspend',
      reactivateTenant: 'tenant.reactivate',
      markTenantDeleting: 'tenant.mark_deleting',
      markTenantDeleted: 'tenant.mark_deleted',
    },
    states: {
      provisioning: { activateTenant: 'active', markTenantDeleting: 'deleting' },
      active: { suspendTenant: 'suspended', markTenantDeleting: 'deleting' },
      suspended: { reactivateTenant: 'active', markTenantDeleting: 'deleting' },
      deleting: { markTenantDeleted: 'deleted' },
      deleted: {},
    },
    async enter(world, state) {
      const begin = state === 'provisioning' ? 'provisioning' : 'active'
      const { tenant } = await world.directory.registerTenant({ state: begin })
      const input = { tenantId: tenant.id }
      const ways: Record<string, Step[]> = {
        suspended: [['suspendTenant', input]],
        deleting: [['markTenantDeleting', input]],
        deleted: [
          ['markTenantDeleting', input],
          ['markTenantDeleted', input],
        ],
      }
      return { input, version: 1 + (await take(world, ways[state] ?? [])) }
    },
    state: (world, input) => world.directory.getTenant(input as { tenantId: string }),
  },
  {
    kind: 'user',
    commands: { suspendUser: 'user.suspend', reactivateUser: 'user.reactivate' },
    states: { active: { suspendUser: 'suspended' }, suspended: { reactivateUser: 'active' } },
    async enter(world, state) {
      const input = { userId: (await world.provision()).user }
      return {
        input,
        version: 1 + (await take(world, state === 'suspended' ? [['suspendUser', input]] : [])),
      }
    },
    state: (world, input) => world.directory.getUser(input as { userId: string }),
  },
  {
    kind: 'account',
    commands: {
      activateAccount: 'account.activate',
      disableAccount: 'account.disable',
      enableAccount: 'account.enable',
      closeAccount: 'account.close',
    },
    states: {
      invited: { activateAccount: 'active', closeAccount: 'closed' },
      active: { disableAccount: 'disabled', closeAccount: 'closed' },
      disabled: { enableAccount: 'active', closeAccount: 'closed' },
      closed: {},
    },
    async enter(world, state) {
      const accountState = state === 'closed' ? 'active' : (state as 'active' | 'invited' | 'disabled')
      const input = { userId: (await world.provision({ accountState })).user }
      return { input, version: 1 + (await take(world, state === 'closed' ? [['closeAccount', input]] : [])) }
    },
    state: (world, input) => world.directory.getAccount(input as { userId: string }),
  },
  {
    kind: 'tenant_account',
    commands: {
      activateTenantAccount: 'tenant_account.activate',
      suspendTenantAccount: 'tenant_account.suspend',
      reactivateTenantAccount: 'tenant_account.reactivate',
      leaveTenant: 'tenant_account.leave',
    },
    states: {
      invited: { activateTenantAccount: 'active', leaveTenant: 'deprovisioned' },
      active: { suspendTenantAccount: 'suspended', leaveTenant: 'deprovisioned' },
      suspended: { reactivateTenantAccount: 'active', leaveTenant: 'deprovisioned' },
      deprovisioned: {},
    },
    async enter(world, state) {
      const begin = state === 'invited' ? 'invited' : 'active'
      const made = await world.provision({ tenantAccount: { state: begin } })
      const input = { tenantAccountId: made.tenantAccount }
      const ways: Record<string, Step[]> = {
        suspended: [['suspendTenantAccount', input]],
        deprovisioned: [['leaveTenant', input]],
      }
      return { input, version: 1 + (await take(world, ways[state] ?? [])) }
    },
    state: (world, input) => world.tenant.getTenantAccount(input as { tenantAccountId: string }),
  },
  {
    kind: 'group',
    commands: {
      suspendGroup: 'group.suspend',
      reactivateGroup: 'group.reactivate',
      removeGroup: 'group.remove',
    },
    states: {
      active: { suspendGroup: 'suspended', removeGroup: 'removed' },
      suspended: { reactivateGroup: 'active', removeGroup: 'removed' },
      removed: {},
    },
    async enter(world, state) {
      const made = await world.tenant.createGroup({ key: world.subject(), displayName: 'Readers' })
      const input = { groupId: made.group.id }
      const ways: Record<string, Step[]> = {
        suspended: [['suspendGroup', input]],
        removed: [['removeGroup', input]],
      }
      return { input, version: 1 + (await take(world, ways[state] ?? [])) }
    },
    state: (world, input) => world.tenant.getGroup(input as { groupId: string }),
  },
  {
    kind: 'membership',
    commands: {
      suspendMembership: 'membership.suspend',
      reactivateMembership: 'membership.reactivate',
      removeMembership: 'membership.remove',
    },
    states: {
      active: { suspendMembership: 'suspended', removeMembership: 'removed' },
      suspended: { reactivateMembership: 'active', removeMembership: 'removed' },
      removed: {},
    },
    async enter(world, state) {
      const { group } = await world.tenant.createGroup({ key: world.subject(), displayName: 'Readers' })
      const { tenantAccount } = await world.provision()
      const added = { groupId: group.id, tenantAccountId: tenantAccount }
      const input = { membershipId: (await world.tenant.addMembership(added)).membership.id }
      const ways: Record<string, Step[]> = {
        suspended: [['suspendMembership', input]],
        removed: [['removeMembership', input]],
      }
      return { input, version: 1 + (await take(world, ways[state] ?? [])) }
    },
    state: (world, input) => world.tenant.getMembership(input as { membershipId: string }),
  },
  {
    kind: 'application',
    commands: {
      activateApplication: 'application.activate',
      disableApplication: 'application.disable',
      retireApplication: 'application.retire',
    },
    states: {
      draft: { activateApplication: 'active', retireApplication: 'retired' },
      active: { disableApplication: 'disabled', retireApplication: 'retired' },
      disabled: { activateApplication: 'active', retireApplication: 'retired' },
      retired: {},
    },
    async enter(world, state) {
      const made = await world.tenant.registerApplication({ clientKey: world.subject() })
      const input = { applicationId: made.application.id }
      const ways: Record<string, Step[]> = {
        active: [['activateApplication', input]],
        disabled: [
          ['activateApplication', input],
          ['disableApplication', input],
        ],
        retired: [['retireApplication', input]],
      }
      return { input, version: 1 + (await take(world, ways[state] ?? [])) }
    },
    state: (world, input) => world.tenant.getApplication(input as { applicationId: string }),
  },
  {
    kind: 'application_binding',
    commands: {
      activateBinding: 'application_binding.activate',
      suspendBinding: 'application_binding.suspend',
      revokeBinding: 'application_binding.revoke',
    },
    states: {
      requested: { activateBinding: 'active', revokeBinding: 'revoked' },
      active: { suspendBinding: 'suspended', revokeBinding: 'revoked' },
      suspended: { activateBinding: 'active', revokeBinding: 'revoked' },
      revoked: {},
    },
    async enter(world, state) {
      const { application } = await world.directory.registerApplication({ clientKey: world.subject() })
      await world.directory.activateApplication({ applicationId: application.id })
      const { binding } = await world.tenant.requestBinding({ applicationId: application.id })
      const input = { bindingId: binding.id }
      const ways: Record<string, Step[]> = {
        active: [['activateBinding', input]],
        suspended: [
          ['activateBinding', input],
          ['suspendBinding', input],
        ],
        revoked: [['revokeBinding', input]],
      }
      return { input, version: 1 + (await take(world, ways[state] ?? [])) }
    },
    state: (world, input) => world.tenant.getBinding(input as { bindingId: string }),
  },
  {
    kind: 'attribute_catalog',
    commands: {
      publishCatalog: 'attribute_catalog.publish',
      deprecateCatalog: 'attribute_catalog.deprecate',
      retireCatalog: 'attribute_catalog.retire',
    },
    states: {
      draft: { publishCatalog: 'published', retireCatalog: 'retired' },
      published: { deprecateCatalog: 'deprecated' },
      deprecated: { retireCatalog: 'retired' },
      retired: {},
    },
    async enter(world, state) {
      const definitions = { attributes: [{ name: 'nickName' }] }
      const made = await world.tenant.draftCatalog({ key: world.subject(), definitions })
      const input = { catalogId: made.catalog.id }
      const ways: Record<string, Step[]> = {
        published: [['publishCatalog', input]],
        deprecated: [
          ['publishCatalog', input],
          ['deprecateCatalog', input],
        ],
        retired: [['retireCatalog', input]],
      }
      return { input, version: 1 + (await take(world, ways[state] ?? [])) }
    },
    state: (world, input) => world.tenant.getCatalog(input as { catalogId: string }),
  },
]

const CASES = MACHINES.flatMap((machine) =>
  Object.entries(machine.states).flatMap(([state, allowed]) =>
    Object.entries(machine.commands).map(([command, action]) => ({
      machine,
      kind: machine.kind,
      state,
      command: command as CommandName,
      action,
      next: allowed[command as CommandName] ?? null,
    })),
  ),
)

describe('state machines', () => {
  it.each(CASES)(
    '$kind: $command in $state leads to $next',
    async ({ machine, kind, state, command, action, next }) => {
      const world = await createWorld()
      const { input, version } = await machine.enter(world, state)
      expect(await machine.state(world, input)).toMatchObject({ state, version })
      const before = await counts(world)
      if (next === null) {
        const error = await refusal(call(world.tenant, command, input))
        expect(error).toMatchObject({ code: 'INVALID_STATE', details: { kind, state, action } })
        expect(await machine.state(world, input)).toMatchObject({ state, version })
        expect(await counts(world)).toEqual(before)
        return
      }
      await call(world.tenant, command, { ...input, expectedVersion: version })
      expect(await machine.state(world, input)).toMatchObject({ state: next, version: version + 1 })
      const stale = await refusal(call(world.tenant, command, { ...input, expectedVersion: version }))
      expect(stale).toMatchObject({ code: 'VERSION_CONFLICT', details: { kind } })
      expect(await machine.state(world, input)).toMatchObject({ state: next, version: version + 1 })
    },
  )

  it.each(['provisioning', 'suspended', 'deleting', 'deleted'])(
    'nobody enters a tenant that is %s',
    async (state) => {
      const world = await createWorld()
      const { input } = await (MACHINES[0] as Machine).enter(world, state)
      const { tenantId } = input as { tenantId: string }
      const { user } = await world.provision()
      const before = await counts(world)
      const identity = { issuer: ISSUER, subject: world.subject() }
      for (const attempt of [
        world.as(tenantId).joinTenant({ userId: user }),
        world.as(tenantId).provisionUser({ identity }),
      ]) {
        expect(await refusal(attempt)).toMatchObject({
          code: 'INVALID_STATE',
          details: { kind: 'tenant', state },
        })
      }
      expect(await counts(world)).toEqual(before)
    },
  )

  it('a suspended user gets no identity and no tenant', async () => {
    const world = await createWorld()
    const { user, tenantAccount } = await world.provision()
    await world.tenant.leaveTenant({ tenantAccountId: tenantAccount })
    await world.tenant.suspendUser({ userId: user })
    for (const attempt of [
      world.tenant.joinTenant({ userId: user }),
      world.tenant.linkIdentity({ userId: user, issuer: ISSUER, subject: world.subject() }),
    ]) {
      expect(await refusal(attempt)).toMatchObject({ code: 'INVALID_STATE', details: { kind: 'user' } })
    }
  })
})
