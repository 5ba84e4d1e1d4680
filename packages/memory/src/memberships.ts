import type { GroupMembership, MembershipRepository, TenantAccountId } from '@user-engine/store'

import { sees, type Access } from './access.ts'
import type { View } from './layers.ts'
import { createRepository, listSeen } from './repository.ts'
import { claims, keyOf, versionedTables } from './tables.ts'

export function createMembershipRepository(access: Access): MembershipRepository {
  return {
    ...createRepository(access, versionedTables.memberships, [
      ({ scopeId, groupId }) => ({ table: 'groups', key: keyOf(scopeId, groupId) }),
      ({ scopeId, tenantAccountId }) => ({ table: 'tenantAccounts', key: keyOf(scopeId, tenantAccountId) }),
    ]),
    findByMember: (groupId, tenantAccountId) =>
      access.read((view) => {
        const { tenantId } = access.scope
        const taken =
          tenantId === null ? null : view.claimedBy(claims.member(tenantId, groupId, tenantAccountId).name)
        return taken === null ? null : view.find('memberships', taken)
      }),
    listByGroup: (groupId, page) =>
      listSeen(access, 'memberships', page, (membership) => membership.groupId === groupId),
    listByTenantAccount: (tenantAccountId, page) =>
      listSeen(access, 'memberships', page, (membership) => membership.tenantAccountId === tenantAccountId),
  }
}

/** What a sign-in reads: neither the membership nor its group is removed. */
export function listMembershipsOf(
  view: View,
  access: Access,
  tenantAccountId: TenantAccountId,
): GroupMembership[] {
  return view
    .list('memberships')
    .filter((membership) => membership.tenantAccountId === tenantAccountId && membership.state !== 'removed')
    .filter((membership) => sees(access, 'memberships', membership))
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
    .flatMap((membership) => {
      const group = view.find('groups', keyOf(membership.scopeId, membership.groupId))
      return group === null || group.state === 'removed' ? [] : [{ membership, group }]
    })
}
