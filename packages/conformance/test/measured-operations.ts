import type { Session, UnitOfWork, UserEngineService } from '@user-engine/core'

export interface MeasuredWorld {
  readonly engine: UserEngineService
  readonly admin: Session
  /** The policy refuses whatever is asked of this record. */
  forbid(id: string): void
  /** Takes away what earlier operations have left behind in the tables. */
  tidy(): Promise<void>
  /** Texts of one length, each once. */
  next(): string
}

/** What a session and a composition have in common. */
type On = Omit<UnitOfWork, 'nested'>

type Made = Awaited<ReturnType<typeof user>>

const issuer = 'https://login.example.com'
const page = { limit: 10 }

async function user({ admin, next }: MeasuredWorld) {
  const subject = next()
  const made = await admin.provisionUser({ identity: { issuer, subject } })
  return {
    userId: made.user.id,
    identityId: made.identity.id,
    tenantAccountId: made.tenantAccount?.id ?? '',
    subject,
  }
}

async function group({ admin, next }: MeasuredWorld) {
  return (await admin.createGroup({ key: next(), displayName: 'Readers' })).group.id
}

async function membership(world: MeasuredWorld) {
  const { tenantAccountId } = await user(world)
  const groupId = await group(world)
  const made = await world.admin.addMembership({ groupId, tenantAccountId, roles: ['reader'] })
  return { membershipId: made.membership.id, groupId, tenantAccountId }
}

async function application({ admin, next }: MeasuredWorld) {
  const { application: made } = await admin.registerApplication({ clientKey: next() })
  return made.id
}

async function activeApplication(world: MeasuredWorld) {
  const applicationId = await application(world)
  await world.admin.activateApplication({ applicationId })
  return applicationId
}

async function binding(world: MeasuredWorld) {
  const applicationId = await activeApplication(world)
  return (await world.admin.requestBinding({ applicationId })).binding.id
}

const definitions = { attributes: [{ name: 'title' }, { name: 'phone' }] }

async function draft({ admin, next }: MeasuredWorld) {
  return (await admin.draftCatalog({ key: `key${next()}`, definitions })).catalog.id
}

async function published(world: MeasuredWorld) {
  const catalogId = await draft(world)
  await world.admin.publishCatalog({ catalogId })
  return catalogId
}

/** Prepares, outside of what is counted, and answers what is counted: in a session of its own, or in a composition. */
type Measured = (world: MeasuredWorld) => Promise<(on: On) => Promise<unknown>>

const of =
  <Prepared>(
    prepare: (world: MeasuredWorld) => Promise<Prepared>,
    run: (on: On, prepared: Prepared, world: MeasuredWorld) => Promise<unknown>,
  ): Measured =>
  async (world) => {
    const prepared = await prepare(world)
    return (on) => run(on, prepared, world)
  }
const plain = (run: (on: On, world: MeasuredWorld) => Promise<unknown>): Measured =>
  of(
    async () => null,
    (on, _, world) => run(on, world),
  )

