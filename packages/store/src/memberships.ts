import type { Group } from './groups.ts'
import type { GroupId, MembershipId, TenantAccountId, TenantId } from './ids.ts'
import type { Page, PageRequest, Repository, VersionedRecord } from './records.ts'

export type MembershipState = 'active' | 'suspended' | 'removed'

/**
 * A tenant account in a group of its tenant. UE-MEMBERSHIP-001: there MUST be at most one for a group and a tenant
 * account, whatever its state: `membership_member`; who comes back gets it back. UE-MEMBERSHIP-002: both MUST exist in
 * the tenant: `reference`.
 */
export interface Membership extends VersionedRecord {
  readonly scopeId: TenantId
  readonly id: MembershipId
  readonly groupId: GroupId
  readonly tenantAccountId: TenantAccountId
  /** References to roles of the host's own authorization, up to 100, in the order given. Nobody here reads them. */
  readonly roles: readonly string[]
  readonly state: MembershipState
}

/** A membership with its group, as a sign-in reads them. */
export interface GroupMembership {
  readonly membership: Membership
  readonly group: Group
}

export interface MembershipRepository extends Repository<Membership> {
  /** The membership of the bound tenant, whatever its state, or null. */
  findByMember(groupId: GroupId, tenantAccountId: TenantAccountId): Promise<Membership | null>
  /** Whatever their state, in order of id. */
  listByGroup(groupId: GroupId, page: PageRequest<MembershipId>): Promise<Page<Membership, MembershipId>>
  /** Whatever their state, in order of id. */
  listByTenantAccount(
    tenantAccountId: TenantAccountId,
    page: PageRequest<MembershipId>,
  ): Promise<Page<Membership, MembershipId>>
}
