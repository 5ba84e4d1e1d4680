import type { Queries, Session } from '../src/index.ts'
import { enter, MACHINES, type CommandName, type Machine, type TransitionName } from './state-machines.ts'
import { ISSUER, type World } from './world.ts'

export type QueryName = keyof Queries

interface Sample {
  readonly action: string
  /** Operations of a tenant's own need one in the context. */
  readonly home: 'tenant' | 'directory'
  /** Brings the world into a state that allows it, and answers an input for it. */
  prepare(world: World): Promise<object>
}

type Kind = keyof typeof MACHINES

const inState = async (world: World, kind: Kind, state = 'active') =>
  (await enter(world, MACHINES[kind], state)).input

const record = (kind: Kind, state?: string) => ({ prepare: (world: World) => inState(world, kind, state) })

/** Each change of a state, where it can from the active one. */
const TRANSITIONS = Object.fromEntries(
  Object.values<Machine>(MACHINES).flatMap((machine) =>
    Object.entries(machine.commands).map(([command, action]): [string, Sample] => {
      const states = ['active', ...Object.keys(machine.states)]
      const from = states.find((state) => command in (machine.states[state] ?? {}))
      const prepare = async (world: World) => (await enter(world, machine, from ?? '')).input
      return [command, { action, home: machine.home, prepare }]
    }),
  ),
) as Record<TransitionName, Sample>

const definitions = { attributes: [{ name: 'nickName' }] }

async function declared(world: World, applicationId?: string) {
  const key = world.subject()
  const made = await world.directory.draftCatalog({ key, definitions, applicationId })
  await world.directory.publishCatalog({ catalogId: made.catalog.id })
  return { values: { [`${key}:nickName`]: 'Babs' }, source: 'scim' }
}

/** Every command, with a situation in which it succeeds. */
export const COMMANDS: Readonly<Record<CommandName, Sample>> = {
  ...TRANSITIONS,
  registerTenant: {
    action: 'tenant.register',
    home: 'directory',
    prepare: async (world) => ({ externalRef: world.subject() }),
  },
  provisionUser: {
    action: 'user.provision',
    home: 'directory',
    prepare: async (world) => ({ identity: { issuer: ISSUER, subject: world.subject() } }),
  },
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
  createGroup: {
    action: 'group.create',
    home: 'tenant',
    prepare: async (world) => ({ key: world.subject(), displayName: 'Readers' }),
  },
  addMembership: {
    action: 'membership.add',
    home: 'tenant',
    async prepare(world) {
      const tenantAccountId = (await world.provision()).tenantAccount
      return { ...(await inState(world, 'group')), tenantAccountId, roles: ['reader'] }
    },
  },
  changeMembershipRoles: {
    action: 'membership.change_roles',
    home: 'tenant',
    prepare: async (world) => ({ ...(await inState(world, 'membership')), roles: ['writer'] }),
  },
  registerApplication: {
    action: 'application.register',
    home: 'directory',
    prepare: async (world) => ({ clientKey: world.subject() }),
  },
  requestBinding: {
    action: 'application_binding.request',
    home: 'tenant',
    ...record('application'),
  },
  draftCatalog: {
    action: 'attribute_catalog.draft',
    home: 'directory',
    prepare: async (world) => ({ key: world.subject(), definitions }),
  },
  replaceDraft: {
    action: 'attribute_catalog.replace',
    home: 'directory',
    prepare: async (world) => ({ ...(await inState(world, 'attribute_catalog', 'draft')), definitions }),
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
      const { applicationId } = (await inState(world, 'application')) as { applicationId: string }
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
    prepare: async (world) => ({
      ...(await inState(world, 'application_binding', 'requested')),
      catalogId: null,
    }),
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
  getUser: { action: 'user.get', home: 'directory', ...record('user') },
  listUsers: { action: 'user.list', home: 'directory', prepare: async () => ({}) },
  getAccount: { action: 'account.get', home: 'directory', ...record('user') },
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
  listIdentities: { action: 'external_identity.list', home: 'directory', ...record('user') },
  findTenantAccount: { action: 'tenant_account.get', home: 'tenant', ...record('user') },
  getTenantAccount: {
    action: 'tenant_account.get',
    home: 'tenant',
    ...record('tenant_account'),
  },
  listTenantAccounts: { action: 'tenant_account.list', home: 'tenant', prepare: async () => ({}) },
  getGroup: { action: 'group.get', home: 'tenant', ...record('group') },
  listGroups: { action: 'group.list', home: 'tenant', prepare: async () => ({}) },
  getMembership: { action: 'membership.get', home: 'tenant', ...record('membership') },
  listGroupMembers: { action: 'membership.list', home: 'tenant', ...record('group') },
  listMemberships: {
    action: 'membership.list',
    home: 'tenant',
    ...record('tenant_account'),
  },
  getApplication: { action: 'application.get', home: 'directory', ...record('application', 'draft') },
  listApplications: { action: 'application.list', home: 'directory', prepare: async () => ({}) },
  getBinding: {
    action: 'application_binding.get',
    home: 'tenant',
    ...record('application_binding', 'requested'),
  },
  listBindings: { action: 'application_binding.list', home: 'tenant', prepare: async () => ({}) },
  getCatalog: { action: 'attribute_catalog.get', home: 'directory', ...record('attribute_catalog', 'draft') },
  listCatalogs: { action: 'attribute_catalog.list', home: 'directory', prepare: async () => ({}) },
  getProfile: { action: 'profile_value.get', home: 'directory', ...record('user') },
  explainProfile: { action: 'profile_value.explain', home: 'directory', ...record('user') },
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
