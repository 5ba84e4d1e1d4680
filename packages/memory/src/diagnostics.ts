import type { RecordCounts } from '@user-engine/store'

import { sees, type Access } from './access.ts'
import type { View } from './layers.ts'
import type { TableName } from './tables.ts'

export function countRecords(view: View, access: Access): RecordCounts {
  const seen = <Name extends TableName>(table: Name) =>
    view.list(table).filter((row) => sees(access, table, row))
  const now = access.now()
  return {
    tenants: seen('tenants').length,
    users: seen('users').length,
    accounts: seen('accounts').length,
    externalIdentities: seen('externalIdentities').length,
    tenantAccounts: seen('tenantAccounts').length,
    groups: seen('groups').length,
    memberships: seen('memberships').length,
    applications: seen('applications').length,
    applicationBindings: seen('applicationBindings').length,
    attributeCatalogs: seen('attributeCatalogs').length,
    profileValues: seen('profileValues').length,
    auditRecords: seen('auditRecords').length,
    denials: [...access.denials.values()].filter(({ scopeId }) => access.scopes.includes(scopeId)).length,
    pendingEvents: seen('outboxEvents').length,
    idempotencyRecords: seen('idempotencyRecords').filter((row) => row.expiresAt > now).length,
  }
}
