import { DIRECTORY, type Application, type ApplicationRepository } from '@user-engine/store'

import { db } from './database.ts'
import { pageOfTwo, readPage, type Access } from './reads.ts'
import { createRepository, first } from './repository.ts'
import { inScopesOrPublished, ownFirst, template } from './template.ts'

export const applicationColumns = [
  'scope_id as scopeId',
  'id',
  'client_key as clientKey',
  'state',
  'version',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const

const find = template<'scopes' | 'id'>((parameter) =>
  db
    .selectFrom('applications')
    .select(applicationColumns)
    .where(inScopesOrPublished(parameter('scopes')))
    .where('id', '=', parameter('id'))
    .orderBy(ownFirst(parameter('scopes'))),
)

const findByClientKey = template<'scopes' | 'scopeId' | 'clientKey'>((parameter) =>
  db
    .selectFrom('applications')
    .select(applicationColumns)
    .where('scope_id', '=', parameter('scopeId'))
    .where(inScopesOrPublished(parameter('scopes')))
    .where('client_key', '=', parameter('clientKey')),
)

const list = template<'scopes' | 'tenantId' | 'after' | 'limit'>((parameter) => {
  const limit = parameter<number>('limit')
  const half = (scopeId: string) =>
    db
      .selectFrom('applications')
      .select(applicationColumns)
      .where('scope_id', '=', scopeId)
      .where(inScopesOrPublished(parameter('scopes')))
      .where('id', '>', parameter('after'))
      .orderBy('id')
      .limit(limit)
  return pageOfTwo(half(DIRECTORY), half(parameter('tenantId')), limit)
})

export function createApplicationRepository(access: Access): ApplicationRepository {
  const { scopes } = access
  return {
    findByClientKey: ({ scopeId, clientKey }) =>
      access.call(async () => {
        const statement = findByClientKey({ scopes, scopeId, clientKey })
        return first<Application>(await access.read(statement, ['applications']))
      }),
    list: (page) => readPage<Application>(access, list, page, ['applications']),
    ...createRepository<Application>('application', access, find),
  }
}
