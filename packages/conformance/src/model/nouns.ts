import type {
  Account,
  Application,
  ApplicationBinding,
  AttributeCatalog,
  Constraint,
  ExternalIdentity,
  Group,
  Membership,
  ProfileValue,
  RecordKind,
  Repository,
  StoreTransaction,
  Tenant,
  TenantAccount,
  User,
  VersionedRecord,
} from '@user-engine/store'

/** Two records of a scope that are in one of the states must not have the same in all of the fields, null apart. */
export interface Rule {
  readonly constraint: Constraint
  readonly fields: readonly string[]
  /** Any, where absent. */
  readonly states?: readonly string[]
}

/** A noun as the port has it. */
export interface Noun<Record extends VersionedRecord = VersionedRecord> {
  readonly home: 'directory' | 'tenant' | 'both'
  readonly states: readonly string[]
  readonly idRule: Constraint
  readonly rules: readonly Rule[]
  /** What must exist in its scope. */
  references(record: Record): readonly { readonly kind: RecordKind; readonly id: string }[]
  repository(tx: StoreTransaction): Repository<Record>
}

type Own<Record extends VersionedRecord> = Omit<Noun<Record>, 'references' | 'rules'> & Partial<Noun<Record>>

/** Where nothing else is said, nothing but the id is unique and nothing is named. */
function noun<Record extends VersionedRecord>(own: Own<Record>): Noun {
  const whole: Noun<Record> = { rules: [], references: () => [], ...own }
  return whole
}

export const NOUNS: Readonly<Record<RecordKind, Noun>> = {
  tenant: noun<Tenant>({
    home: 'directory',
    states: ['active', 'suspended', 'provisioning', 'deleting', 'deleted'],
    idRule: 'tenant_id',
    rules: [{ constraint: 'tenant_external_ref', fields: ['externalRef'] }],
    repository: (tx) => tx.tenants,
  }),
  user: noun<User>({
    home: 'directory',
    states: ['active', 'suspended'],
    idRule: 'user_id',
    repository: (tx) => tx.users,
  }),
  account: noun<Account>({
    home: 'directory',
    states: ['active', 'invited', 'disabled', 'closed'],
    idRule: 'account_id',
    rules: [{ constraint: 'account_user', fields: ['userId'] }],
    references: ({ userId }) => [{ kind: 'user', id: userId }],
    repository: (tx) => tx.accounts,
  }),
  external_identity: noun<ExternalIdentity>({
    home: 'both',
    states: ['linked', 'unlinked'],
    idRule: 'external_identity_id',
    rules: [{ constraint: 'external_identity_subject', fields: ['issuer', 'subject'], states: ['linked'] }],
    repository: (tx) => tx.externalIdentities,
  }),
  tenant_account: noun<TenantAccount>({
    home: 'tenant',
    states: ['active', 'invited', 'suspended', 'deprovisioned'],
    idRule: 'tenant_account_id',
    rules: [
      { constraint: 'tenant_account_user', fields: ['userId'] },
      { constraint: 'tenant_account_external_id', fields: ['externalId'] },
    ],
    repository: (tx) => tx.tenantAccounts,
  }),
  group: noun<Group>({
    home: 'tenant',
    states: ['active', 'removed', 'suspended'],
    idRule: 'group_id',
    rules: [{ constraint: 'group_key', fields: ['key'], states: ['active', 'suspended'] }],
    repository: (tx) => tx.groups,
  }),
  membership: noun<Membership>({
    home: 'tenant',
    states: ['active', 'removed', 'suspended'],
    idRule: 'membership_id',
    rules: [{ constraint: 'membership_member', fields: ['groupId', 'tenantAccountId'] }],
    references: ({ groupId, tenantAccountId }) => [
      { kind: 'group', id: groupId },
      { kind: 'tenant_account', id: tenantAccountId },
    ],
    repository: (tx) => tx.memberships,
  }),
  application: noun<Application>({
    home: 'both',
    states: ['active', 'draft', 'disabled', 'retired'],
    idRule: 'application_id',
    rules: [{ constraint: 'application_client_key', fields: ['clientKey'] }],
    repository: (tx) => tx.applications,
  }),
  application_binding: noun<ApplicationBinding>({
    home: 'tenant',
    states: ['active', 'requested', 'suspended', 'revoked'],
    idRule: 'application_binding_id',
    rules: [{ constraint: 'application_binding_application', fields: ['applicationId'] }],
    repository: (tx) => tx.applicationBindings,
  }),
  attribute_catalog: noun<AttributeCatalog>({
    home: 'both',
    states: ['published', 'draft', 'deprecated', 'retired'],
    idRule: 'attribute_catalog_id',
    rules: [
      { constraint: 'attribute_catalog_version', fields: ['ownerId', 'key', 'catalogVersion'] },
      { constraint: 'attribute_catalog_published', fields: ['ownerId', 'key'], states: ['published'] },
    ],
    repository: (tx) => tx.attributeCatalogs,
  }),
  profile_value: noun<ProfileValue>({
    home: 'both',
    states: ['set', 'cleared'],
    idRule: 'profile_value_id',
    rules: [
      { constraint: 'profile_value_attribute', fields: ['userId', 'ownerId', 'attribute'] },
      { constraint: 'profile_value_unique', fields: ['ownerId', 'attribute', 'uniqueKey'] },
    ],
    repository: (tx) => tx.profileValues,
  }),
}

export const KINDS = Object.keys(NOUNS) as readonly RecordKind[]

/** Whether the noun's records live in the directory, or in a tenant. */
export function livesIn(kind: RecordKind, home: 'directory' | 'tenant'): boolean {
  return NOUNS[kind].home === 'both' || NOUNS[kind].home === home
}

/** What the record claims for itself by the rule; null where it claims nothing. */
export function claimOf({ fields, states }: Rule, record: VersionedRecord): readonly unknown[] | null {
  const values = Object.entries(record)
  const valueOf = (field: string): unknown => values.find(([name]) => name === field)?.[1]
  const claims = states === undefined || states.includes(String(valueOf('state')))
  const claim = fields.map(valueOf)
  return claims && !claim.includes(null) ? claim : null
}
