import type { ApplicationBinding, ApplicationBindingRepository, ApplicationId } from '@user-engine/store'

import type { Access } from './access.ts'
import type { View } from './layers.ts'
import { createRepository, listSeen } from './repository.ts'
import { claims, versionedTables } from './tables.ts'

export function createApplicationBindingRepository(access: Access): ApplicationBindingRepository {
  return {
    ...createRepository(access, versionedTables.applicationBindings),
    findByApplication: (applicationId) => access.read((view) => findBindingOf(view, access, applicationId)),
    list: (page) => listSeen(access, 'applicationBindings', page),
  }
}

export function findBindingOf(
  view: View,
  { scope: { tenantId } }: Access,
  applicationId: ApplicationId,
): ApplicationBinding | null {
  const taken = tenantId === null ? null : view.claimedBy(claims.bindingOf(tenantId, applicationId).name)
  return taken === null ? null : view.find('applicationBindings', taken)
}
