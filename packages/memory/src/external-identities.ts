import {
  DIRECTORY,
  type ExternalIdentity,
  type ExternalIdentityRepository,
  type SubjectQuery,
} from '@user-engine/store'

import { sees, type Access } from './access.ts'
import { findAccountOf } from './accounts.ts'
import type { View } from './layers.ts'
import { listMembershipsOf } from './memberships.ts'
import { signInFactsOf } from './profile-values.ts'
import { createRepository, listSeen } from './repository.ts'
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
        const tenantAccount = userId === null ? null : findTenantAccountOf(view, access, userId)
        return {
          identity,
          user: user !== null && sees(access, 'users', user) ? user : null,
          account: userId === null ? null : findAccountOf(view, access, userId),
          tenant: tenantId === null ? null : view.find('tenants', keyOf(DIRECTORY, tenantId)),
          tenantAccount,
          memberships: tenantAccount === null ? [] : listMembershipsOf(view, access, tenantAccount.id),
          profile: signInFactsOf(view, access, { ...query, userId }),
        }
      }),
    listByUser: (userId, page) =>
      listSeen(access, 'externalIdentities', page, (identity) => identity.userId === userId),
  }
}

function findLinked(view: View, access: Access, query: SubjectQuery): ExternalIdentity | null {
  if (!access.scopes.includes(query.scopeId)) return null
  const key = view.claimedBy(claims.subject(query).name)
  return key === null ? null : view.find('externalIdentities', key)
}
