import type { AuthorizationDecision, AuthorizationRequest } from '@user-engine/core'

/** The example's policy: services it knows may do their work, an operator everything, anybody else nothing. */
const GRANTS: Readonly<Record<string, ReadonlySet<string> | 'everything'>> = {
  operator: 'everything',
  'sign-in': new Set(['external_identity.resolve', 'user.provision']),
  'keycloak-import': new Set([
    'tenant.register',
    'tenant.list',
    'external_identity.get',
    'user.provision',
    'external_identity.link',
    'tenant_account.get',
    'attribute_catalog.list',
    'attribute_catalog.draft',
    'attribute_catalog.replace',
    'attribute_catalog.publish',
    'profile_value.get',
    'profile_value.set',
    'group.list',
    'group.create',
    'membership.list',
    'membership.add',
    'application.list',
    'application.register',
    'application.activate',
    'application_binding.request',
    'application_binding.activate',
  ]),
  support: new Set([
    'user.get',
    'user.list',
    'account.get',
    'tenant_account.get',
    'tenant_account.list',
    'audit.query',
  ]),
}

export function authorize({ actor, action, tenantId }: AuthorizationRequest): AuthorizationDecision {
  // Whoever has a token may name any tenant: a sign-in makes users, and members of a tenant are made by an operator.
  if (actor.id === 'sign-in' && action === 'user.provision' && tenantId !== null) {
    return { allow: false, reason: 'not_a_member' }
  }
  const grants = actor.kind === 'service' ? GRANTS[actor.id] : undefined
  if (grants === 'everything' || grants?.has(action) === true) return { allow: true }
  return { allow: false, reason: 'not_granted' }
}
