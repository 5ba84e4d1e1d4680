import type {
  Account,
  Application,
  ApplicationBinding,
  ApplicationId,
  ApplicationQuery,
  AttributeCatalog,
  AttributeCatalogQuery,
  AuditRecord,
  Constraint,
  DenialRecord,
  ExternalIdentity,
  Group,
  GroupId,
  IdempotencyRecord,
  LeaseToken,
  Membership,
  OutboxEvent,
  ProfileValue,
  RecordKind,
  ScopeId,
  SubjectQuery,
  Tenant,
  TenantAccount,
  TenantAccountId,
  User,
  UserId,
} from '@user-engine/store'

/** An event with what the relay knows of it. Times are of the store's clock, in ms. */
export interface OutboxRow {
  readonly scopeId: ScopeId
  readonly id: string
  readonly event: OutboxEvent
  readonly appendedAt: number
  readonly attempts: number
  /** When it may be claimed: its time after a refusal, the end of its lease while it has one. */
  readonly availableAt: number
  readonly token: LeaseToken | null
  readonly dead: boolean
}

export interface IdempotencyRow {
  readonly scopeId: ScopeId
  readonly id: string
  readonly record: IdempotencyRecord
  readonly expiresAt: number
}

/** The nouns whose records have a version. */
export interface VersionedRows {
  readonly tenants: Tenant
  readonly users: User
  readonly accounts: Account
  readonly externalIdentities: ExternalIdentity
  readonly tenantAccounts: TenantAccount
  readonly groups: Group
  readonly memberships: Membership
  readonly applications: Application
  readonly applicationBindings: ApplicationBinding
  readonly attributeCatalogs: AttributeCatalog
  readonly profileValues: ProfileValue
}

/** What is kept, by noun. Denials are in no transaction, so they are kept apart. */
export interface Rows extends VersionedRows {
  readonly auditRecords: AuditRecord
  readonly outboxEvents: OutboxRow
  readonly idempotencyRecords: IdempotencyRow
}

export type TableName = keyof Rows
export type VersionedTableName = keyof VersionedRows
export type DenialRows = Map<string, DenialRecord>

/** A unique value, as a name that nothing else has. */
export interface Claim {
  readonly constraint: Constraint
  readonly name: string
}

export interface Table<Name extends TableName> {
  readonly name: Name
  readonly primary: Constraint
  claims(row: Rows[Name]): readonly Claim[]
}

export interface VersionedTable<Name extends VersionedTableName> extends Table<Name> {
  readonly kind: RecordKind
  /** Where its rows may live. */
  readonly home: 'directory' | 'tenant' | 'both'
}

/** The one form of a list of texts that no other list has, whatever they contain. */
export function keyOf(...parts: readonly (string | number)[]): string {
  return JSON.stringify(parts)
}

function claim(constraint: Constraint, ...parts: readonly (string | number)[]): Claim {
  return { constraint, name: `${constraint} ${keyOf(...parts)}` }
}

export const claims = {
  tenantRef: (externalRef: string) => claim('tenant_external_ref', externalRef),
  accountOf: (userId: UserId) => claim('account_user', userId),
  subject: ({ scopeId, issuer, subject }: SubjectQuery) =>
    claim('external_identity_subject', scopeId, issuer, subject),
  tenantAccountOf: (scopeId: ScopeId, userId: UserId) => claim('tenant_account_user', scopeId, userId),
  externalId: (scopeId: ScopeId, externalId: string) =>
    claim('tenant_account_external_id', scopeId, externalId),
  groupKey: (scopeId: ScopeId, key: string) => claim('group_key', scopeId, key),
  member: (scopeId: ScopeId, groupId: GroupId, tenantAccountId: TenantAccountId) =>
    claim('membership_member', scopeId, groupId, tenantAccountId),
  clientKey: ({ scopeId, clientKey }: ApplicationQuery) =>
    claim('application_client_key', scopeId, clientKey),
  bindingOf: (scopeId: ScopeId, applicationId: ApplicationId) =>
    claim('application_binding_application', scopeId, applicationId),
  catalogVersion: ({ scopeId, ownerId, key }: AttributeCatalogQuery, catalogVersion: number) =>
    claim('attribute_catalog_version', scopeId, ownerId, key, catalogVersion),
  published: ({ scopeId, ownerId, key }: AttributeCatalogQuery) =>
    claim('attribute_catalog_published', scopeId, ownerId, key),
  attribute: ({ scopeId, userId, ownerId, attribute }: ProfileValue) =>
    claim('profile_value_attribute', scopeId, userId, ownerId, attribute),
  uniqueValue: ({ scopeId, ownerId, attribute }: ProfileValue, uniqueKey: string) =>
    claim('profile_value_unique', scopeId, ownerId, attribute, uniqueKey),
  ordinal: ({ scopeId, aggregate, aggregateVersion, ordinal }: OutboxEvent) =>
    claim('event_ordinal', scopeId, aggregate.kind, aggregate.id, aggregateVersion, ordinal),
}

