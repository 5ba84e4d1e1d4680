import type { Commands, Queries, Session } from '../src/index.ts'
import { ISSUER, type World } from './world.ts'

export type CommandName = keyof Commands
export type QueryName = keyof Queries

interface Sample {
  readonly action: string
  /** Operations of a tenant's own need one in the context. */
  readonly home: 'tenant' | 'directory'
  /** Brings the world into a state that allows it, and answers an input for it. */
  prepare(world: World): Promise<object>
}

const user = (own: Parameters<World['provision']>[0] = {}) => ({
  async prepare(world: World) {
    return { userId: (await world.provision(own)).user }
  },
})

const group = (then?: 'suspendGroup') => ({
  async prepare(world: World) {
    const made = await world.tenant.createGroup({ key: world.subject(), displayName: 'Readers' })
    const input = { groupId: made.group.id }
    if (then !== undefined) await world.tenant[then](input)
    return input
  },
})

const membership = (then?: 'suspendMembership') => ({
  async prepare(world: World) {
    const { groupId } = await group().prepare(world)
    const { tenantAccount } = await world.provision()
    const made = await world.tenant.addMembership({ groupId, tenantAccountId: tenantAccount })
    const input = { membershipId: made.membership.id }
    if (then !== undefined) await world.tenant[then](input)
    return input
  },
})

const application = (then?: 'activateApplication') => ({
  async prepare(world: World) {
    const made = await world.directory.registerApplication({ clientKey: world.subject() })
    const input = { applicationId: made.application.id }
    if (then !== undefined) await world.directory[then](input)
    return input
  },
})

const binding = (then?: 'activateBinding') => ({
  async prepare(world: World) {
    const { applicationId } = await application('activateApplication').prepare(world)
    const made = await world.tenant.requestBinding({ applicationId })
    const input = { bindingId: made.binding.id }
    if (then !== undefined) await world.tenant[then](input)
    return input
  },
})

const definitions = { attributes: [{ name: 'nickName' }] }

const catalog = (...then: readonly ('publishCatalog' | 'deprecateCatalog')[]) => ({
  async prepare(world: World) {
    const made = await world.directory.draftCatalog({ key: world.subject(), definitions })
    const input = { catalogId: made.catalog.id }
    for (const step of then) await world.directory[step](input)
    return input
  },
})

async function declared(world: World, applicationId?: string) {
  const key = world.subject()
  const made = await world.directory.draftCatalog({ key, definitions, applicationId })
  await world.directory.publishCatalog({ catalogId: made.catalog.id })
  return { values: { [`${key}:nickName`]: 'Babs' }, source: 'scim' }
}

