import {
  directoryScope,
  parseApplicationId,
  tenantScope,
  type Application,
  type AttributeCatalog,
  type Constraint,
  type Group,
  type RecordCounts,
  type Repository,
  type Scope,
  type StoreTransaction,
  type VersionedRecord,
} from '@user-engine/store'

import type { CaseContext, Seed } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'

/** A value of which there may be one, and who wants it. */
export interface Contest {
  readonly id: RequirementId
  readonly rule: Constraint
  readonly noun: ContestedNoun
  readonly title: string
  /** As in a case. */
  readonly incidents?: readonly string[]
  /** What the value is made of, and the members that hold it. */
  readonly of: 'text' | 'user'
  readonly members: readonly string[]
  /** In which a record has the value. */
  readonly states: readonly string[]
  scope(seed: Seed): Scope
  /** A record that has the value, with all else its own. */
  record(ctx: CaseContext, tx: StoreTransaction, seed: Seed, value: Value): Promise<VersionedRecord>
  /** What else the rule is of, where that is more than the scope: a record that differs in one of these has another value. */
  readonly parts?: (ctx: CaseContext) => readonly object[]
  /** What is found by the text that a record has, where that can be asked for. */
  readonly find?: (tx: StoreTransaction, record: VersionedRecord) => Promise<VersionedRecord | null>
}

type ContestedNoun = Exclude<keyof RecordCounts & keyof StoreTransaction, 'users'>

export function repositoryOf(tx: StoreTransaction, { noun }: Contest): Repository<VersionedRecord> {
  return tx[noun]
}

export interface Value {
  readonly text: string
  readonly user: Seed['user']
}

/** Another owner in the tenant: an application. */
const ofAnApplication = (ctx: CaseContext) =>
  ({ layer: 'application', ownerId: ctx.make.application().id }) as const

