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
