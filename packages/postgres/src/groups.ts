import type { Group, GroupRepository } from '@user-engine/store'
import { sql } from 'kysely'

import { db } from './database.ts'
import { readPage, type Access } from './reads.ts'
import { createRepository, first } from './repository.ts'
import { inScopes, template } from './template.ts'

export const groupColumns = [
  'scope_id as scopeId',
  'id',
  'key',
  'display_name as displayName',
  'state',
  'version',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const

const find = template<'scopes' | 'id'>((parameter) =>
  db
    .selectFrom('groups')
    .select(groupColumns)
    .where(inScopes(parameter('scopes')))
    .where('id', '=', parameter('id')),
)

const findByKey = template<'tenantId' | 'key'>((parameter) =>
  db
    .selectFrom('groups')
    .select(groupColumns)
    .where('scope_id', '=', parameter('tenantId'))
    .where('key', '=', parameter('key'))
    .where('state', '<>', sql.lit('removed')),
)

const list = template<'scopes' | 'tenantId' | 'after' | 'limit'>((parameter) =>
  db
    .selectFrom('groups')
    .select(groupColumns)
    .where('scope_id', '=', parameter('tenantId'))
    .where(inScopes(parameter('scopes')))
    .where('id', '>', parameter('after'))
    .orderBy('id')
    .limit(parameter<number>('limit')),
)

export function createGroupRepository(access: Access): GroupRepository {
  const { tenantId } = access
  return {
    findByKey: (key) =>
      access.call(async () => first<Group>(await access.read(findByKey({ tenantId, key }), ['groups']))),
    list: (page) => readPage<Group>(access, list, page, ['groups']),
    ...createRepository<Group>('group', access, find),
  }
}
