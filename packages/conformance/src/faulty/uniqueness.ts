import type { Constraint, StoreTransaction } from '@user-engine/store'

import type { RequirementId } from '../catalogue/index.ts'
import type { FaultyStore } from './faulty-store.ts'
import { breaksRule, overlay, overlayTransactions, repositoryOf, type RepositoryName } from './overlay.ts'

/** Rules that a team loses by `on conflict do nothing`: the caller is told that it was written. */
const RULES: readonly {
  readonly breaks: RequirementId
  readonly constraint: Constraint
  readonly noun: RepositoryName | 'audit' | 'outbox' | 'idempotency'
}[] = [
  { breaks: 'UE-TENANT-006', constraint: 'tenant_external_ref', noun: 'tenants' },
  { breaks: 'UE-TENANT-007', constraint: 'tenant_account_user', noun: 'tenantAccounts' },
  { breaks: 'UE-TENANT-008', constraint: 'tenant_account_external_id', noun: 'tenantAccounts' },
  {
    breaks: 'UE-IDENTITY-001',
    constraint: 'external_identity_subject',
    noun: 'externalIdentities',
  },
  { breaks: 'UE-IDENTITY-004', constraint: 'account_user', noun: 'accounts' },
  { breaks: 'UE-GROUP-001', constraint: 'group_key', noun: 'groups' },
  { breaks: 'UE-MEMBERSHIP-001', constraint: 'membership_member', noun: 'memberships' },
  { breaks: 'UE-APPLICATION-001', constraint: 'application_client_key', noun: 'applications' },
  { breaks: 'UE-BINDING-001', constraint: 'application_binding_application', noun: 'applicationBindings' },
  { breaks: 'UE-CATALOG-001', constraint: 'attribute_catalog_version', noun: 'attributeCatalogs' },
  { breaks: 'UE-CATALOG-002', constraint: 'attribute_catalog_published', noun: 'attributeCatalogs' },
  { breaks: 'UE-PROFILE-001', constraint: 'profile_value_attribute', noun: 'profileValues' },
  { breaks: 'UE-PROFILE-002', constraint: 'profile_value_unique', noun: 'profileValues' },
  { breaks: 'UE-RECORD-002', constraint: 'user_id', noun: 'users' },
  { breaks: 'UE-RECORD-003', constraint: 'reference', noun: 'accounts' },
  { breaks: 'UE-AUDIT-003', constraint: 'audit_record_id', noun: 'audit' },
  { breaks: 'UE-OUTBOX-019', constraint: 'event_ordinal', noun: 'outbox' },
  { breaks: 'UE-IDEMPOTENCY-002', constraint: 'idempotency_key', noun: 'idempotency' },
]

export const faultyUniqueness: readonly FaultyStore[] = RULES.map(({ breaks, constraint, noun }) => ({
  name: `ignores-${constraint.replaceAll('_', '-')}`,
  defect: `A write that breaks ${constraint} is dropped, and resolves.`,
  breaks,
  expect: `and not with CONFLICT '${constraint}'`,
  corrupt: () => (good) => overlayTransactions(good, (_, { raw }) => ignoring(raw, noun, constraint)),
}))

function ignoring(
  tx: StoreTransaction,
  noun: (typeof RULES)[number]['noun'],
  constraint: Constraint,
): Partial<StoreTransaction> {
  const quietly = (write: (inner: StoreTransaction) => Promise<void>) =>
    tx.nested(write).catch((error: unknown) => {
      if (!breaksRule(error, constraint)) throw error
    })
  if (noun === 'audit') {
    return {
      audit: overlay(tx.audit, { append: (record) => quietly((inner) => inner.audit.append(record)) }),
    }
  }
  if (noun === 'outbox') {
    return {
      outbox: overlay(tx.outbox, { append: (event) => quietly((inner) => inner.outbox.append(event)) }),
    }
  }
  if (noun === 'idempotency') {
    return {
      idempotency: overlay(tx.idempotency, {
        insert: (record, ttlMs) => quietly((inner) => inner.idempotency.insert(record, ttlMs)),
      }),
    }
  }
  const repository = repositoryOf(tx, noun)
  return {
    [noun]: overlay(repository, {
      insert: (record) => quietly((inner) => repositoryOf(inner, noun).insert(record)),
      update: (record) => quietly((inner) => repositoryOf(inner, noun).update(record)),
    }),
  }
}
