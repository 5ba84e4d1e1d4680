import {
  DIRECTORY,
  type ExternalIdentity,
  type ExternalIdentityRepository,
  type SubjectQuery,
} from '@user-engine/store'

import { sees, type Access } from './access.ts'
import { findAccountOf } from './accounts.ts'
import type { View } from './layers.ts'
import { pageOf } from './pages.ts'
import { createRepository } from './repository.ts'
import { claims, keyOf, versionedTables } from './tables.ts'
import { findTenantAccountOf } from './tenant-accounts.ts'

export function createExternalIdentityRepository(access: Access): ExternalIdentityRepository {
  return {
    ...createRepository(access, versionedTables.externalIdentities),
    findLinked: (query) => access.read((view) => findLinked(view, access, query)),
    resolve: (query) =>
      access.read((view) => {
        const { tenantId } = access.scope
        const identity = findLinked(view, access, query)
        const userId = identity?.userId ?? null
        const user = userId === null ? null : view.find('users', keyOf(DIRECTORY, userId))
        return {
          identity,
          user: user !== null && sees(access, 'users', user) ? user : null,
          account: userId === null ? null : findAccountOf(view, access, userId),
          tenant: tenantId === null ? null : view.find('tenants', keyOf(DIRECTORY, tenantId)),
          tenantAccount: userId === null ? null : findTenantAccountOf(view, access, userId),
        }
      }),
    listByUser: (userId, page) =>
      access.read((view) => {
        const its = view
          .list('externalIdentities')
          .filter((identity) => identity.userId === userId && sees(access, 'externalIdentities', identity))
        return pageOf(its, page, (identity) => identity.id)
      }),
  }
}

function findLinked(view: View, access: Access, query: SubjectQuery): ExternalIdentity | null {
  if (!access.scopes.includes(query.scopeId)) return null
  const key = view.claimedBy(claims.subject(query).name)
  return key === null ? null : view.find('externalIdentities', key)
}
