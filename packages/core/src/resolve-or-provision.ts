import { z } from 'zod'

import { isUserEngineError, UserEngineError } from './errors.ts'
import type { ExternalIdentityQueries, Resolution } from './external-identities.ts'
import { identityFields } from './identity.ts'
import { parseFields } from './input.ts'
import type { TenantAccountCommands } from './tenant-accounts.ts'
import { provisionFields, type UserCommands } from './users.ts'

const schema = z.strictObject({ ...identityFields, ...provisionFields, profile: z.boolean().default(true) })

/** The identity, and what a user who is made for it gets. */
export type SignInInput = z.input<typeof schema>

/** `provisioned` is true where this call made the user, or the user's account in the tenant. */
export type SignInResult = Resolution & { readonly provisioned: boolean }

export interface SignInOperations {
  /**
   * Resolves an identity and, where nobody has it, makes the user just in time; a known user who is new to the context's
   * tenant joins it, and nobody who left comes back by it. A tenant that is not active refuses, and nobody is made. Safe
   * under any race: one caller makes the user, all get the same one. It asks the policy for `external_identity.resolve` and, where needed, `user.provision` or
   * `tenant_account.join`.
   */
  resolveOrProvision(input: SignInInput): Promise<SignInResult>
}

export interface SignInParts
  extends
    Pick<ExternalIdentityQueries, 'resolveIdentity'>,
    Pick<UserCommands, 'provisionUser'>,
    Pick<TenantAccountCommands, 'joinTenant'> {}

/**
 * `apart` keeps a lost race from what is around it. `rounds` is how often it decides again after losing one: in a
 * composition once, whose isolation may hide the winner for as long as it runs.
 */
export function createResolveOrProvision(
  parts: SignInParts,
  apart: <Result>(work: (parts: SignInParts) => Promise<Result>) => Promise<Result>,
  rounds: number,
): SignInOperations['resolveOrProvision'] {
  return async (given) => {
    const { issuer, subject, scope, profile, ...provision } = parseFields<z.output<typeof schema>>(
      schema,
      given,
    )
    const identity = { issuer, subject, scope }
    let provisioned = false
    for (let round = 0; round <= rounds; round += 1) {
      const found = await parts.resolveIdentity({ ...identity, profile })
      const missing = provisioned ? null : missingPart(found)
      if (missing === null) return { ...found, provisioned }
      if (round === rounds) break
      const made = await attempt(() =>
        apart(async (each) => {
          if (missing === 'user') await each.provisionUser({ identity, ...provision })
          else await each.joinTenant({ userId: missing.userId, ...provision.tenantAccount })
        }),
      )
      if (typeof made !== 'boolean') return { ...made, provisioned: false }
      provisioned = made
    }
    throw new UserEngineError('CONTENTION', {})
  }
}

/** What can be made just in time, or null: the rest is for others to decide. */
function missingPart(found: Resolution): 'user' | { readonly userId: string } | null {
  if (found.outcome === 'active' || found.reason !== 'unknown') return null
  if (found.level === 'identity') return 'user'
  return found.level === 'tenant_account' && found.userId !== null ? { userId: found.userId } : null
}

/** Whether it was made; false where somebody else was faster. Or that the tenant refuses, which is told by trying. */
async function attempt(work: () => Promise<void>): Promise<boolean | (Resolution & { outcome: 'refused' })> {
  try {
    await work()
    return true
  } catch (error) {
    const taken =
      isUserEngineError(error, 'ALREADY_EXISTS') && error.details.constraint === 'tenant_account_user'
    if (taken || isUserEngineError(error, 'IDENTITY_TAKEN')) return false
    const tenant = { outcome: 'refused', level: 'tenant', userId: null } as const
    if (isUserEngineError(error, 'NOT_FOUND') && error.details.kind === 'tenant') {
      return { ...tenant, reason: 'unknown' }
    }
    if (isUserEngineError(error, 'INVALID_STATE') && error.details.kind === 'tenant') {
      return { ...tenant, reason: error.details.state }
    }
    throw error
  }
}
