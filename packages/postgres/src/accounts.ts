import { isUuid, type Account, type AccountRepository } from '@user-engine/store'

import { db } from './database.ts'
import { isolate } from './isolate.ts'
import type { Access } from './reads.ts'
import { createRepository, first } from './repository.ts'
import { inScopes, template } from './template.ts'

export const accountColumns = [
  'scope_id as scopeId',
  'id',
  'user_id as userId',
  'state',
  'version',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const

const find = template<'scopes' | 'id'>((parameter) =>
  db
    .selectFrom('accounts')
    .select(accountColumns)
    .where(inScopes(parameter('scopes')))
    .where('id', '=', parameter('id')),
)

const findByUser = template<'scopes' | 'userId'>((parameter) =>
  db
    .selectFrom('accounts')
    .select(accountColumns)
    .where(inScopes(parameter('scopes')))
    .where('user_id', '=', parameter('userId')),
)

export function createAccountRepository(access: Access): AccountRepository {
  return {
    findByUser: (userId) =>
      access.call(async () => {
        // An unsent one answers as the database would.
        const own = access.buffered.some('account', (record) => (record as Account).userId === userId)
        if (own !== null) return isolate(own) as Account
        if (!isUuid(userId)) return null
        return first<Account>(await access.read(findByUser({ scopes: access.scopes, userId }), ['accounts']))
      }),
    ...createRepository<Account>('account', access, find),
  }
}
