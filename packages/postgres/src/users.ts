import { DIRECTORY, type User, type UserRepository } from '@user-engine/store'
import { sql } from 'kysely'

import { db } from './database.ts'
import { readPage, type Access } from './reads.ts'
import { createRepository } from './repository.ts'
import { inScopes, template } from './template.ts'

export const userColumns = [
  'scope_id as scopeId',
  'id',
  'kind',
  'state',
  'version',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const

const find = template<'scopes' | 'id'>((parameter) =>
  db
    .selectFrom('users')
    .select(userColumns)
    .where(inScopes(parameter('scopes')))
    .where('id', '=', parameter('id')),
)

const list = template<'scopes' | 'after' | 'limit'>((parameter) =>
  db
    .selectFrom('users')
    .select(userColumns)
    .where('scope_id', '=', sql.lit(DIRECTORY))
    .where(inScopes(parameter('scopes')))
    .where('id', '>', parameter('after'))
    .orderBy('id')
    .limit(parameter<number>('limit')),
)

export function createUserRepository(access: Access): UserRepository {
  return {
    list: (page) => readPage<User>(access, list, page, ['users']),
    ...createRepository<User>('user', access, find),
  }
}
