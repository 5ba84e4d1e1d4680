import type {
  Account,
  Application,
  ApplicationBinding,
  AttributeCatalog,
  AuditRecord,
  ExternalIdentity,
  Group,
  Membership,
  OutboxEvent,
  ProfileValue,
  RecordKind,
  Tenant,
  TenantAccount,
  User,
  VersionedRecord,
} from '@user-engine/store'

import type { Database } from './database.ts'
import type { TableName } from './reads.ts'

type Values<Table extends TableName> = Partial<Database[Table]>

const base = ({ scopeId, id, version, createdAt, updatedAt }: VersionedRecord) => ({
  scope_id: scopeId,
  id,
  version,
  created_at: createdAt,
  updated_at: updatedAt,
})

/** The row of a record, its columns always in one order. */
export const ROWS = {
  tenant: (record: Tenant): Values<'tenants'> => ({
    external_ref: record.externalRef,
    state: record.state,
    ...base(record),
  }),
  user: (record: User): Values<'users'> => ({ kind: record.kind, state: record.state, ...base(record) }),
  account: (record: Account): Values<'accounts'> => ({
    user_id: record.userId,
    state: record.state,
    ...base(record),
  }),
  external_identity: (record: ExternalIdentity): Values<'external_identities'> => ({
    user_id: record.userId,
    issuer: record.issuer,
    subject: record.subject,
    state: record.state,
    ...base(record),
  }),
  tenant_account: (record: TenantAccount): Values<'tenant_accounts'> => ({
    user_id: record.userId,
    external_id: record.externalId,
    origin: record.origin,
    state: record.state,
    ...base(record),
  }),
  group: (record: Group): Values<'groups'> => ({
    key: record.key,
    display_name: record.displayName,
    state: record.state,
    ...base(record),
  }),
  membership: (record: Membership): Values<'memberships'> => ({
    group_id: record.groupId,
    tenant_account_id: record.tenantAccountId,
    roles: JSON.stringify(record.roles),
    state: record.state,
    ...base(record),
  }),
  application: (record: Application): Values<'applications'> => ({
    client_key: record.clientKey,
    state: record.state,
    ...base(record),
  }),
  application_binding: (record: ApplicationBinding): Values<'application_bindings'> => ({
    application_id: record.applicationId,
    catalog_id: record.catalogId,
    state: record.state,
    ...base(record),
  }),
  attribute_catalog: (record: AttributeCatalog): Values<'attribute_catalogs'> => ({
    layer: record.layer,
    owner_id: record.ownerId,
    key: record.key,
    catalog_version: record.catalogVersion,
    definitions: JSON.stringify(record.definitions),
    state: record.state,
    ...base(record),
  }),
  profile_value: (record: ProfileValue): Values<'profile_values'> => ({
    user_id: record.userId,
    layer: record.layer,
    owner_id: record.ownerId,
    attribute: record.attribute,
    value: JSON.stringify(record.value),
    source: record.source,
    catalog_id: record.catalogId,
    unique_key: record.uniqueKey,
    state: record.state,
    ...base(record),
  }),
}

/** A buffered record's row: the buffer keeps kind and record together. */
export function rowOf(kind: RecordKind, record: VersionedRecord): Readonly<Record<string, unknown>> {
  return (ROWS[kind] as (record: VersionedRecord) => Readonly<Record<string, unknown>>)(record)
}

export function auditRow(record: AuditRecord): Values<'audit_records'> {
  return {
    scope_id: record.scopeId,
    id: record.id,
    occurred_at: record.occurredAt,
    actor_kind: record.actor.kind,
    actor_id: record.actor.id,
    action: record.action,
    target_kind: record.target.kind,
    target_id: record.target.id,
    command_id: record.commandId,
    correlation_id: record.correlationId,
    changes: JSON.stringify(record.changes),
  }
}

export function eventRow(event: OutboxEvent): Values<'outbox_events'> {
  return {
    scope_id: event.scopeId,
    id: event.id,
    type: event.type,
    aggregate_kind: event.aggregate.kind,
    aggregate_id: event.aggregate.id,
    aggregate_version: event.aggregateVersion,
    ordinal: event.ordinal,
    occurred_at: event.occurredAt,
    command_id: event.commandId,
    correlation_id: event.correlationId,
    data: JSON.stringify(event.data),
  }
}
