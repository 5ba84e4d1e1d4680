import type { Case } from '../case.ts'

/** One short case of each area, which a store passes that breaks one promise of another. */
const LANDMARKS: ReadonlySet<Case['id']> = new Set([
  'UE-TRANSACTION-001/commit',
  'UE-TRANSACTION-002/siblings',
  'UE-TRANSACTION-009/any-value',
  'UE-VERSION-001/users',
  'UE-VERSION-003/accounts',
  'UE-TENANT-002/memberships-insert',
  'UE-TENANT-006/second',
  'UE-IDENTITY-001/second',
  'UE-IDENTITY-006/list',
  'UE-GROUP-001/second',
  'UE-MEMBERSHIP-003/states',
  'UE-APPLICATION-002/seen',
  'UE-BINDING-001/second',
  'UE-CATALOG-001/second',
  'UE-PROFILE-003/layers',
  'UE-RECORD-002/users',
  'UE-PAGING-002/tenants',
  'UE-AUDIT-004/two-scopes',
  'UE-DENIAL-001/commits',
  'UE-OUTBOX-011/all-or-none',
  'UE-OUTBOX-020/limits',
  'UE-IDEMPOTENCY-004/separate',
  'UE-SCHEMA-001/sound',
  'UE-CAPABILITY-001/declared',
])

export function isLandmark({ id }: Case): boolean {
  return LANDMARKS.has(id)
}
