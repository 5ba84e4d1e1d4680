import type { TenantAccount, TenantAccountRepository, UserId } from '@user-engine/store'

import type { Access } from './access.ts'
import type { View } from './layers.ts'
import { createRepository, listSeen } from './repository.ts'
import { claims, versionedTables } from './tables.ts'

export function createTenantAccountRepository(access: Access): TenantAccountRepository {
  return {
    ...createRepository(access, versionedTables.tenantAccounts),
    findByUser: (userId) => access.read((view) => findTenantAccountOf(view, access, userId)),
    list: (page) => listSeen(access, 'tenantAccounts', page),
  }
}

export function findTenantAccountOf(view: View, { scope }: Access, userId: UserId): TenantAccount | null {
  if (scope.tenantId === null) return null
  const key = view.claimedBy(claims.tenantAccountOf(scope.tenantId, userId).name)
  return key === null ? null : view.find('tenantAccounts', key)
}
