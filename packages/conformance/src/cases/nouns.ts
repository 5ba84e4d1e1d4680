import {
  DIRECTORY,
  directoryScope,
  tenantScope,
  type Constraint,
  type RecordKind,
  type Repository,
  type Scope,
  type StoreTransaction,
  type VersionedRecord,
} from '@user-engine/store'

import type { CaseContext, Seed } from '../case.ts'

/** What the versioned nouns have in common, so that one case can be made for each of them. */
export interface Noun {
  readonly kind: RecordKind
  readonly idRule: Constraint
  /** For ids of cases. */
  readonly name: string
  /** Where it lives, when in one of both only. */
  readonly home?: 'directory' | 'tenant'
  repository(tx: StoreTransaction): Repository<VersionedRecord>
  /** A scope that may write the noun's record of the seed. */
  scope(seed: Seed): Scope
  /** Another scope, that sees the record and may guard it. */
  seenIn?: (seed: Seed) => Scope
  /** Its record in the seed. */
  of(seed: Seed): VersionedRecord
  /** The next version of a record, with another state. */
  changed(ctx: CaseContext, record: VersionedRecord): VersionedRecord
  /** Another record beside the seed's, with what it names inserted already. */
  another(ctx: CaseContext, seed: Seed, tx: StoreTransaction): Promise<VersionedRecord>
}

export const NOUNS: readonly Noun[] = [
  {
    kind: 'tenant',
    idRule: 'tenant_id',
    name: 'tenants',
    home: 'directory',
    repository: (tx) => tx.tenants,
    scope: () => directoryScope(),
    seenIn: ({ tenant }) => tenantScope(tenant.id),
    of: ({ tenant }) => tenant,
    changed: (ctx, record) => ctx.make.next(record, { state: 'suspended' }),
    another: async (ctx) => ctx.make.tenant(),
  },
  {
    kind: 'user',
    idRule: 'user_id',
    name: 'users',
    home: 'directory',
    repository: (tx) => tx.users,
    scope: () => directoryScope(),
    of: ({ user }) => user,
    changed: (ctx, record) => ctx.make.next(record, { state: 'suspended' }),
    another: async (ctx) => ctx.make.user(),
  },
  {
    kind: 'account',
    idRule: 'account_id',
    name: 'accounts',
    home: 'directory',
    repository: (tx) => tx.accounts,
    scope: () => directoryScope(),
    of: ({ account }) => account,
    changed: (ctx, record) => ctx.make.next(record, { state: 'disabled' }),
    async another(ctx, _seed, tx) {
      const user = ctx.make.user()
      await tx.users.insert(user)
      return ctx.make.account({ userId: user.id })
    },
  },
  {
    kind: 'external_identity',
    idRule: 'external_identity_id',
    name: 'external-identities',
    repository: (tx) => tx.externalIdentities,
    scope: () => directoryScope(),
    of: ({ identity }) => identity,
    changed: (ctx, record) => ctx.make.next(record, { state: 'unlinked' }),
    another: async (ctx, { user }) => ctx.make.externalIdentity({ userId: user.id, scopeId: DIRECTORY }),
  },
  {
    kind: 'tenant_account',
    idRule: 'tenant_account_id',
    name: 'tenant-accounts',
    home: 'tenant',
    repository: (tx) => tx.tenantAccounts,
    scope: ({ tenant }) => tenantScope(tenant.id),
    of: ({ tenantAccount }) => tenantAccount,
    changed: (ctx, record) => ctx.make.next(record, { state: 'suspended' }),
    another: async (ctx, { tenant }) =>
      ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id }),
  },
  {
    kind: 'group',
    idRule: 'group_id',
    name: 'groups',
    home: 'tenant',
    repository: (tx) => tx.groups,
    scope: ({ tenant }) => tenantScope(tenant.id),
    of: ({ group }) => group,
    changed: (ctx, record) => ctx.make.next(record, { state: 'suspended' }),
    another: async (ctx, { tenant }) => ctx.make.group({ scopeId: tenant.id }),
  },
  {
    kind: 'membership',
    idRule: 'membership_id',
    name: 'memberships',
    home: 'tenant',
    repository: (tx) => tx.memberships,
    scope: ({ tenant }) => tenantScope(tenant.id),
    of: ({ membership }) => membership,
    changed: (ctx, record) => ctx.make.next(record, { state: 'suspended' }),
    async another(ctx, { tenant, tenantAccount }, tx) {
      const group = ctx.make.group({ scopeId: tenant.id })
      await tx.groups.insert(group)
      return ctx.make.membership({
        scopeId: tenant.id,
        groupId: group.id,
        tenantAccountId: tenantAccount.id,
      })
    },
  },
  {
    kind: 'application',
    idRule: 'application_id',
    name: 'applications',
    repository: (tx) => tx.applications,
    scope: () => directoryScope(),
    seenIn: ({ tenant }) => tenantScope(tenant.id),
    of: ({ application }) => application,
    changed: (ctx, record) => ctx.make.next(record, { state: 'disabled' }),
    another: async (ctx) => ctx.make.application(),
  },
  {
    kind: 'application_binding',
    idRule: 'application_binding_id',
    name: 'application-bindings',
    home: 'tenant',
    repository: (tx) => tx.applicationBindings,
    scope: ({ tenant }) => tenantScope(tenant.id),
    of: ({ binding }) => binding,
    changed: (ctx, record) => ctx.make.next(record, { state: 'suspended' }),
    another: async (ctx, { tenant }) =>
      ctx.make.applicationBinding({ scopeId: tenant.id, applicationId: ctx.make.application().id }),
  },
  {
    kind: 'attribute_catalog',
    idRule: 'attribute_catalog_id',
    name: 'attribute-catalogs',
    repository: (tx) => tx.attributeCatalogs,
    scope: () => directoryScope(),
    seenIn: ({ tenant }) => tenantScope(tenant.id),
    of: ({ catalog }) => catalog,
    changed: (ctx, record) => ctx.make.next(record, { state: 'deprecated' }),
    another: async (ctx) => ctx.make.attributeCatalog(),
  },
  {
    kind: 'profile_value',
    idRule: 'profile_value_id',
    name: 'profile-values',
    repository: (tx) => tx.profileValues,
    scope: () => directoryScope(),
    of: ({ value }) => value,
    changed: (ctx, record) => ctx.make.next(record, { state: 'cleared' }),
    another: async (ctx, { user, catalog }) =>
      ctx.make.profileValue({ userId: user.id, catalogId: catalog.id }),
  },
]
