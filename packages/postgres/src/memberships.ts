import { isUuid, type Membership, type MembershipRepository } from '@user-engine/store'

import { db } from './database.ts'
import { readPage, type Access } from './reads.ts'
import { createRepository, first } from './repository.ts'
import { inScopes, template } from './template.ts'

export const membershipColumns = [
  'scope_id as scopeId',
  'id',
  'group_id as groupId',
  'tenant_account_id as tenantAccountId',
  'roles',
  'state',
  'version',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const

const find = template<'scopes' | 'id'>((parameter) =>
  db
    .selectFrom('memberships')
    .select(membershipColumns)
    .where(inScopes(parameter('scopes')))
    .where('id', '=', parameter('id')),
)

const findByMember = template<'tenantId' | 'groupId' | 'tenantAccountId'>((parameter) =>
  db
    .selectFrom('memberships')
    .select(membershipColumns)
    .where('scope_id', '=', parameter('tenantId'))
    .where('tenant_account_id', '=', parameter('tenantAccountId'))
    .where('group_id', '=', parameter('groupId')),
)

function listBy(column: 'group_id' | 'tenant_account_id') {
  return template<'scopes' | 'tenantId' | 'of' | 'after' | 'limit'>((parameter) =>
    db
      .selectFrom('memberships')
      .select(membershipColumns)
      .where('scope_id', '=', parameter('tenantId'))
      .where(inScopes(parameter('scopes')))
      .where(column, '=', parameter('of'))
      .where('id', '>', parameter('after'))
      .orderBy('id')
      .limit(parameter<number>('limit')),
  )
}

const listByGroup = listBy('group_id')
const listByTenantAccount = listBy('tenant_account_id')

export function createMembershipRepository(access: Access): MembershipRepository {
  const { tenantId } = access
  return {
    findByMember: (groupId, tenantAccountId) =>
      access.call(async () => {
        if (!isUuid(groupId) || !isUuid(tenantAccountId)) return null
        const statement = findByMember({ tenantId, groupId, tenantAccountId })
        return first<Membership>(await access.read(statement, ['memberships']))
      }),
    listByGroup: (of, page) => readPage<Membership>(access, listByGroup, page, ['memberships'], of),
    listByTenantAccount: (of, page) =>
      readPage<Membership>(access, listByTenantAccount, page, ['memberships'], of),
    ...createRepository<Membership>('membership', access, find),
  }
}