/** Every command, with a situation in which it succeeds. */
export const COMMANDS: Readonly<Record<CommandName, Sample>> = {
  registerTenant: {
    action: 'tenant.register',
    home: 'directory',
    prepare: async (world) => ({ externalRef: world.subject() }),
  },
  activateTenant: {
    action: 'tenant.activate',
    home: 'directory',
    prepare: async (world) => ({
      tenantId: (await world.directory.registerTenant({ state: 'provisioning' })).tenant.id,
    }),
  },
  suspendTenant: {
    action: 'tenant.suspend',
    home: 'directory',
    prepare: async (world) => ({ tenantId: (await world.directory.registerTenant({})).tenant.id }),
  },
  reactivateTenant: {
    action: 'tenant.reactivate',
    home: 'directory',
    async prepare(world) {
      const { tenant } = await world.directory.registerTenant({})
      await world.directory.suspendTenant({ tenantId: tenant.id })
      return { tenantId: tenant.id }
    },
  },
  markTenantDeleting: {
    action: 'tenant.mark_deleting',
    home: 'directory',
    prepare: async (world) => ({ tenantId: (await world.directory.registerTenant({})).tenant.id }),
  },
  markTenantDeleted: {
    action: 'tenant.mark_deleted',
    home: 'directory',
    async prepare(world) {
      const { tenant } = await world.directory.registerTenant({})
      await world.directory.markTenantDeleting({ tenantId: tenant.id })
      return { tenantId: tenant.id }
    },
  },
  provisionUser: {
    action: 'user.provision',
    home: 'directory',
    prepare: async (world) => ({ identity: { issuer: ISSUER, subject: world.subject() } }),
  },
  suspendUser: { action: 'user.suspend', home: 'directory', ...user() },
  reactivateUser: {
    action: 'user.reactivate',
    home: 'directory',
    async prepare(world) {
      const made = await world.provision()
      await world.directory.suspendUser({ userId: made.user })
      return { userId: made.user }
    },
  },
  activateAccount: { action: 'account.activate', home: 'directory', ...user({ accountState: 'invited' }) },
  disableAccount: { action: 'account.disable', home: 'directory', ...user() },
  enableAccount: { action: 'account.enable', home: 'directory', ...user({ accountState: 'disabled' }) },
  closeAccount: { action: 'account.close', home: 'directory', ...user() },
  linkIdentity: {
    action: 'external_identity.link',
    home: 'directory',
    async prepare(world) {
      return { userId: (await world.provision()).user, issuer: ISSUER, subject: world.subject() }
    },
  },
  unlinkIdentity: {
    action: 'external_identity.unlink',
    home: 'directory',
    async prepare(world) {
      const made = await world.provision()
      return { userId: made.user, identityId: made.identity, allowLast: true }
    },
  },
  joinTenant: {
    action: 'tenant_account.join',
    home: 'tenant',
    async prepare(world) {
      const identity = { issuer: ISSUER, subject: world.subject() }
      return { userId: (await world.directory.provisionUser({ identity })).user.id }
    },
  },
  leaveTenant: {
    action: 'tenant_account.leave',
    home: 'tenant',
    prepare: async (world) => ({ tenantAccountId: (await world.provision()).tenantAccount }),
  },
  activateTenantAccount: {
    action: 'tenant_account.activate',
    home: 'tenant',
    prepare: async (world) => ({
      tenantAccountId: (await world.provision({ tenantAccount: { state: 'invited' } })).tenantAccount,
    }),
  },
  suspendTenantAccount: {
    action: 'tenant_account.suspend',
    home: 'tenant',
    prepare: async (world) => ({ tenantAccountId: (await world.provision()).tenantAccount }),
  },
  reactivateTenantAccount: {
    action: 'tenant_account.reactivate',
    home: 'tenant',
    async prepare(world) {
      const { tenantAccount } = await world.provision()
      await world.tenant.suspendTenantAccount({ tenantAccountId: tenantAccount })
      return { tenantAccountId: tenantAccount }
    },
  },
  createGroup: {
    action: 'group.create',
    home: 'tenant',
    prepare: async (world) => ({ key: world.subject(), displayName: 'Readers' }),
  },
  suspendGroup: { action: 'group.suspend', home: 'tenant', ...group() },
  reactivateGroup: { action: 'group.reactivate', home: 'tenant', ...group('suspendGroup') },
  removeGroup: { action: 'group.remove', home: 'tenant', ...group() },
  addMembership: {
    action: 'membership.add',
    home: 'tenant',
    async prepare(world) {
      const tenantAccountId = (await world.provision()).tenantAccount
      return { ...(await group().prepare(world)), tenantAccountId, roles: ['reader'] }
    },
  },
  changeMembershipRoles: {
    action: 'membership.change_roles',
    home: 'tenant',
    prepare: async (world) => ({ ...(await membership().prepare(world)), roles: ['writer'] }),
  },
  suspendMembership: { action: 'membership.suspend', home: 'tenant', ...membership() },
  reactivateMembership: {
    action: 'membership.reactivate',
    home: 'tenant',
    ...membership('suspendMembership'),
  },
  removeMembership: { action: 'membership.remove', home: 'tenant', ...membership() },
  registerApplication: {
    action: 'application.register',
    home: 'directory',
    prepare: async (world) => ({ clientKey: world.subject() }),
  },
  activateApplication: { action: 'application.activate', home: 'directory', ...application() },
  disableApplication: {
    action: 'application.disable',
    home: 'directory',
    ...application('activateApplication'),
  },
  retireApplication: { action: 'application.retire', home: 'directory', ...application() },
  requestBinding: {
    action: 'application_binding.request',
    home: 'tenant',
    ...application('activateApplication'),
  },
  activateBinding: { action: 'application_binding.activate', home: 'tenant', ...binding() },
  suspendBinding: { action: 'application_binding.suspend', home: 'tenant', ...binding('activateBinding') },
  revokeBinding: { action: 'application_binding.revoke', home: 'tenant', ...binding() },
  draftCatalog: {
    action: 'attribute_catalog.draft',
    home: 'directory',
    prepare: async (world) => ({ key: world.subject(), definitions }),
  },
  replaceDraft: {
    action: 'attribute_catalog.replace',
    home: 'directory',
    prepare: async (world) => ({ ...(await catalog().prepare(world)), definitions }),
  },
  publishCatalog: { action: 'attribute_catalog.publish', home: 'directory', ...catalog() },
  deprecateCatalog: {
    action: 'attribute_catalog.deprecate',
    home: 'directory',
    ...catalog('publishCatalog'),
  },
  retireCatalog: {
    action: 'attribute_catalog.retire',
    home: 'directory',
    ...catalog('publishCatalog', 'deprecateCatalog'),
  },
  setProfileValues: {
    action: 'profile_value.set',
    home: 'directory',
    async prepare(world) {
      return { userId: (await world.provision()).user, ...(await declared(world)) }
    },
  },
  setApplicationProfileValues: {
    action: 'profile_value.set_for_application',
    home: 'tenant',
    async prepare(world) {
      const { applicationId } = await application('activateApplication').prepare(world)
      const { binding: made } = await world.tenant.requestBinding({ applicationId })
      await world.tenant.activateBinding({ bindingId: made.id })
      return {
        userId: (await world.provision()).user,
        applicationId,
        ...(await declared(world, applicationId)),
      }
    },
  },
  pinBindingCatalog: {
    action: 'application_binding.pin_catalog',
    home: 'tenant',
    prepare: async (world) => ({ ...(await binding().prepare(world)), catalogId: null }),
  },
}

