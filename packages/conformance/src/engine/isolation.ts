import { isUserEngineError, type Session } from '@user-engine/core'

import type { Case, CaseContext } from '../case.ts'
import { createWorld, readTrail, type World } from './world.ts'

interface Made {
  readonly userId: string
  readonly identityId: string
  readonly tenantAccountId: string
  /** The user again: another one where nothing is to be found. */
  readonly memberId: string
  readonly groupId: string
  readonly membershipId: string
  readonly applicationId: string
  readonly bindingId: string
  readonly catalogId: string
}

/** What can be said about something of another tenant: the same is said about something that is not there. */
const CALLS: Readonly<Record<string, (session: Session, made: Made) => Promise<unknown>>> = {
  'get-tenant-account': (session, { tenantAccountId }) => session.getTenantAccount({ tenantAccountId }),
  'suspend-tenant-account': (session, { tenantAccountId }) =>
    session.suspendTenantAccount({ tenantAccountId }),
  'activate-tenant-account': (session, { tenantAccountId }) =>
    session.activateTenantAccount({ tenantAccountId }),
  'reactivate-tenant-account': (session, { tenantAccountId }) =>
    session.reactivateTenantAccount({ tenantAccountId, expectedVersion: 1 }),
  'leave-tenant': (session, { tenantAccountId }) => session.leaveTenant({ tenantAccountId }),
  'get-identity': (session, { identityId }) => session.getIdentity({ identityId }),
  'unlink-identity': (session, { userId, identityId }) =>
    session.unlinkIdentity({ userId, identityId, allowLast: true }),
  'get-group': (session, { groupId }) => session.getGroup({ groupId }),
  'suspend-group': (session, { groupId }) => session.suspendGroup({ groupId }),
  'remove-group': (session, { groupId }) => session.removeGroup({ groupId, expectedVersion: 1 }),
  'add-membership': (session, { groupId, tenantAccountId }) =>
    session.addMembership({ groupId, tenantAccountId }),
  'get-membership': (session, { membershipId }) => session.getMembership({ membershipId }),
  'change-membership-roles': (session, { membershipId }) =>
    session.changeMembershipRoles({ membershipId, roles: ['owner'] }),
  'remove-membership': (session, { membershipId }) => session.removeMembership({ membershipId }),
  'get-application': (session, { applicationId }) => session.getApplication({ applicationId }),
  'disable-application': (session, { applicationId }) => session.disableApplication({ applicationId }),
  'retire-application': (session, { applicationId }) => session.retireApplication({ applicationId }),
  'request-binding': (session, { applicationId }) => session.requestBinding({ applicationId }),
  'get-binding': (session, { bindingId }) => session.getBinding({ bindingId }),
  'activate-binding': (session, { bindingId }) => session.activateBinding({ bindingId }),
  'revoke-binding': (session, { bindingId }) => session.revokeBinding({ bindingId }),
  'pin-binding-catalog': (session, { bindingId }) =>
    session.pinBindingCatalog({ bindingId, catalogId: null }),
  'get-catalog': (session, { catalogId }) => session.getCatalog({ catalogId }),
  'deprecate-catalog': (session, { catalogId }) => session.deprecateCatalog({ catalogId }),
  'draft-catalog': (session, { applicationId }) =>
    session.draftCatalog({ key: 'profile', definitions: { attributes: [] }, applicationId }),
  'get-profile': (session, { memberId }) => session.getProfile({ userId: memberId }),
  'explain-profile': (session, { memberId }) => session.explainProfile({ userId: memberId }),
  'set-profile-values': (session, { memberId }) =>
    session.setProfileValues({ userId: memberId, values: { 'profile:title': 'x' }, source: 'kit' }),
  'composed-leave': (session, { tenantAccountId }) =>
    session.transaction((unit) => unit.nested((inner) => inner.leaveTenant({ tenantAccountId }))),
}

/** What a call came to and what the policy was asked for it, without the ids that were asked for. */
async function trace(world: World, session: Session, made: Made, call: (typeof CALLS)[string]) {
  world.refuse()
  const ids = Object.values(made)
  const error = await call(session, made).then(
    () => 'resolved',
    (reason: unknown) =>
      isUserEngineError(reason)
        ? { code: reason.code, details: reason.details, retryable: reason.retryable, message: reason.message }
        : 'another error',
  )
  const asked = world.asked.map(({ action, target }) => ({
    action,
    kind: target.kind,
    own: target.id !== null && ids.includes(target.id),
  }))
  return { error, asked }
}

/** One of each in the tenant. */
async function furnish(ctx: CaseContext, { tenant }: World, tenantAccountId: string) {
  const { group } = await tenant.createGroup({ key: ctx.canary(), displayName: ctx.canary() })
  const { membership } = await tenant.addMembership({ groupId: group.id, tenantAccountId })
  const { application } = await tenant.registerApplication({ clientKey: ctx.canary() })
  const applicationId = application.id
  await tenant.activateApplication({ applicationId })
  const { binding } = await tenant.requestBinding({ applicationId })
  const definitions = { attributes: [{ name: 'title' }] }
  const { catalog } = await tenant.draftCatalog({ key: 'profile', definitions })
  await tenant.publishCatalog({ catalogId: catalog.id })
  return {
    groupId: group.id,
    membershipId: membership.id,
    applicationId,
    bindingId: binding.id,
    catalogId: catalog.id,
  }
}

export const isolation: readonly Case[] = Object.entries(CALLS).map(([name, call]): Case => ({
  id: `UE-ENGINE-005/${name}`,
  incidents: ['CVE-2026-32131 (Zitadel)'],
  title: `To ${name.replaceAll('-', ' ')} of another tenant is answered as if it were not there`,
  preconditions: ['its owner is answered otherwise'],
  async run(ctx) {
    const world = await createWorld(ctx)
    const { userId, tenantAccountId } = await world.provision()
    const own = { scope: 'tenant', ...world.identity() } as const
    const { identity } = await world.tenant.linkIdentity({ userId, ...own })
    const foreign = { ...(await furnish(ctx, world, tenantAccountId)), userId, memberId: userId }
    const made = { ...foreign, identityId: identity.id, tenantAccountId }
    // Nothing of the kind has these ids, though something else has.
    const absent = {
      ...(Object.fromEntries(Object.keys(made).map((name) => [name, made.bindingId])) as unknown as Made),
      userId,
      bindingId: made.groupId,
    }
    const before = await readTrail(ctx, world)
    const ofForeign = await trace(world, world.other, made, call)
    ctx.equal(
      'UE-ENGINE-005',
      ofForeign,
      await trace(world, world.other, absent, call),
      'what was answered and asked',
    )
    ctx.equal('UE-ENGINE-005', await readTrail(ctx, world), before, 'what the tenant has of it')
    const ofOwner = await trace(world, world.tenant, made, call)
    ctx.precondition(
      'its owner is answered otherwise',
      JSON.stringify(ofOwner.error) !== JSON.stringify(ofForeign.error),
    )
  },
}))
