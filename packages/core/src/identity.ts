import {
  DIRECTORY,
  type ExternalIdentity,
  type ExternalIdentityId,
  type ScopeId,
  type TenantId,
  type UserId,
} from '@user-engine/store'
import { z } from 'zod'

import { birth, created, type Facts } from './command.ts'
import { UserEngineError } from './errors.ts'
import { text } from './input.ts'

/** Issuer and subject (OpenID Connect Core 1.0 section 5.7), kept and compared exactly. */
export const identityFields = {
  issuer: text(512),
  subject: text(512),
  /** `tenant`: the issuer is the tenant's own, and its subjects mean nothing elsewhere. */
  scope: z.enum(['directory', 'tenant']).default('directory'),
}

export interface IdentityInput {
  readonly issuer: string
  readonly subject: string
  readonly scope: 'directory' | 'tenant'
}

export function identityScopeId({ scope }: Pick<IdentityInput, 'scope'>, tenantId: TenantId | null): ScopeId {
  if (scope === 'directory') return DIRECTORY
  if (tenantId === null) throw new UserEngineError('TENANT_REQUIRED', {})
  return tenantId
}

/** A new identity that is linked to the user. */
export function linked(
  id: ExternalIdentityId,
  userId: UserId,
  scopeId: ScopeId,
  { issuer, subject }: IdentityInput,
  facts: Facts,
) {
  const identity: ExternalIdentity = {
    scopeId,
    id,
    userId,
    issuer,
    subject,
    state: 'linked',
    ...birth(facts),
  }
  return created('external_identity', identity, 'external_identity.linked', { userId })
}
