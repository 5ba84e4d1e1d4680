import { DIRECTORY, type Tenant, type TenantRepository } from '@user-engine/store'
import { sql } from 'kysely'

import { db } from './database.ts'
import { readPage, type Access } from './reads.ts'
import { createRepository } from './repository.ts'
import { template } from './template.ts'

export const tenantColumns = [
  'scope_id as scopeId',
  'id',
  'external_ref as externalRef',
  'state',
  'version',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const

/** The directory sees all tenants, a tenant's scope its own. */
const visible = (scopes: unknown) =>
  sql<boolean>`(${sql.lit(DIRECTORY)}::uuid = any(${scopes}::uuid[]) or id = any(${scopes}::uuid[]))`

const find = template<'scopes' | 'id'>((parameter) =>
  db
    .selectFrom('tenants')
    .select(tenantColumns)
    .where('scope_id', '=', sql.lit(DIRECTORY))
    .where('id', '=', parameter('id'))
    .where(visible(parameter('scopes'))),
)

const list = template<'scopes' | 'after' | 'limit'>((parameter) =>
  db
    .selectFrom('tenants')
    .select(tenantColumns)
    .where('scope_id', '=', sql.lit(DIRECTORY))
    .where('id', '>', parameter('after'))
    .where(visible(parameter('scopes')))
    .orderBy('id')
    .limit(parameter<number>('limit')),
)

export function createTenantRepository(access: Access): TenantRepository {
  return {
    list: (page) => readPage<Tenant>(access, list, page, ['tenants']),
    ...createRepository<Tenant>('tenant', access, find),
  }
}
