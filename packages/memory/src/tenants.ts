import type { TenantRepository } from '@user-engine/store'

import type { Access } from './access.ts'
import { createRepository, listSeen } from './repository.ts'
import { versionedTables } from './tables.ts'

export function createTenantRepository(access: Access): TenantRepository {
  return {
    ...createRepository(access, versionedTables.tenants),
    list: (page) => listSeen(access, 'tenants', page),
  }
}
