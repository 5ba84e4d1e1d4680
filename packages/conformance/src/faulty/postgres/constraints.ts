import { trigger, type FaultyPostgres } from './faulty-postgres.ts'

const drop = (table: string, constraint: string) =>
  `alter table user_engine.${table} drop constraint ${constraint}`
const unique = (name: string, on: string) => `create unique index ${name} on user_engine.${on}`

/** A trigger that looks whether there is one already, and raises what the index would have raised. */
const looksFirst = (table: string, same: string, constraint: string) =>
  trigger(
    table,
    'before insert or update',
    `if exists (select from user_engine.${table} o where o.id <> new.id and ${same}) then
      raise unique_violation using constraint = '${constraint}'; end if; return new;`,
  )

/** Keys, indexes and references: what decides who came first. */
export const faultyConstraints: readonly FaultyPostgres[] = [
  {
    name: 'external-refs-by-trigger',
    defect:
      'A trigger looks whether an external reference is taken: of two that come at once it sees neither.',
    breaks: 'UE-TENANT-006',
    expect: 'of two at once committed',
    by: 'UE-TENANT-006/held',
    schema: [
      drop('tenants', 'tenant_external_ref'),
      ...looksFirst('tenants', 'o.external_ref = new.external_ref', 'tenant_external_ref'),
    ],
  },
  {
    name: 'one-tenant-without-reference',
    defect: 'The unique key takes two tenants without an external reference for the same.',
    breaks: 'UE-TENANT-006',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    by: 'UE-TENANT-006/without-reference',
    schema: [
      drop('tenants', 'tenant_external_ref'),
      `${unique('tenant_external_ref', 'tenants (scope_id, external_ref)')} nulls not distinct`,
    ],
  },
  {
    name: 'deprovisioned-may-return-as-another',
    defect: 'The unique key of tenant accounts leaves out those that are deprovisioned.',
    breaks: 'UE-TENANT-007',
    expect: 'a second account beside one that was left resolved',
    by: 'UE-TENANT-007/whatever-its-state',
    schema: [
      drop('tenant_accounts', 'tenant_account_user'),
      `${unique('tenant_account_user', 'tenant_accounts (scope_id, user_id)')} where state <> 'deprovisioned'`,
    ],
  },
  {
    name: 'external-ids-without-a-key',
    defect: 'The unique key of external ids was dropped for an import, and never made again.',
    breaks: 'UE-TENANT-008',
    expect: 'of two at once committed',
    by: 'UE-TENANT-008/held',
    schema: [drop('tenant_accounts', 'tenant_account_external_id')],
  },
  {
    name: 'external-ids-across-tenants',
    defect: 'The unique key of external ids was made without the tenant.',
    breaks: 'UE-TENANT-009',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    schema: [
      drop('tenant_accounts', 'tenant_account_external_id'),
      unique('tenant_account_external_id', 'tenant_accounts (external_id)'),
    ],
  },
  {
    name: 'identities-by-trigger',
    defect: 'A trigger looks whether an identity is linked: of two that come at once it sees neither.',
    breaks: 'UE-IDENTITY-001',
    expect: 'of two at once committed',
    by: 'UE-IDENTITY-001/held',
    schema: [
      'drop index user_engine.external_identity_subject',
      ...looksFirst(
        'external_identities',
        "o.scope_id = new.scope_id and o.issuer = new.issuer and o.subject = new.subject and o.state = 'linked' and new.state = 'linked'",
        'external_identity_subject',
      ),
    ],
  },
  {
    name: 'unlinked-is-taken',
    defect: 'The unique key of identities takes the unlinked ones along.',
    breaks: 'UE-IDENTITY-002',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    schema: [
      'drop index user_engine.external_identity_subject',
      unique('external_identity_subject', 'external_identities (scope_id, issuer, subject)'),
    ],
  },
  {
    name: 'subjects-in-lower-case',
    defect: 'The unique key of identities is of the subject in lower case.',
    breaks: 'UE-IDENTITY-003',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    by: 'UE-IDENTITY-003/subjects',
    schema: [
      'drop index user_engine.external_identity_subject',
      `${unique('external_identity_subject', 'external_identities (scope_id, issuer, lower(subject))')} where state = 'linked'`,
    ],
  },
  {
    name: 'subjects-of-any-issuer',
    defect: 'The unique key of identities was made without the issuer.',
    breaks: 'UE-IDENTITY-003',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    by: 'UE-IDENTITY-003/issuers',
    schema: [
      'drop index user_engine.external_identity_subject',
      `${unique('external_identity_subject', 'external_identities (scope_id, subject)')} where state = 'linked'`,
    ],
  },
  {
    name: 'accounts-unless-closed',
    defect: 'The unique key of accounts leaves out those that are closed.',
    breaks: 'UE-IDENTITY-004',
    expect: 'a second account beside a closed one resolved',
    by: 'UE-IDENTITY-004/whatever-its-state',
    schema: [
      drop('accounts', 'account_user'),
      `${unique('account_user', 'accounts (scope_id, user_id)')} where state <> 'closed'`,
    ],
  },
  {
    name: 'removed-groups-keep-their-key',
    defect: 'The unique key of groups takes the removed ones along.',
    breaks: 'UE-GROUP-002',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    schema: ['drop index user_engine.group_key', unique('group_key', 'groups (scope_id, key)')],
  },
  {
    name: 'members-twice',
    defect: 'An index that could not be built, for there were doubles, was left out.',
    breaks: 'UE-MEMBERSHIP-001',
    expect: 'of two at once committed',
    by: 'UE-MEMBERSHIP-001/held',
    schema: [drop('memberships', 'membership_member')],
  },
  {
    name: 'members-of-nothing',
    defect: 'Memberships refer to no group: the foreign key was dropped for speed.',
    breaks: 'UE-MEMBERSHIP-002',
    expect: 'a membership of an absent group resolved',
    schema: [drop('memberships', 'membership_group_reference')],
  },
  {
    name: 'client-keys-by-trigger',
    defect: 'A trigger looks whether a client key is taken: of two that come at once it sees neither.',
    breaks: 'UE-APPLICATION-001',
    expect: 'of two at once committed',
    by: 'UE-APPLICATION-001/held',
    schema: [
      drop('applications', 'application_client_key'),
      ...looksFirst(
        'applications',
        'o.scope_id = new.scope_id and o.client_key = new.client_key',
        'application_client_key',
      ),
    ],
  },
  {
    name: 'bindings-unless-revoked',
    defect: 'The unique key of bindings leaves out those that are revoked.',
    breaks: 'UE-BINDING-001',
    expect: 'a second binding beside a revoked one resolved',
    by: 'UE-BINDING-001/revoked',
    schema: [
      drop('application_bindings', 'application_binding_application'),
      `${unique('application_binding_application', 'application_bindings (scope_id, application_id)')} where state <> 'revoked'`,
    ],
  },
  {
    name: 'catalog-versions-by-trigger',
    defect:
      'A trigger looks whether a version of a catalog is taken: of two that come at once it sees neither.',
    breaks: 'UE-CATALOG-001',
    expect: 'of two at once committed',
    by: 'UE-CATALOG-001/held',
    schema: [
      drop('attribute_catalogs', 'attribute_catalog_version'),
      ...looksFirst(
        'attribute_catalogs',
        'o.scope_id = new.scope_id and o.owner_id = new.owner_id and o.key = new.key and o.catalog_version = new.catalog_version',
        'attribute_catalog_version',
      ),
    ],
  },
  {
    name: 'published-twice',
    defect: 'The index that keeps one version published is there, and is not unique.',
    breaks: 'UE-CATALOG-002',
    expect: 'of two at once committed',
    by: 'UE-CATALOG-002/held',
    schema: [
      'drop index user_engine.attribute_catalog_published',
      `create index attribute_catalog_published on user_engine.attribute_catalogs (scope_id, owner_id, key) where state = 'published'`,
    ],
  },
  {
    name: 'unique-values-by-trigger',
    defect: 'A trigger looks whether a unique value is taken: of two that come at once it sees neither.',
    breaks: 'UE-PROFILE-002',
    expect: 'of two at once committed',
    by: 'UE-PROFILE-002/held',
    schema: [
      'drop index user_engine.profile_value_unique',
      ...looksFirst(
        'profile_values',
        'o.scope_id = new.scope_id and o.owner_id = new.owner_id and o.attribute = new.attribute and o.unique_key = new.unique_key',
        'profile_value_unique',
      ),
    ],
  },
  {
    name: 'accounts-of-nobody',
    defect: 'Accounts refer to no user: the foreign key was dropped for speed.',
    breaks: 'UE-RECORD-003',
    expect: 'an account without a user resolved',
    schema: [drop('accounts', 'account_user_reference')],
  },
  {
    name: 'references-at-the-very-end',
    defect:
      'A foreign key is deferred: what a nested transaction breaks shows when the outermost one commits.',
    breaks: 'UE-TRANSACTION-006',
    expect: "and not with CONFLICT 'reference'",
    by: 'UE-TRANSACTION-006/reference-in-nested',
    schema: [
      'alter table user_engine.accounts alter constraint account_user_reference deferrable initially deferred',
    ],
  },
  {
    name: 'members-at-the-very-end',
    defect:
      'That a membership is of a tenant account that there is, is looked at when the outermost transaction commits.',
    breaks: 'UE-TRANSACTION-006',
    expect: "and not with CONFLICT 'reference'",
    by: 'UE-TRANSACTION-006/member-account-in-nested',
    schema: [
      'alter table user_engine.memberships alter constraint membership_account_reference deferrable initially deferred',
    ],
  },
  {
    name: 'keys-at-the-very-end',
    defect:
      'A unique key is deferred: what a nested transaction breaks shows when the outermost one commits.',
    breaks: 'UE-TRANSACTION-006',
    expect: "and not with CONFLICT 'tenant_external_ref'",
    by: 'UE-TRANSACTION-006/unique-in-nested',
    schema: [
      drop('tenants', 'tenant_external_ref'),
      `alter table user_engine.tenants add constraint tenant_external_ref unique (scope_id, external_ref)
        deferrable initially deferred`,
    ],
  },
  {
    name: 'audit-without-a-key',
    defect: 'The partitions of the trail have no primary key.',
    breaks: 'UE-AUDIT-003',
    expect: "and not with CONFLICT 'audit_record_id'",
    schema: [drop('audit_records', 'audit_record_id')],
  },
  {
    name: 'ordinals-without-a-key',
    defect: 'Nothing keeps two events of a record from one place in its order.',
    breaks: 'UE-OUTBOX-019',
    expect: "and not with CONFLICT 'event_ordinal'",
    schema: [drop('outbox_events', 'event_ordinal')],
  },
  {
    name: 'denials-without-a-key',
    defect: 'The partitions of the denials have no primary key: the same one is kept twice.',
    breaks: 'UE-DENIAL-003',
    expect: 'denials, appended again: it has',
    schema: [drop('denials', 'denial_id')],
  },
]
