import type { Constraint } from '@user-engine/store'

import type { RequirementId } from '../catalogue/index.ts'

/** The promises that a comparison with the model can find broken. */
export const MODEL_REQUIREMENTS = [
  'UE-TRANSACTION-001',
  'UE-TRANSACTION-002',
  'UE-TRANSACTION-003',
  'UE-TRANSACTION-004',
  'UE-TRANSACTION-005',
  'UE-TRANSACTION-007',
  'UE-TRANSACTION-009',
  'UE-TRANSACTION-010',
  'UE-VERSION-001',
  'UE-VERSION-003',
  'UE-VERSION-005',
  'UE-TENANT-001',
  'UE-TENANT-002',
  'UE-TENANT-006',
  'UE-TENANT-007',
  'UE-TENANT-008',
  'UE-IDENTITY-001',
  'UE-IDENTITY-003',
  'UE-IDENTITY-004',
  'UE-IDENTITY-005',
  'UE-IDENTITY-006',
  'UE-GROUP-001',
  'UE-MEMBERSHIP-001',
  'UE-MEMBERSHIP-002',
  'UE-MEMBERSHIP-003',
  'UE-APPLICATION-001',
  'UE-BINDING-001',
  'UE-CATALOG-001',
  'UE-CATALOG-002',
  'UE-PROFILE-001',
  'UE-PROFILE-002',
  'UE-PROFILE-003',
  'UE-PROFILE-005',
  'UE-RECORD-001',
  'UE-RECORD-002',
  'UE-RECORD-003',
  'UE-RECORD-005',
  'UE-PAGING-001',
  'UE-PAGING-002',
  'UE-AUDIT-001',
  'UE-AUDIT-002',
  'UE-AUDIT-003',
  'UE-AUDIT-004',
  'UE-DENIAL-001',
  'UE-DENIAL-003',
  'UE-OUTBOX-001',
  'UE-OUTBOX-002',
  'UE-OUTBOX-003',
  'UE-OUTBOX-019',
  'UE-IDEMPOTENCY-001',
  'UE-IDEMPOTENCY-002',
  'UE-DIAGNOSTICS-003',
] as const satisfies readonly RequirementId[]

/** Those of the relay, which a script of its own kind exercises. */
export const RELAY_REQUIREMENTS = [
  'UE-OUTBOX-005',
  'UE-OUTBOX-006',
  'UE-OUTBOX-007',
  'UE-OUTBOX-008',
  'UE-OUTBOX-009',
  'UE-OUTBOX-010',
  'UE-OUTBOX-011',
  'UE-OUTBOX-013',
  'UE-OUTBOX-015',
  'UE-OUTBOX-016',
  'UE-OUTBOX-017',
] as const satisfies readonly RequirementId[]

/** Those that show only where the clock can be turned. */
export const CLOCK_REQUIREMENTS = [
  'UE-OUTBOX-012',
  'UE-OUTBOX-014',
  'UE-IDEMPOTENCY-003',
] as const satisfies readonly RequirementId[]

export type ModelRequirement =
  | (typeof MODEL_REQUIREMENTS)[number]
  | (typeof RELAY_REQUIREMENTS)[number]
  | (typeof CLOCK_REQUIREMENTS)[number]

/** The promise behind each rule that a write can break. */
export const RULES: Readonly<Record<Constraint, ModelRequirement>> = {
  tenant_id: 'UE-RECORD-002',
  tenant_external_ref: 'UE-TENANT-006',
  user_id: 'UE-RECORD-002',
  account_id: 'UE-RECORD-002',
  account_user: 'UE-IDENTITY-004',
  external_identity_id: 'UE-RECORD-002',
  external_identity_subject: 'UE-IDENTITY-001',
  tenant_account_id: 'UE-RECORD-002',
  tenant_account_user: 'UE-TENANT-007',
  tenant_account_external_id: 'UE-TENANT-008',
  group_id: 'UE-RECORD-002',
  group_key: 'UE-GROUP-001',
  membership_id: 'UE-RECORD-002',
  membership_member: 'UE-MEMBERSHIP-001',
  application_id: 'UE-RECORD-002',
  application_client_key: 'UE-APPLICATION-001',
  application_binding_id: 'UE-RECORD-002',
  application_binding_application: 'UE-BINDING-001',
  attribute_catalog_id: 'UE-RECORD-002',
  attribute_catalog_version: 'UE-CATALOG-001',
  attribute_catalog_published: 'UE-CATALOG-002',
  profile_value_id: 'UE-RECORD-002',
  profile_value_attribute: 'UE-PROFILE-001',
  profile_value_unique: 'UE-PROFILE-002',
  audit_record_id: 'UE-AUDIT-003',
  event_id: 'UE-OUTBOX-019',
  event_ordinal: 'UE-OUTBOX-019',
  idempotency_key: 'UE-IDEMPOTENCY-002',
  reference: 'UE-MEMBERSHIP-002',
}
