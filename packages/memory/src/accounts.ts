import type { Account, AccountRepository, UserId } from '@user-engine/store'

import { sees, type Access } from './access.ts'
import type { View } from './layers.ts'
import { createRepository } from './repository.ts'
import { claims, keyOf, versionedTables } from './tables.ts'

export function createAccountRepository(access: Access): AccountRepository {
  return {
    ...createRepository(access, versionedTables.accounts, [
      ({ scopeId, userId }) => ({ table: 'users', key: keyOf(scopeId, userId) }),
    ]),
    findByUser: (userId) => access.read((view) => findAccountOf(view, access, userId)),
  }
}

export function findAccountOf(view: View, access: Access, userId: UserId): Account | null {
  const key = view.claimedBy(claims.accountOf(userId).name)
  const account = key === null ? null : view.find('accounts', key)
  return account !== null && sees(access, 'accounts', account) ? account : null
}
