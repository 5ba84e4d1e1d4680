import { isUserEngineError } from './errors.ts'
import type { ExternalIdentityQueries, Resolution } from './external-identities.ts'
import type { TenantAccountCommands } from './tenant-accounts.ts'
import type { UserCommands } from './users.ts'

type ProvisionInput = Parameters<UserCommands['provisionUser']>[0]

/** The identity, and what a user who is made for it gets. */
export type SignInInput = ProvisionInput['identity'] &
  Omit<ProvisionInput, 'identity' | 'expectedVersion' | 'idempotencyKey'>

/** `provisioned` is true where this call made the user, or the user's account in the tenant. */
export type SignInResult = Resolution & { readonly provisioned: boolean }

export interface SignInOperations {
  /**
   * Resolves an identity and, where nobody has it, makes the user just in time; a known user who is new to the context's
   * tenant joins it. Safe under any race: one caller makes the user, all get the same one.
   */
  resolveOrProvision(input: SignInInput): Promise<SignInResult>
}

type Needed = Pick<ExternalIdentityQueries, 'resolveIdentity'> &
  Pick<UserCommands, 'provisionUser'> &
  Pick<TenantAccountCommands, 'joinTenant'> & {
    nested?<Result>(work: (unit: Needed) => Promise<Result>): Promise<Result>
  }

export function createResolveOrProvision(operations: Needed): SignInOperations['resolveOrProvision'] {
  /** In a composition a lost race must not take the composition along. */
  const apart = (work: (unit: Needed) => Promise<unknown>) =>
    operations.nested === undefined ? work(operations) : operations.nested(work)

  return async (input) => {
    const { issuer, subject, scope, ...provision } = input
    const identity = { issuer, subject, scope }
    const found = await operations.resolveIdentity(identity)
    if (found.outcome === 'active' || found.reason !== 'unknown') return { ...found, provisioned: false }
    const { level, userId } = found
    if (level !== 'identity' && (level !== 'tenant_account' || userId === null)) {
      return { ...found, provisioned: false }
    }
    let provisioned = true
    try {
      await apart(async (unit) => {
        if (userId === null) return unit.provisionUser({ identity, ...provision })
        return unit.joinTenant({ userId, ...provision.tenantAccount })
      })
    } catch (error) {
      if (!lostRace(error)) throw error
      provisioned = false
    }
    return { ...(await operations.resolveIdentity(identity)), provisioned }
  }
}

/** Somebody else made the same user, or let the same user join, meanwhile. */
function lostRace(error: unknown): boolean {
  return (
    isUserEngineError(error, 'IDENTITY_TAKEN') ||
    (isUserEngineError(error, 'ALREADY_EXISTS') && error.details.constraint === 'tenant_account_user')
  )
}
