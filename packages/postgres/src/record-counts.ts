import { DIRECTORY, type RecordCounts } from '@user-engine/store'
import { sql } from 'kysely'

import { db } from './database.ts'
import type { Access } from './reads.ts'
import { inScopesOrPublished, template } from './template.ts'

const counts = template<'scopes'>((parameter) => {
  const count = (table: string) =>
    sql<number>`(select count(*)::int from ${sql.table(`user_engine.${table}`)} where scope_id = any(${parameter('scopes')}::uuid[]))`
  const tenants = sql<number>`(select count(*)::int from user_engine.tenants where scope_id = ${sql.lit(DIRECTORY)}::uuid
    and (${sql.lit(DIRECTORY)}::uuid = any(${parameter('scopes')}::uuid[]) or id = any(${parameter('scopes')}::uuid[])))`
  const published = (table: string) =>
    sql<number>`(select count(*)::int from ${sql.table(`user_engine.${table}`)} where ${inScopesOrPublished(parameter('scopes'))})`
  const answers = sql<number>`(select count(*)::int from user_engine.idempotency_records
    where scope_id = any(${parameter('scopes')}::uuid[]) and expires_at > now())`
  return db
    .selectFrom(sql`(select)`.as('one'))
    .select([
      tenants.as('tenants'),
      count('users').as('users'),
      count('accounts').as('accounts'),
      count('external_identities').as('externalIdentities'),
      count('tenant_accounts').as('tenantAccounts'),
      count('groups').as('groups'),
      count('memberships').as('memberships'),
      published('applications').as('applications'),
      count('application_bindings').as('applicationBindings'),
      published('attribute_catalogs').as('attributeCatalogs'),
      count('profile_values').as('profileValues'),
      count('audit_records').as('auditRecords'),
      count('denials').as('denials'),
      count('outbox_events').as('pendingEvents'),
      answers.as('idempotencyRecords'),
    ])
})

export function countRecords(access: Access): Promise<RecordCounts> {
  return access.call(async () => {
    const rows = await access.scan(counts({ scopes: access.scopes }), [
      'tenants',
      'users',
      'accounts',
      'external_identities',
      'tenant_accounts',
      'groups',
      'memberships',
      'applications',
      'application_bindings',
      'attribute_catalogs',
      'profile_values',
      'audit_records',
      'outbox_events',
      'idempotency_records',
    ])
    return rows[0] as unknown as RecordCounts
  })
}