/** Every query, with an input that finds something. */
export const QUERIES: Readonly<Record<QueryName, Sample>> = {
  getTenant: {
    action: 'tenant.get',
    home: 'directory',
    prepare: async (world) => ({ tenantId: world.tenantId }),
  },
  listTenants: { action: 'tenant.list', home: 'directory', prepare: async () => ({}) },
  getUser: { action: 'user.get', home: 'directory', ...user() },
  listUsers: { action: 'user.list', home: 'directory', prepare: async () => ({}) },
  getAccount: { action: 'account.get', home: 'directory', ...user() },
  resolveIdentity: {
    action: 'external_identity.resolve',
    home: 'directory',
    async prepare(world) {
      return { issuer: ISSUER, subject: (await world.provision()).subject }
    },
  },
  findIdentity: {
    action: 'external_identity.get',
    home: 'directory',
    async prepare(world) {
      return { issuer: ISSUER, subject: (await world.provision()).subject }
    },
  },
  getIdentity: {
    action: 'external_identity.get',
    home: 'directory',
    prepare: async (world) => ({ identityId: (await world.provision()).identity }),
  },
  listIdentities: { action: 'external_identity.list', home: 'directory', ...user() },
  findTenantAccount: { action: 'tenant_account.get', home: 'tenant', ...user() },
  getTenantAccount: {
    action: 'tenant_account.get',
    home: 'tenant',
    prepare: async (world) => ({ tenantAccountId: (await world.provision()).tenantAccount }),
  },
  listTenantAccounts: { action: 'tenant_account.list', home: 'tenant', prepare: async () => ({}) },
  getGroup: { action: 'group.get', home: 'tenant', ...group() },
  listGroups: { action: 'group.list', home: 'tenant', prepare: async () => ({}) },
  getMembership: { action: 'membership.get', home: 'tenant', ...membership() },
  listGroupMembers: { action: 'membership.list', home: 'tenant', ...group() },
  listMemberships: {
    action: 'membership.list',
    home: 'tenant',
    prepare: async (world) => ({ tenantAccountId: (await world.provision()).tenantAccount }),
  },
  getApplication: { action: 'application.get', home: 'directory', ...application() },
  listApplications: { action: 'application.list', home: 'directory', prepare: async () => ({}) },
  getBinding: { action: 'application_binding.get', home: 'tenant', ...binding() },
  listBindings: { action: 'application_binding.list', home: 'tenant', prepare: async () => ({}) },
  getCatalog: { action: 'attribute_catalog.get', home: 'directory', ...catalog() },
  listCatalogs: { action: 'attribute_catalog.list', home: 'directory', prepare: async () => ({}) },
  getProfile: { action: 'profile_value.get', home: 'directory', ...user() },
  explainProfile: { action: 'profile_value.explain', home: 'directory', ...user() },
  queryAudit: { action: 'audit.query', home: 'directory', prepare: async () => ({}) },
  pendingEvents: { action: 'outbox.pending', home: 'directory', prepare: async () => ({}) },
  countRecords: { action: 'diagnostics.count', home: 'directory', prepare: async () => ({}) },
}

export const OPERATIONS = { ...COMMANDS, ...QUERIES }
export type OperationName = keyof typeof OPERATIONS

export const commandNames = Object.keys(COMMANDS) as CommandName[]
export const operationNames = Object.keys(OPERATIONS) as OperationName[]

/** Calls an operation by its name, with whatever input. */
export function call(session: Pick<Session, OperationName>, name: OperationName, input: unknown) {
  return (session[name] as (given: unknown) => Promise<unknown>)(input)
}