export const OPERATIONS: Readonly<Record<string, Measured>> = {
  registerTenant: plain((on, { next }) => on.registerTenant({ externalRef: next() })),
  suspendTenant: of(
    ({ admin }) => admin.registerTenant({}),
    (on, { tenant }) => on.suspendTenant({ tenantId: tenant.id }),
  ),
  getTenant: of(
    ({ admin }) => admin.registerTenant({}),
    (on, { tenant }) => on.getTenant({ tenantId: tenant.id }),
  ),
  listTenants: plain((on) => on.listTenants(page)),
  provisionUser: plain((on, { next }) => on.provisionUser({ identity: { issuer, subject: next() } })),
  suspendUser: of(user, (on, { userId }) => on.suspendUser({ userId })),
  'suspendUser, the same key again': async (world) => {
    const { userId } = await user(world)
    const request = { userId, idempotencyKey: world.next() }
    await world.admin.suspendUser(request)
    return (on) => on.suspendUser(request)
  },
  'suspendUser, denied': async (world) => {
    const { userId } = await user(world)
    world.forbid(userId)
    return (on) => on.suspendUser({ userId }).catch(() => undefined)
  },
  getUser: of(user, (on, { userId }) => on.getUser({ userId })),
  listUsers: plain((on) => on.listUsers(page)),
  disableAccount: of(user, (on, { userId }) => on.disableAccount({ userId })),
  getAccount: of(user, (on, { userId }) => on.getAccount({ userId })),
  resolveIdentity: of(user, (on, { subject }) => on.resolveIdentity({ issuer, subject })),
  'resolveIdentity, no profile': of(user, (on, { subject }) =>
    on.resolveIdentity({ issuer, subject, profile: false }),
  ),
  'resolveIdentity, for an application': async (world) => {
    const { subject } = await user(world)
    const applicationId = await application(world)
    return (on) => on.resolveIdentity({ issuer, subject, applicationId })
  },
  'resolveOrProvision, somebody known': of(user, (on, { subject }) =>
    on.resolveOrProvision({ issuer, subject }),
  ),
  'resolveOrProvision, somebody new': plain((on, { next }) =>
    on.resolveOrProvision({ issuer, subject: next() }),
  ),
  linkIdentity: of(user, (on, { userId }, { next }) => on.linkIdentity({ userId, issuer, subject: next() })),
  unlinkIdentity: async (world) => {
    const { userId, identityId } = await user(world)
    await world.admin.linkIdentity({ userId, issuer, subject: world.next() })
    return (on) => on.unlinkIdentity({ userId, identityId })
  },
  findIdentity: of(user, (on, { subject }) => on.findIdentity({ issuer, subject })),
  getIdentity: of(user, (on, { identityId }) => on.getIdentity({ identityId })),
  listIdentities: of(user, (on, { userId }) => on.listIdentities({ userId, ...page })),
  'joinTenant, again': async (world) => {
    const { userId, tenantAccountId } = await user(world)
    await world.admin.leaveTenant({ tenantAccountId })
    return (on) => on.joinTenant({ userId })
  },
  leaveTenant: of(user, (on, { tenantAccountId }) => on.leaveTenant({ tenantAccountId })),
  suspendTenantAccount: of(user, (on, { tenantAccountId }) => on.suspendTenantAccount({ tenantAccountId })),
  getTenantAccount: of(user, (on, { tenantAccountId }) => on.getTenantAccount({ tenantAccountId })),
  findTenantAccount: of(user, (on, { userId }) => on.findTenantAccount({ userId })),
  listTenantAccounts: plain((on) => on.listTenantAccounts(page)),
  createGroup: plain((on, { next }) => on.createGroup({ key: next(), displayName: 'Readers' })),
  suspendGroup: of(group, (on, groupId) => on.suspendGroup({ groupId })),
  getGroup: of(group, (on, groupId) => on.getGroup({ groupId })),
  listGroups: plain((on) => on.listGroups(page)),
  addMembership: async (world) => {
    const { tenantAccountId } = await user(world)
    const groupId = await group(world)
    return (on) => on.addMembership({ groupId, tenantAccountId, roles: ['reader'] })
  },
  changeMembershipRoles: of(membership, (on, { membershipId }) =>
    on.changeMembershipRoles({ membershipId, roles: ['writer'] }),
  ),
  removeMembership: of(membership, (on, { membershipId }) => on.removeMembership({ membershipId })),
  getMembership: of(membership, (on, { membershipId }) => on.getMembership({ membershipId })),
  listGroupMembers: of(membership, (on, { groupId }) => on.listGroupMembers({ groupId, ...page })),
  listMemberships: of(membership, (on, { tenantAccountId }) =>
    on.listMemberships({ tenantAccountId, ...page }),
  ),
  registerApplication: plain((on, { next }) => on.registerApplication({ clientKey: next() })),
  activateApplication: of(application, (on, applicationId) => on.activateApplication({ applicationId })),
  getApplication: of(application, (on, applicationId) => on.getApplication({ applicationId })),
  listApplications: plain((on) => on.listApplications(page)),
  requestBinding: of(activeApplication, (on, applicationId) => on.requestBinding({ applicationId })),
  activateBinding: of(binding, (on, bindingId) => on.activateBinding({ bindingId })),
  getBinding: of(binding, (on, bindingId) => on.getBinding({ bindingId })),
  listBindings: plain((on) => on.listBindings(page)),
  'setProfileValues, two that are new': of(user, (on, { userId }) =>
    on.setProfileValues({ userId, values: { 'profile:title': 'Dr.', 'profile:phone': '1' }, source: 'hr' }),
  ),
  'setProfileValues, one that changes': async (world) => {
    const { userId } = await described(world)
    return (on) => on.setProfileValues({ userId, values: { 'profile:title': 'Mx.' }, source: 'hr' })
  },
  getProfile: of(described, (on, { userId }) => on.getProfile({ userId })),
  explainProfile: of(described, (on, { userId }) => on.explainProfile({ userId })),
  draftCatalog: plain((on, { next }) => on.draftCatalog({ key: `key${next()}`, definitions })),
  publishCatalog: of(draft, (on, catalogId) => on.publishCatalog({ catalogId })),
  deprecateCatalog: of(published, (on, catalogId) => on.deprecateCatalog({ catalogId })),
  getCatalog: of(draft, (on, catalogId) => on.getCatalog({ catalogId })),
  listCatalogs: plain((on) => on.listCatalogs(page)),
  countRecords: plain((on) => on.countRecords({})),
  queryAudit: plain((on) => on.queryAudit(page)),
  pendingEvents: plain((on) => on.pendingEvents(page)),
}

