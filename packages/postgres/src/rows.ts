import type {
  Account,
  AuditRecord,
  ExternalIdentity,
  OutboxEvent,
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
    ...base(record),
    external_ref: record.externalRef,
    state: record.state,
  }),
  user: (record: User): Values<'users'> => ({ ...base(record), kind: record.kind, state: record.state }),
  account: (record: Account): Values<'accounts'> => ({
    ...base(record),
    user_id: record.userId,
    state: record.state,
  }),
  external_identity: (record: ExternalIdentity): Values<'external_identities'> => ({
    ...base(record),
    user_id: record.userId,
    issuer: record.issuer,
    subject: record.subject,
    state: record.state,
  }),
  tenant_account: (record: TenantAccount): Values<'tenant_accounts'> => ({
    ...base(record),
    user_id: record.userId,
    external_id: record.externalId,
    origin: record.origin,
    state: record.state,
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
