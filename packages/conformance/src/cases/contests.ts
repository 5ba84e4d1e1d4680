import {
  directoryScope,
  parseApplicationId,
  tenantScope,
  type Constraint,
  type RecordCounts,
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
  readonly noun: keyof RecordCounts & keyof StoreTransaction
  readonly title: string
  /** As in a case. */
  readonly incidents?: readonly string[]
  /** The value is a text, and not a user. */
  readonly isText: boolean
  scope(seed: Seed): Scope
  /** A record that has the value, with all else its own; what it names is inserted. */
  record(ctx: CaseContext, tx: StoreTransaction, seed: Seed, value: Value): Promise<VersionedRecord>
}

export interface Value {
  readonly text: string
  readonly user: Seed['user']
}

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
    isText: true,
    scope: () => directoryScope(),
    async record(ctx, tx, _seed, { text }) {
      const user = ctx.make.user()
      await tx.users.insert(user)
      return ctx.make.externalIdentity({ userId: user.id, issuer: 'https://issuer.example', subject: text })
    },
  },
  {
    id: 'UE-IDENTITY-004',
    rule: 'account_user',
    noun: 'accounts',
    title: 'accounts of one user',
    isText: false,
    scope: () => directoryScope(),
    record: async (ctx, _tx, _seed, { user }) => ctx.make.account({ userId: user.id }),
  },
  {
    id: 'UE-TENANT-006',
    rule: 'tenant_external_ref',
    noun: 'tenants',
    title: 'tenants of one external reference',
    isText: true,
    scope: () => directoryScope(),
    record: async (ctx, _tx, _seed, { text }) => ctx.make.tenant({ externalRef: text }),
  },
  {
    id: 'UE-TENANT-007',
    rule: 'tenant_account_user',
    noun: 'tenantAccounts',
    title: 'joins of one user',
    isText: false,
    scope: ({ tenant }) => tenantScope(tenant.id),
    record: async (ctx, _tx, { tenant }, { user }) =>
      ctx.make.tenantAccount({ scopeId: tenant.id, userId: user.id }),
  },
  {
    id: 'UE-TENANT-008',
    rule: 'tenant_account_external_id',
    noun: 'tenantAccounts',
    title: 'accounts of one external id',
    isText: true,
    scope: ({ tenant }) => tenantScope(tenant.id),
    record: async (ctx, _tx, { tenant }, { text }) =>
      ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id, externalId: text }),
  },
  {
    id: 'UE-GROUP-001',
    rule: 'group_key',
    noun: 'groups',
    title: 'groups of one key',
    isText: true,
    scope: ({ tenant }) => tenantScope(tenant.id),
    record: async (ctx, _tx, { tenant }, { text }) => ctx.make.group({ scopeId: tenant.id, key: text }),
  },
  {
    id: 'UE-APPLICATION-001',
    rule: 'application_client_key',
    noun: 'applications',
    title: 'applications of one client key',
    isText: true,
    scope: () => directoryScope(),
    record: async (ctx, _tx, _seed, { text }) => ctx.make.application({ clientKey: text }),
  },
  {
    id: 'UE-BINDING-001',
    rule: 'application_binding_application',
    noun: 'applicationBindings',
    title: 'bindings to one application',
    isText: false,
    scope: ({ tenant }) => tenantScope(tenant.id),
    record: async (ctx, _tx, { tenant }, { user }) =>
      ctx.make.applicationBinding({ scopeId: tenant.id, applicationId: parseApplicationId(user.id) }),
  },
  {
    id: 'UE-CATALOG-001',
    rule: 'attribute_catalog_version',
    noun: 'attributeCatalogs',
    title: 'catalogs of one version',
    isText: true,
    scope: () => directoryScope(),
    record: async (ctx, _tx, _seed, { text }) => ctx.make.attributeCatalog({ key: text, state: 'draft' }),
  },
  {
    id: 'UE-CATALOG-002',
    rule: 'attribute_catalog_published',
    noun: 'attributeCatalogs',
    title: 'published versions of one catalog',
    isText: true,
    scope: () => directoryScope(),
    record: async (ctx, _tx, _seed, { text }) =>
      ctx.make.attributeCatalog({ key: text, catalogVersion: ctx.make.now().getTime() % 1_000_000 }),
  },
  {
    id: 'UE-PROFILE-001',
    rule: 'profile_value_attribute',
    noun: 'profileValues',
    title: 'values of one attribute',
    incidents: ['Keycloak #15788', 'Keycloak #10463', 'Keycloak #40929'],
    isText: true,
    scope: () => directoryScope(),
    record: async (ctx, _tx, { catalog }, { text, user }) =>
      ctx.make.profileValue({ userId: user.id, catalogId: catalog.id, attribute: text }),
  },
  {
    id: 'UE-PROFILE-002',
    rule: 'profile_value_unique',
    noun: 'profileValues',
    title: 'values of one unique key',
    isText: true,
    scope: () => directoryScope(),
    record: async (ctx, _tx, { catalog }, { text }) =>
      ctx.make.profileValue({
        userId: ctx.make.user().id,
        catalogId: catalog.id,
        attribute: 'number',
        uniqueKey: text,
      }),
  },
  {
    id: 'UE-MEMBERSHIP-001',
    rule: 'membership_member',
    noun: 'memberships',
    title: 'memberships of one account in a group',
    isText: false,
    scope: ({ tenant }) => tenantScope(tenant.id),
    async record(ctx, tx, { tenant, group }, { user }) {
      const account = await tx.tenantAccounts.findByUser(user.id)
      if (account === null) throw new Error('the user has no account in the tenant')
      return ctx.make.membership({ scopeId: tenant.id, groupId: group.id, tenantAccountId: account.id })
    },
  },
]
