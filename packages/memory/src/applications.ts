import {
  DIRECTORY,
  type Application,
  type ApplicationId,
  type ApplicationRepository,
} from '@user-engine/store'

import { sees, type Access } from './access.ts'
import type { View } from './layers.ts'
import { createRepository, listSeen } from './repository.ts'
import { claims, keyOf, versionedTables } from './tables.ts'

export function createApplicationRepository(access: Access): ApplicationRepository {
  return {
    ...createRepository(access, versionedTables.applications),
    findByClientKey: (query) =>
      access.read((view) => {
        const taken = view.claimedBy(claims.clientKey(query).name)
        const application = taken === null ? null : view.find('applications', taken)
        return application !== null && sees(access, 'applications', application) ? application : null
      }),
    list: (page) => listSeen(access, 'applications', page),
  }
}

export function findApplication(view: View, access: Access, id: ApplicationId): Application | null {
  for (const scopeId of [...access.scopes, DIRECTORY]) {
    const application = view.find('applications', keyOf(scopeId, id))
    if (application !== null) return sees(access, 'applications', application) ? application : null
  }
  return null
}