export const CONTESTS: readonly Contest[] = [
  {
    id: 'UE-IDENTITY-001',
    rule: 'external_identity_subject',
    noun: 'externalIdentities',
    title: 'links of one subject',
    incidents: [
      'Keycloak #29317',
      'Better Auth #10214',
      'Auth.js: its pg schema',
      'Logto: identities in jsonb',
    ],
    of: 'text',
    members: ['issuer', 'subject'],
    states: ['linked'],
    scope: () => directoryScope(),
    record: async (ctx, _tx, _seed, { text }) =>
      ctx.make.externalIdentity({
        userId: ctx.make.user().id,
        issuer: 'https://issuer.example',
        subject: text,
      }),
    parts: () => [{ issuer: 'https://issuer.example/2' }],
  },
  {
    id: 'UE-IDENTITY-004',
    rule: 'account_user',
    noun: 'accounts',
    title: 'accounts of one user',
    of: 'user',
    members: ['userId'],
    states: ['invited', 'active', 'disabled', 'closed'],
    scope: () => directoryScope(),
    record: async (ctx, _tx, _seed, { user }) => ctx.make.account({ userId: user.id }),
  },
  {
    id: 'UE-TENANT-006',
    rule: 'tenant_external_ref',
    noun: 'tenants',
    title: 'tenants of one external reference',
    of: 'text',
    members: ['externalRef'],
    states: ['provisioning', 'active', 'suspended', 'deleting', 'deleted'],
    scope: () => directoryScope(),
    record: async (ctx, _tx, _seed, { text }) => ctx.make.tenant({ externalRef: text }),
  },
  {
    id: 'UE-TENANT-007',
    rule: 'tenant_account_user',
    noun: 'tenantAccounts',
    title: 'joins of one user',
    of: 'user',
    members: ['userId'],
    states: ['invited', 'active', 'suspended', 'deprovisioned'],
    scope: ({ tenant }) => tenantScope(tenant.id),
    record: async (ctx, _tx, { tenant }, { user }) =>
      ctx.make.tenantAccount({ scopeId: tenant.id, userId: user.id }),
  },
  {
    id: 'UE-TENANT-008',
    rule: 'tenant_account_external_id',
    noun: 'tenantAccounts',
    title: 'accounts of one external id',
    of: 'text',
    members: ['externalId'],
    states: ['invited', 'active', 'suspended', 'deprovisioned'],
    scope: ({ tenant }) => tenantScope(tenant.id),
    record: async (ctx, _tx, { tenant }, { text }) =>
      ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id, externalId: text }),
  },
  {
    id: 'UE-GROUP-001',
    rule: 'group_key',
    noun: 'groups',
    title: 'groups of one key',
    of: 'text',
    members: ['key'],
    states: ['active', 'suspended'],
    scope: ({ tenant }) => tenantScope(tenant.id),
    record: async (ctx, _tx, { tenant }, { text }) => ctx.make.group({ scopeId: tenant.id, key: text }),
    find: (tx, record) => tx.groups.findByKey((record as Group).key),
  },
  {
    id: 'UE-APPLICATION-001',
    rule: 'application_client_key',
    noun: 'applications',
    title: 'applications of one client key',
    of: 'text',
    members: ['clientKey'],
    states: ['draft', 'active', 'disabled', 'retired'],
    scope: () => directoryScope(),
    record: async (ctx, _tx, _seed, { text }) => ctx.make.application({ clientKey: text }),
    find: (tx, record) => tx.applications.findByClientKey(record as Application),
  },
  {
    id: 'UE-BINDING-001',
    rule: 'application_binding_application',
    noun: 'applicationBindings',
    title: 'bindings to one application',
    of: 'user',
    members: ['applicationId'],
    states: ['requested', 'active', 'suspended', 'revoked'],
    scope: ({ tenant }) => tenantScope(tenant.id),
    record: async (ctx, _tx, { tenant }, { user }) =>
      ctx.make.applicationBinding({ scopeId: tenant.id, applicationId: parseApplicationId(user.id) }),
  },
  {
    id: 'UE-CATALOG-001',
    rule: 'attribute_catalog_version',
    noun: 'attributeCatalogs',
    title: 'catalogs of one version',
    of: 'text',
    members: ['ownerId', 'key', 'catalogVersion'],
    states: ['draft', 'published', 'deprecated', 'retired'],
    scope: ({ tenant }) => tenantScope(tenant.id),
    record: async (ctx, _tx, { tenant: { id } }, { text }) =>
      ctx.make.attributeCatalog({ scopeId: id, layer: 'tenant', ownerId: id, key: text, state: 'draft' }),
    parts: (ctx) => [ofAnApplication(ctx)],
    find: (tx, record) => tx.attributeCatalogs.findLatest(record as AttributeCatalog),
  },
  {
    id: 'UE-CATALOG-002',
    rule: 'attribute_catalog_published',
    noun: 'attributeCatalogs',
    title: 'published versions of one catalog',
    of: 'text',
    members: ['ownerId', 'key'],
    states: ['published'],
    scope: ({ tenant }) => tenantScope(tenant.id),
    record: async (ctx, _tx, { tenant: { id } }, { text }) =>
      ctx.make.attributeCatalog({
        scopeId: id,
        layer: 'tenant',
        ownerId: id,
        key: text,
        catalogVersion: ctx.make.now().getTime() % 1_000_000,
      }),
    parts: (ctx) => [ofAnApplication(ctx)],
    find: (tx, record) => tx.attributeCatalogs.findPublished(record as AttributeCatalog),
  },
  {
    id: 'UE-PROFILE-001',
    rule: 'profile_value_attribute',
    noun: 'profileValues',
    title: 'values of one attribute',
    incidents: ['Keycloak #15788', 'Keycloak #10463', 'Keycloak #40929'],
    of: 'text',
    members: ['ownerId', 'userId', 'attribute'],
    states: ['set', 'cleared'],
    scope: ({ tenant }) => tenantScope(tenant.id),
    record: async (ctx, _tx, { tenant: { id }, catalog }, { text, user }) =>
      ctx.make.profileValue({
        scopeId: id,
        layer: 'tenant',
        ownerId: id,
        userId: user.id,
        catalogId: catalog.id,
        attribute: text,
      }),
    parts: (ctx) => [{ userId: ctx.make.user().id }, ofAnApplication(ctx)],
  },
  {
    id: 'UE-PROFILE-002',
    rule: 'profile_value_unique',
    noun: 'profileValues',
    title: 'values of one unique key',
    of: 'text',
    members: ['ownerId', 'attribute', 'uniqueKey'],
    states: ['set', 'cleared'],
    scope: ({ tenant }) => tenantScope(tenant.id),
    record: async (ctx, _tx, { tenant: { id }, catalog }, { text }) =>
      ctx.make.profileValue({
        scopeId: id,
        layer: 'tenant',
        ownerId: id,
        userId: ctx.make.user().id,
        catalogId: catalog.id,
        attribute: 'number',
        uniqueKey: text,
      }),
    parts: (ctx) => [{ attribute: 'other number' }, ofAnApplication(ctx)],
  },
  {
    id: 'UE-MEMBERSHIP-001',
    rule: 'membership_member',
    noun: 'memberships',
    title: 'memberships of one account in a group',
    of: 'user',
    members: ['groupId', 'tenantAccountId'],
    states: ['active', 'suspended', 'removed'],
    scope: ({ tenant }) => tenantScope(tenant.id),
    async record(ctx, tx, { tenant, group }, { user }) {
      const account = await tx.tenantAccounts.findByUser(user.id)
      if (account === null) throw new Error('the user has no account in the tenant')
      return ctx.make.membership({ scopeId: tenant.id, groupId: group.id, tenantAccountId: account.id })
    },
  },
]
