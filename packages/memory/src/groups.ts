import type { GroupRepository } from '@user-engine/store'

import type { Access } from './access.ts'
import { createRepository, listSeen } from './repository.ts'
import { claims, versionedTables } from './tables.ts'

export function createGroupRepository(access: Access): GroupRepository {
  return {
    ...createRepository(access, versionedTables.groups),
    findByKey: (key) =>
      access.read((view) => {
        const { tenantId } = access.scope
        const taken = tenantId === null ? null : view.claimedBy(claims.groupKey(tenantId, key).name)
        return taken === null ? null : view.find('groups', taken)
      }),
    list: (page) => listSeen(access, 'groups', page),
  }
}
