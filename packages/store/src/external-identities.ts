import type { Account } from './accounts.ts'
import type { ExternalIdentityId, UserId } from './ids.ts'
import type { Page, PageRequest, Repository, VersionedRecord } from './records.ts'
import type { ScopeId } from './scope.ts'
import type { TenantAccount } from './tenant-accounts.ts'
import type { Tenant } from './tenants.ts'
import type { User } from './users.ts'

export type ExternalIdentityState = 'linked' | 'unlinked'

/**
 * An account at an identity provider, linked to a user. It is named by issuer and subject as OpenID Connect Core 1.0
 * section 5.7 has it: compared exactly, case and every code point included (UE-IDENTITY-003); never by e-mail address.
 *
 * UE-IDENTITY-001: among the linked identities of a scope, (issuer, subject) MUST be unique under any concurrency:
 * `external_identity_subject`. UE-IDENTITY-002: an unlinked identity stays as history and frees its subject.
 */
export interface ExternalIdentity extends VersionedRecord {
  /** The directory, or the tenant whose own provider issued it. */
  readonly scopeId: ScopeId
  readonly id: ExternalIdentityId
  /** Not checked by the store: that of a tenant's own identity lives in another scope. */
  readonly userId: UserId
  readonly issuer: string
  readonly subject: string
  readonly state: ExternalIdentityState
}

export interface SubjectQuery {
  readonly scopeId: ScopeId
  readonly issuer: string
  readonly subject: string
}

/** Everything that a sign-in decides on. A part is null where there is none, or none that the scope sees. */
export interface SignIn {
  readonly identity: ExternalIdentity | null
  readonly user: User | null
  readonly account: Account | null
  /** The tenant bound in the transaction's scope, and the user's account in it. */
  readonly tenant: Tenant | null
  readonly tenantAccount: TenantAccount | null
}

export interface ExternalIdentityRepository extends Repository<ExternalIdentity> {
  /** The identity that is linked now for this subject, or null. */
  findLinked(query: SubjectQuery): Promise<ExternalIdentity | null>
  /** The linked identity with all that hangs on it, in one read (UE-IDENTITY-005). */
  resolve(query: SubjectQuery): Promise<SignIn>
  /** The identities of a user that the scope sees, linked and unlinked, in order of id (UE-IDENTITY-006). */
  listByUser(
    userId: UserId,
    page: PageRequest<ExternalIdentityId>,
  ): Promise<Page<ExternalIdentity, ExternalIdentityId>>
}
