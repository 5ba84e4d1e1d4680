import type { Commands, Session } from '../src/index.ts'
import type { World } from './world.ts'

export type CommandName = keyof Commands

/** One noun with states: how to make a record, and where each command leads. */
export interface Machine {
  /** Where its commands belong: those of a tenant need one in the context. */
  readonly home: 'tenant' | 'directory'
  /** The action that each command asks for. */
  readonly commands: Readonly<Partial<Record<CommandName, string>>>
  readonly states: Readonly<Record<string, Readonly<Partial<Record<CommandName, string>>>>>
  /** From where a record is made to the states that none is made in. */
  readonly ways: Readonly<Record<string, readonly CommandName[]>>
  /** Makes a record, in the state where it can be made in that one, and answers the input of its commands. */
  make(world: World, session: Session, state: string): Promise<object>
  read(world: World, input: object): Promise<{ readonly state: string; readonly version: number }>
}

/** Makes a record and brings it into a state. */
export async function enter(
  world: World,
  machine: Machine,
  state: string,
  session: Session = world[machine.home],
): Promise<{ readonly input: object; readonly version: number }> {
  const input = await machine.make(world, session, state)
  const way = machine.ways[state] ?? []
  for (const command of way) await (session[command] as (given: object) => Promise<unknown>)(input)
  return { input, version: 1 + way.length }
}

export const MACHINES = {
  tenant: {
    home: 'directory',
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
    ways: {
      suspended: ['suspendTenant'],
      deleting: ['markTenantDeleting'],
      deleted: ['markTenantDeleting', 'markTenantDeleted'],
    },
    async make(world, _session, state) {
      const begin = state === 'provisioning' ? 'provisioning' : 'active'
      return { tenantId: (await world.directory.registerTenant({ state: begin })).tenant.id }
    },
    read: (world, input) => world.directory.getTenant(input as { tenantId: string }),
  },
  user: {
    home: 'directory',
    commands: { suspendUser: 'user.suspend', reactivateUser: 'user.reactivate' },
    states: { active: { suspendUser: 'suspended' }, suspended: { reactivateUser: 'active' } },
    ways: { suspended: ['suspendUser'] },
    make: async (world) => ({ userId: (await world.provision()).user }),
    read: (world, input) => world.directory.getUser(input as { userId: string }),
  },
  account: {
    home: 'directory',
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
    ways: { closed: ['closeAccount'] },
    async make(world, _session, state) {
      const accountState = state === 'closed' ? 'active' : (state as 'active' | 'invited' | 'disabled')
      return { userId: (await world.provision({ accountState })).user }
    },
    read: (world, input) => world.directory.getAccount(input as { userId: string }),
  },
  tenant_account: {
    home: 'tenant',
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
    ways: { suspended: ['suspendTenantAccount'], deprovisioned: ['leaveTenant'] },
    async make(world, _session, state) {
      const begin = state === 'invited' ? 'invited' : 'active'
      const made = await world.provision({ tenantAccount: { state: begin } })
      return { tenantAccountId: made.tenantAccount }
    },
    read: (world, input) => world.tenant.getTenantAccount(input as { tenantAccountId: string }),
  },
  group: {
    home: 'tenant',
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
    ways: { suspended: ['suspendGroup'], removed: ['removeGroup'] },
    async make(world) {
      const made = await world.tenant.createGroup({ key: world.subject(), displayName: 'Readers' })
      return { groupId: made.group.id }
    },
    read: (world, input) => world.tenant.getGroup(input as { groupId: string }),
  },
  membership: {
    home: 'tenant',
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
    ways: { suspended: ['suspendMembership'], removed: ['removeMembership'] },
    async make(world) {
      const { group } = await world.tenant.createGroup({ key: world.subject(), displayName: 'Readers' })
      const { tenantAccount } = await world.provision()
      const added = { groupId: group.id, tenantAccountId: tenantAccount }
      return { membershipId: (await world.tenant.addMembership(added)).membership.id }
    },
    read: (world, input) => world.tenant.getMembership(input as { membershipId: string }),
  },
  application: {
    home: 'directory',
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
    ways: {
      active: ['activateApplication'],
      disabled: ['activateApplication', 'disableApplication'],
      retired: ['retireApplication'],
    },
    async make(world, session) {
      const made = await session.registerApplication({ clientKey: world.subject() })
      return { applicationId: made.application.id }
    },
    read: (world, input) => world.tenant.getApplication(input as { applicationId: string }),
  },
  application_binding: {
    home: 'tenant',
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
    ways: {
      active: ['activateBinding'],
      suspended: ['activateBinding', 'suspendBinding'],
      revoked: ['revokeBinding'],
    },
    async make(world) {
      const { application } = await world.directory.registerApplication({ clientKey: world.subject() })
      await world.directory.activateApplication({ applicationId: application.id })
      const { binding } = await world.tenant.requestBinding({ applicationId: application.id })
      return { bindingId: binding.id }
    },
    read: (world, input) => world.tenant.getBinding(input as { bindingId: string }),
  },
  attribute_catalog: {
    home: 'directory',
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
    ways: {
      published: ['publishCatalog'],
      deprecated: ['publishCatalog', 'deprecateCatalog'],
      retired: ['retireCatalog'],
    },
    async make(world, session) {
      const definitions = { attributes: [{ name: 'nickName' }] }
      return { catalogId: (await session.draftCatalog({ key: world.subject(), definitions })).catalog.id }
    },
    read: (world, input) => world.tenant.getCatalog(input as { catalogId: string }),
  },
} as const satisfies Readonly<Record<string, Machine>>

/** A command that leads from a state to another one. */
export type TransitionName = {
  [Kind in keyof typeof MACHINES]: keyof (typeof MACHINES)[Kind]['commands']
}[keyof typeof MACHINES]
