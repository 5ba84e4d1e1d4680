import { isUserEngineError, type Session } from '@user-engine/core'

import type { Case } from '../case.ts'
import { createWorld, readTrail, type World } from './world.ts'

interface Made {
  readonly userId: string
  readonly identityId: string
  readonly tenantAccountId: string
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

export const isolation: readonly Case[] = Object.entries(CALLS).map(([name, call]): Case => ({
  id: `UE-ENGINE-005/${name}`,
  title: `To ${name.replaceAll('-', ' ')} of another tenant is answered as if it were not there`,
  preconditions: ['its owner is answered otherwise'],
  async run(ctx) {
    const world = await createWorld(ctx)
    const { userId, tenantAccountId } = await world.provision()
    const own = { scope: 'tenant', ...world.identity() } as const
    const { identity } = await world.tenant.linkIdentity({ userId, ...own })
    const foreign = { userId, identityId: identity.id, tenantAccountId }
    const absent = { userId, identityId: tenantAccountId, tenantAccountId: identity.id }
    const before = await readTrail(ctx, world)
    const ofForeign = await trace(world, world.other, foreign, call)
    ctx.equal(
      'UE-ENGINE-005',
      ofForeign,
      await trace(world, world.other, absent, call),
      'what was answered and asked',
    )
    ctx.equal('UE-ENGINE-005', await readTrail(ctx, world), before, 'what the tenant has of it')
    const ofOwner = await trace(world, world.tenant, foreign, call)
    ctx.precondition(
      'its owner is answered otherwise',
      JSON.stringify(ofOwner.error) !== JSON.stringify(ofForeign.error),
    )
  },
}))