export const versionedTables: { readonly [Name in VersionedTableName]: VersionedTable<Name> } = {
  tenants: {
    name: 'tenants',
    kind: 'tenant',
    primary: 'tenant_id',
    home: 'directory',
    claims: ({ externalRef }) => (externalRef === null ? [] : [claims.tenantRef(externalRef)]),
  },
  users: { name: 'users', kind: 'user', primary: 'user_id', home: 'directory', claims: () => [] },
  accounts: {
    name: 'accounts',
    kind: 'account',
    primary: 'account_id',
    home: 'directory',
    claims: ({ userId }) => [claims.accountOf(userId)],
  },
  externalIdentities: {
    name: 'externalIdentities',
    kind: 'external_identity',
    primary: 'external_identity_id',
    home: 'both',
    claims: (identity) => (identity.state === 'linked' ? [claims.subject(identity)] : []),
  },
  tenantAccounts: {
    name: 'tenantAccounts',
    kind: 'tenant_account',
    primary: 'tenant_account_id',
    home: 'tenant',
    claims: ({ scopeId, userId, externalId }) => [
      claims.tenantAccountOf(scopeId, userId),
      ...(externalId === null ? [] : [claims.externalId(scopeId, externalId)]),
    ],
  },
  groups: {
    name: 'groups',
    kind: 'group',
    primary: 'group_id',
    home: 'tenant',
    claims: ({ scopeId, key, state }) => (state === 'removed' ? [] : [claims.groupKey(scopeId, key)]),
  },
  memberships: {
    name: 'memberships',
    kind: 'membership',
    primary: 'membership_id',
    home: 'tenant',
    claims: ({ scopeId, groupId, tenantAccountId }) => [claims.member(scopeId, groupId, tenantAccountId)],
  },
  applications: {
    name: 'applications',
    kind: 'application',
    primary: 'application_id',
    home: 'both',
    claims: (application) => [claims.clientKey(application)],
  },
  applicationBindings: {
    name: 'applicationBindings',
    kind: 'application_binding',
    primary: 'application_binding_id',
    home: 'tenant',
    claims: ({ scopeId, applicationId }) => [claims.bindingOf(scopeId, applicationId)],
  },
  attributeCatalogs: {
    name: 'attributeCatalogs',
    kind: 'attribute_catalog',
    primary: 'attribute_catalog_id',
    home: 'both',
    claims: (catalog) => [
      claims.catalogVersion(catalog, catalog.catalogVersion),
      ...(catalog.state === 'published' ? [claims.published(catalog)] : []),
    ],
  },
  profileValues: {
    name: 'profileValues',
    kind: 'profile_value',
    primary: 'profile_value_id',
    home: 'both',
    claims: (value) => [
      claims.attribute(value),
      ...(value.uniqueKey === null ? [] : [claims.uniqueValue(value, value.uniqueKey)]),
    ],
  },
}

export const tables: { readonly [Name in TableName]: Table<Name> } = {
  ...versionedTables,
  auditRecords: { name: 'auditRecords', primary: 'audit_record_id', claims: () => [] },
  outboxEvents: {
    name: 'outboxEvents',
    primary: 'event_id',
    claims: ({ event }) => [claims.ordinal(event)],
  },
  idempotencyRecords: { name: 'idempotencyRecords', primary: 'idempotency_key', claims: () => [] },
}
