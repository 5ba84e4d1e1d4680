import { isUuid, type ApplicationBinding, type ApplicationBindingRepository } from '@user-engine/store'

import { db } from './database.ts'
import { readPage, type Access } from './reads.ts'
import { createRepository, first } from './repository.ts'
import { inScopes, template } from './template.ts'

export const applicationBindingColumns = [
  'scope_id as scopeId',
  'id',
  'application_id as applicationId',
  'catalog_id as catalogId',
  'state',
  'version',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const

const find = template<'scopes' | 'id'>((parameter) =>
  db
    .selectFrom('application_bindings')
    .select(applicationBindingColumns)
    .where(inScopes(parameter('scopes')))
    .where('id', '=', parameter('id')),
)

const findByApplication = template<'tenantId' | 'applicationId'>((parameter) =>
  db
    .selectFrom('application_bindings')
    .select(applicationBindingColumns)
    .where('scope_id', '=', parameter('tenantId'))
    .where('application_id', '=', parameter('applicationId')),
)

const list = template<'scopes' | 'tenantId' | 'after' | 'limit'>((parameter) =>
  db
    .selectFrom('application_bindings')
    .select(applicationBindingColumns)
    .where('scope_id', '=', parameter('tenantId'))
    .where(inScopes(parameter('scopes')))
    .where('id', '>', parameter('after'))
    .orderBy('id')
    .limit(parameter<number>('limit')),
)

export function createApplicationBindingRepository(access: Access): ApplicationBindingRepository {
  const { tenantId } = access
  return {
    findByApplication: (applicationId) =>
      access.call(async () => {
        if (!isUuid(applicationId)) return null
        const statement = findByApplication({ tenantId, applicationId })
        return first<ApplicationBinding>(await access.read(statement, ['application_bindings']))
      }),
    list: (page) => readPage<ApplicationBinding>(access, list, page, ['application_bindings']),
    ...createRepository<ApplicationBinding>('application_binding', access, find),
  }
}
