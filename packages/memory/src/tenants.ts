import type { TenantRepository } from '@user-engine/store'

import { sees, type Access } from './access.ts'
import { pageOf } from './pages.ts'
import { createRepository } from './repository.ts'
import { versionedTables } from './tables.ts'

export function createTenantRepository(access: Access): TenantRepository {
  return {
    ...createRepository(access, versionedTables.tenants),
    list: (page) =>
      access.read((view) => {
        const seen = view.list('tenants').filter((tenant) => sees(access, 'tenants', tenant))
        return pageOf(seen, page, (tenant) => tenant.id)
      }),
  }
}
