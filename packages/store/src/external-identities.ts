import type { Account } from './accounts.ts'
import type { ApplicationId, AttributeCatalogId, ExternalIdentityId, UserId } from './ids.ts'
import type { GroupMembership } from './memberships.ts'
import type { ProfileFacts } from './profile-values.ts'
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

/** A sign-in's question: who is it, and what is known of them where they come in. */
export interface SignInQuery extends SubjectQuery {
  /** As in a ProfileQuery. */
  readonly applicationId: ApplicationId | null
  readonly knownCatalogIds: readonly AttributeCatalogId[]
  /** False for whoever does not show it: the answer has neither catalogs nor values, and they need not be read. */
  readonly withProfile: boolean
}

/**
 * Everything that a sign-in decides on. A part is null where there is none, or none that the scope sees. The tenant, the
 * application, its binding and the catalogs are told where nobody has the identity, too; there are no values then.
 */
export interface SignIn {
  readonly identity: ExternalIdentity | null
  readonly user: User | null
  readonly account: Account | null
  /** The tenant bound in the transaction's scope, and the user's account in it. */
  readonly tenant: Tenant | null
  readonly tenantAccount: TenantAccount | null
  /** Those of the tenant account that are not removed, with groups that are not, in order of the membership's id
   * (UE-MEMBERSHIP-003). */
  readonly memberships: readonly GroupMembership[]
  readonly profile: ProfileFacts
}

export interface ExternalIdentityRepository extends Repository<ExternalIdentity> {
  /** The identity that is linked now for this subject, or null. */
  findLinked(query: SubjectQuery): Promise<ExternalIdentity | null>
  /**
   * The linked identity with all that hangs on it, in one read (UE-IDENTITY-005); never somebody else's, however many ask at the
   * same moment (UE-IDENTITY-007).
   */
  resolve(query: SignInQuery): Promise<SignIn>
  /** The identities of a user that the scope sees, linked and unlinked, in order of id (UE-IDENTITY-006). */
  listByUser(
    userId: UserId,
    page: PageRequest<ExternalIdentityId>,
  ): Promise<Page<ExternalIdentity, ExternalIdentityId>>
}