async function described(world: MeasuredWorld): Promise<Made> {
  const made = await user(world)
  const values = { 'profile:title': 'Dr.', 'profile:phone': '1' }
  await world.admin.setProfileValues({ userId: made.userId, values, source: 'hr' })
  return made
}

/** What is not one operation of a session. */
export const WHOLES: Readonly<Record<string, (world: MeasuredWorld) => Promise<() => Promise<unknown>>>> = {
  'a composition of provisionUser and disableAccount':
    async ({ admin, next }) =>
    () =>
      admin.transaction(async (unit) => {
        const { user: made } = await unit.provisionUser({ identity: { issuer, subject: next() } })
        await unit.disableAccount({ userId: made.id })
      }),
  'a composition with a nested provisionUser':
    async ({ admin, next }) =>
    () =>
      admin.transaction((unit) =>
        unit.nested((inner) => inner.provisionUser({ identity: { issuer, subject: next() } })),
      ),
  'a composition whose nested part fails before it is sent':
    async ({ admin, next }) =>
    () =>
      admin.transaction((unit) =>
        unit
          .nested(async (inner) => {
            await inner.provisionUser({ identity: { issuer, subject: next() } })
            throw new Error('undone')
          })
          .catch(() => undefined),
      ),
  'importUsers, a batch of 256':
    async ({ admin, next }) =>
    () =>
      admin.importUsers({
        users: Array.from({ length: 256 }, () => ({ identity: { issuer, subject: next() } })),
      }),
  'drainOutbox, one batch': async (world) => {
    await world.engine.drainOutbox({ publish: async () => {} })
    await user(world)
    await world.tidy()
    return () => world.engine.drainOutbox({ publish: async () => {} })
  },
}

/** Makes the catalog that profiles are written by. */
export async function prepareProfiles({ admin }: MeasuredWorld): Promise<void> {
  const { catalog } = await admin.draftCatalog({ key: 'profile', definitions })
  await admin.publishCatalog({ catalogId: catalog.id })
}
