import { isUuid, type TenantAccount, type TenantAccountRepository } from '@user-engine/store'

import { db } from './database.ts'
import { isolate } from './isolate.ts'
import { readPage, type Access } from './reads.ts'
import { createRepository, first } from './repository.ts'
import { inScopes, template } from './template.ts'

export const tenantAccountColumns = [
  'scope_id as scopeId',
  'id',
  'user_id as userId',
  'external_id as externalId',
  'origin',
  'state',
  'version',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const

const find = template<'scopes' | 'id'>((parameter) =>
  db
    .selectFrom('tenant_accounts')
    .select(tenantAccountColumns)
    .where(inScopes(parameter('scopes')))
    .where('id', '=', parameter('id')),
)

const findByUser = template<'scopes' | 'userId'>((parameter) =>
  db
    .selectFrom('tenant_accounts')
    .select(tenantAccountColumns)
    .where(inScopes(parameter('scopes')))
    .where('user_id', '=', parameter('userId')),
)

const list = template<'scopes' | 'tenantId' | 'after' | 'limit'>((parameter) =>
  db
    .selectFrom('tenant_accounts')
    .select(tenantAccountColumns)
    .where('scope_id', '=', parameter('tenantId'))
    .where(inScopes(parameter('scopes')))
    .where('id', '>', parameter('after'))
    .orderBy('id')
    .limit(parameter<number>('limit')),
)

export function createTenantAccountRepository(access: Access): TenantAccountRepository {
  return {
    findByUser: (userId) =>
      access.call(async () => {
        const { buffered, scopes } = access
        // An unsent one answers as the database would.
        const own = buffered.some('tenant_account', (record) => (record as TenantAccount).userId === userId)
        if (own !== null) return isolate(own) as TenantAccount
        return isUuid(userId)
          ? first<TenantAccount>(await access.read(findByUser({ scopes, userId }), ['tenant_accounts']))
          : null
      }),
    list: (page) => readPage<TenantAccount>(access, list, page, ['tenant_accounts']),
    ...createRepository<TenantAccount>('tenant_account', access, find),
  }
}
