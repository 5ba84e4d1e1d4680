import {
  directoryScope,
  tenantScope,
  type Application,
  type AttributeCatalog,
  type AuditRecord,
  type DenialRecord,
  type ExternalIdentity,
  type IdempotencyRecord,
  type OutboxEvent,
  type ProfileValue,
  type Scope,
  type StoreTransaction,
} from '@user-engine/store'

import type { CaseContext, Seed } from '../case.ts'
import { asking } from './sign-in.ts'

/** All that can be stored in one tenant, with what its person has in the directory. */
export interface Estate extends Seed {
  /** An identity of the tenant's own provider. */
  readonly ownIdentity: ExternalIdentity
  /** An application, a catalog and a value of the tenant's own. */
  readonly ownApplication: Application
  readonly ownCatalog: AttributeCatalog
  readonly ownValue: ProfileValue
  readonly audit: AuditRecord
  readonly denial: DenialRecord
  readonly event: OutboxEvent
  readonly key: IdempotencyRecord
}

/** Commits an estate, and answers it. */
export async function settle(ctx: CaseContext): Promise<Estate> {
  const estate = imagine(ctx)
  const { tenant, user, account, identity, tenantAccount, ownIdentity, audit, denial, event, key } = estate
  await ctx.commit(directoryScope(tenant.id), async (tx) => {
    await tx.idempotency.insert(key, 3_600_000)
    await tx.tenants.insert(tenant)
    await tx.users.insert(user)
    await tx.accounts.insert(account)
    await tx.externalIdentities.insert(identity)
    await tx.externalIdentities.insert(ownIdentity)
    await tx.tenantAccounts.insert(tenantAccount)
    await tx.groups.insert(estate.group)
    await tx.memberships.insert(estate.membership)
    await tx.applications.insert(estate.ownApplication)
    await tx.applicationBindings.insert(estate.binding)
    await tx.attributeCatalogs.insert(estate.ownCatalog)
    await tx.profileValues.insert(estate.ownValue)
    await tx.audit.append(audit)
    await tx.outbox.append(event)
  })
  await ctx.store.denials.append(denial)
  return estate
}

/** An estate that is nowhere stored: what absent looks like. */
export function imagine(ctx: CaseContext): Estate {
  const seed = ctx.make.seed()
  const { tenant, user, tenantAccount } = seed
  const target = { kind: 'tenant_account', id: tenantAccount.id } as const
  const owned = { scopeId: tenant.id, ownerId: tenant.id, layer: 'tenant' } as const
  const ownCatalog = ctx.make.attributeCatalog(owned)
  return {
    ...seed,
    ownIdentity: ctx.make.externalIdentity({ scopeId: tenant.id, userId: user.id }),
    ownApplication: ctx.make.application({ scopeId: tenant.id }),
    ownCatalog,
    ownValue: ctx.make.profileValue({ ...owned, userId: user.id, catalogId: ownCatalog.id }),
    audit: ctx.make.auditRecord({ scopeId: tenant.id, target }),
    denial: ctx.make.denial({ scopeId: tenant.id, target }),
    event: ctx.make.event('tenant_account', tenantAccount),
    key: ctx.make.idempotencyRecord({ scopeId: tenant.id }),
  }
}

/** The scope of the directory, or that of the tenant whose estate it is. */
export type Home = 'tenant' | 'directory'

export interface Read {
  readonly name: string
  /** Where the owner asks. */
  readonly home: Home
  ask(tx: StoreTransaction, estate: Estate): Promise<unknown>
}

const FIRST = { after: null, limit: 100 } as const

/** Every read of the port that names something. */
export const NAMED_READS: readonly Read[] = [
  { name: 'tenants-find', home: 'tenant', ask: (tx, { tenant }) => tx.tenants.find(tenant.id) },
  { name: 'users-find', home: 'directory', ask: (tx, { user }) => tx.users.find(user.id) },
  { name: 'accounts-find', home: 'directory', ask: (tx, { account }) => tx.accounts.find(account.id) },
  {
    name: 'accounts-find-by-user',
    home: 'directory',
    ask: (tx, { user }) => tx.accounts.findByUser(user.id),
  },
  {
    name: 'external-identities-find',
    home: 'directory',
    ask: (tx, { identity }) => tx.externalIdentities.find(identity.id),
  },
  {
    name: 'external-identities-find-linked',
    home: 'directory',
    ask: (tx, { identity }) => tx.externalIdentities.findLinked(identity),
  },
  {
    name: 'external-identities-resolve-identity',
    home: 'directory',
    ask: async (tx, { identity }) => ({
      ...(await tx.externalIdentities.resolve(asking(identity))),
      tenant: null,
    }),
  },
  {
    name: 'own-identities-find',
    home: 'tenant',
    ask: (tx, { ownIdentity }) => tx.externalIdentities.find(ownIdentity.id),
  },
  {
    name: 'own-identities-find-linked',
    home: 'tenant',
    ask: (tx, { ownIdentity }) => tx.externalIdentities.findLinked(ownIdentity),
  },
  {
    name: 'own-identities-resolve',
    home: 'tenant',
    ask: async (tx, { ownIdentity }) => ({
      ...(await tx.externalIdentities.resolve(asking(ownIdentity))),
      tenant: null,
    }),
  },
  {
    name: 'own-identities-list-by-user',
    home: 'tenant',
    // The directory sees the user's other identity, which is its own.
    async ask(tx, { tenant, user }) {
      const { items } = await tx.externalIdentities.listByUser(user.id, FIRST)
      return items.filter(({ scopeId }) => scopeId === tenant.id)
    },
  },
  {
    name: 'tenant-accounts-find',
    home: 'tenant',
    ask: (tx, { tenantAccount }) => tx.tenantAccounts.find(tenantAccount.id),
  },
  {
    name: 'tenant-accounts-find-by-user',
    home: 'tenant',
    ask: (tx, { user }) => tx.tenantAccounts.findByUser(user.id),
  },
  {
    name: 'groups-find',
    home: 'tenant',
    ask: (tx, { group }) => tx.groups.find(group.id),
  },
  {
    name: 'groups-find-by-key',
    home: 'tenant',
    ask: (tx, { group }) => tx.groups.findByKey(group.key),
  },
  {
    name: 'memberships-find',
    home: 'tenant',
    ask: (tx, { membership }) => tx.memberships.find(membership.id),
  },
  {
    name: 'memberships-find-by-member',
    home: 'tenant',
    ask: (tx, { group, tenantAccount }) => tx.memberships.findByMember(group.id, tenantAccount.id),
  },
  {
    name: 'memberships-list-by-group',
    home: 'tenant',
    ask: (tx, { group }) => tx.memberships.listByGroup(group.id, FIRST),
  },
  {
    name: 'memberships-list-by-tenant-account',
    home: 'tenant',
    ask: (tx, { tenantAccount }) => tx.memberships.listByTenantAccount(tenantAccount.id, FIRST),
  },
  {
    name: 'own-applications-find',
    home: 'tenant',
    ask: (tx, { ownApplication }) => tx.applications.find(ownApplication.id),
  },
  {
    name: 'own-applications-find-by-client-key',
    home: 'tenant',
    ask: (tx, { ownApplication }) => tx.applications.findByClientKey(ownApplication),
  },
  {
    name: 'application-bindings-find',
    home: 'tenant',
    ask: (tx, { binding }) => tx.applicationBindings.find(binding.id),
  },
  {
    name: 'application-bindings-find-by-application',
    home: 'tenant',
    ask: (tx, { application }) => tx.applicationBindings.findByApplication(application.id),
  },
  {
    name: 'own-catalogs-find',
    home: 'tenant',
    ask: (tx, { ownCatalog }) => tx.attributeCatalogs.find(ownCatalog.id),
  },
  {
    name: 'own-catalogs-find-latest',
    home: 'tenant',
    ask: (tx, { ownCatalog }) => tx.attributeCatalogs.findLatest(ownCatalog),
  },
  {
    name: 'own-catalogs-find-published',
    home: 'tenant',
    ask: (tx, { ownCatalog }) => tx.attributeCatalogs.findPublished(ownCatalog),
  },
  {
    name: 'own-catalogs-list-by-owner',
    home: 'tenant',
    ask: (tx, { tenant }) => tx.attributeCatalogs.listByOwner(tenant.id, FIRST),
  },
  {
    name: 'own-values-find',
    home: 'tenant',
    ask: (tx, { ownValue }) => tx.profileValues.find(ownValue.id),
  },
  {
    name: 'own-values-list-by-user',
    home: 'tenant',
    ask: (tx, { user }) => tx.profileValues.listByUser(user.id, FIRST),
  },
  {
    name: 'profile-facts',
    home: 'tenant',
    ask: (tx, { user, ownApplication }) =>
      tx.profileValues.facts({ userId: user.id, applicationId: ownApplication.id, knownCatalogIds: [] }),
  },
  {
    name: 'timeline',
    home: 'tenant',
    ask: (tx, { tenant }) => tx.audit.timeline({ ...FIRST, scopeId: tenant.id, targetId: null }),
  },
  {
    name: 'timeline-of-target',
    home: 'tenant',
    ask: (tx, { tenant, tenantAccount }) =>
      tx.audit.timeline({ ...FIRST, scopeId: tenant.id, targetId: tenantAccount.id }),
  },
  { name: 'idempotency-find', home: 'tenant', ask: (tx, { key }) => tx.idempotency.find(key) },
]

/** Every read that answers for the scope as a whole. */
export const WHOLE_READS: readonly Read[] = [
  { name: 'tenants-list', home: 'tenant', ask: (tx) => tx.tenants.list(FIRST) },
  { name: 'users-list', home: 'directory', ask: (tx) => tx.users.list(FIRST) },
  { name: 'tenant-accounts-list', home: 'tenant', ask: (tx) => tx.tenantAccounts.list(FIRST) },
  { name: 'groups-list', home: 'tenant', ask: (tx) => tx.groups.list(FIRST) },
  { name: 'applications-list', home: 'tenant', ask: (tx) => tx.applications.list(FIRST) },
  { name: 'application-bindings-list', home: 'tenant', ask: (tx) => tx.applicationBindings.list(FIRST) },
  { name: 'pending', home: 'tenant', ask: (tx) => tx.outbox.pending(FIRST) },
  { name: 'record-counts', home: 'tenant', ask: (tx) => tx.recordCounts() },
]

export interface Write {
  readonly name: string
  /** What it writes lives there. */
  readonly home: Home
  /** Writes something new, or the next version of what the estate has. */
  perform(ctx: CaseContext, tx: StoreTransaction, estate: Estate): Promise<void>
}

/** Every write of the port. */
export const WRITES: readonly Write[] = [
  {
    name: 'tenants-insert',
    home: 'directory',
    perform: (ctx, tx) => tx.tenants.insert(ctx.make.tenant()),
  },
  {
    name: 'tenants-update',
    home: 'directory',
    perform: (ctx, tx, { tenant }) => tx.tenants.update(ctx.make.next(tenant, { state: 'suspended' })),
  },
  { name: 'users-insert', home: 'directory', perform: (ctx, tx) => tx.users.insert(ctx.make.user()) },
  {
    name: 'users-update',
    home: 'directory',
    perform: (ctx, tx, { user }) => tx.users.update(ctx.make.next(user, { state: 'suspended' })),
  },
  {
    name: 'accounts-insert',
    home: 'directory',
    perform: (ctx, tx, { user }) => tx.accounts.insert(ctx.make.account({ userId: user.id })),
  },
  {
    name: 'accounts-update',
    home: 'directory',
    perform: (ctx, tx, { account }) => tx.accounts.update(ctx.make.next(account, { state: 'closed' })),
  },
  {
    name: 'external-identities-insert',
    home: 'directory',
    perform: (ctx, tx, { user }) =>
      tx.externalIdentities.insert(ctx.make.externalIdentity({ userId: user.id })),
  },
  {
    name: 'external-identities-update',
    home: 'directory',
    perform: (ctx, tx, { identity }) =>
      tx.externalIdentities.update(ctx.make.next(identity, { state: 'unlinked' })),
  },
  {
    name: 'own-identities-insert',
    home: 'tenant',
    perform: (ctx, tx, { tenant, user }) =>
      tx.externalIdentities.insert(ctx.make.externalIdentity({ scopeId: tenant.id, userId: user.id })),
  },
  {
    name: 'own-identities-update',
    home: 'tenant',
    perform: (ctx, tx, { ownIdentity }) =>
      tx.externalIdentities.update(ctx.make.next(ownIdentity, { state: 'unlinked' })),
  },
  {
    name: 'tenant-accounts-insert',
    home: 'tenant',
    perform: (ctx, tx, { tenant }) =>
      tx.tenantAccounts.insert(ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id })),
  },
  {
    name: 'tenant-accounts-update',
    home: 'tenant',
    perform: (ctx, tx, { tenantAccount }) =>
      tx.tenantAccounts.update(ctx.make.next(tenantAccount, { state: 'suspended' })),
  },
  {
    name: 'groups-insert',
    home: 'tenant',
    perform: (ctx, tx, { tenant }) => tx.groups.insert(ctx.make.group({ scopeId: tenant.id })),
  },
  {
    name: 'groups-update',
    home: 'tenant',
    perform: (ctx, tx, { group }) => tx.groups.update(ctx.make.next(group, { state: 'suspended' })),
  },
  {
    name: 'memberships-insert',
    home: 'tenant',
    async perform(ctx, tx, { tenant, tenantAccount }) {
      const group = ctx.make.group({ scopeId: tenant.id })
      await tx.groups.insert(group)
      await tx.memberships.insert(
        ctx.make.membership({ scopeId: tenant.id, groupId: group.id, tenantAccountId: tenantAccount.id }),
      )
    },
  },
  {
    name: 'memberships-update',
    home: 'tenant',
    perform: (ctx, tx, { membership }) =>
      tx.memberships.update(ctx.make.next(membership, { state: 'removed' })),
  },
  {
    name: 'own-applications-insert',
    home: 'tenant',
    perform: (ctx, tx, { tenant }) => tx.applications.insert(ctx.make.application({ scopeId: tenant.id })),
  },
  {
    name: 'own-applications-update',
    home: 'tenant',
    perform: (ctx, tx, { ownApplication }) =>
      tx.applications.update(ctx.make.next(ownApplication, { state: 'disabled' })),
  },
  {
    name: 'application-bindings-insert',
    home: 'tenant',
    perform: (ctx, tx, { tenant }) =>
      tx.applicationBindings.insert(
        ctx.make.applicationBinding({ scopeId: tenant.id, applicationId: ctx.make.application().id }),
      ),
  },
  {
    name: 'application-bindings-update',
    home: 'tenant',
    perform: (ctx, tx, { binding }) =>
      tx.applicationBindings.update(ctx.make.next(binding, { state: 'revoked' })),
  },
  {
    name: 'own-catalogs-insert',
    home: 'tenant',
    perform: (ctx, tx, { tenant }) =>
      tx.attributeCatalogs.insert(
        ctx.make.attributeCatalog({ scopeId: tenant.id, ownerId: tenant.id, layer: 'tenant' }),
      ),
  },
  {
    name: 'own-catalogs-update',
    home: 'tenant',
    perform: (ctx, tx, { ownCatalog }) =>
      tx.attributeCatalogs.update(ctx.make.next(ownCatalog, { state: 'deprecated' })),
  },
  {
    name: 'own-values-insert',
    home: 'tenant',
    perform: (ctx, tx, { tenant, user, ownCatalog }) =>
      tx.profileValues.insert(
        ctx.make.profileValue({
          scopeId: tenant.id,
          ownerId: tenant.id,
          layer: 'tenant',
          userId: user.id,
          catalogId: ownCatalog.id,
        }),
      ),
  },
  {
    name: 'own-values-update',
    home: 'tenant',
    perform: (ctx, tx, { ownValue }) =>
      tx.profileValues.update(ctx.make.next(ownValue, { state: 'cleared', value: null })),
  },
  {
    name: 'audit-append',
    home: 'tenant',
    perform: (ctx, tx, { tenant }) => tx.audit.append(ctx.make.auditRecord({ scopeId: tenant.id })),
  },
  {
    name: 'directory-audit-append',
    home: 'directory',
    perform: (ctx, tx) => tx.audit.append(ctx.make.auditRecord()),
  },
  {
    name: 'outbox-append',
    home: 'tenant',
    perform: (ctx, tx, { tenantAccount }) =>
      tx.outbox.append(ctx.make.event('tenant_account', ctx.make.next(tenantAccount))),
  },
  {
    name: 'directory-outbox-append',
    home: 'directory',
    perform: (ctx, tx, { user }) => tx.outbox.append(ctx.make.event('user', ctx.make.next(user))),
  },
  {
    name: 'idempotency-insert',
    home: 'tenant',
    perform: (ctx, tx, { tenant }) =>
      tx.idempotency.insert(ctx.make.idempotencyRecord({ scopeId: tenant.id }), 60_000),
  },
  {
    name: 'directory-idempotency-insert',
    home: 'directory',
    perform: (ctx, tx) => tx.idempotency.insert(ctx.make.idempotencyRecord(), 60_000),
  },
]

export const homeScope = (home: Home, { tenant }: Estate): Scope =>
  home === 'tenant' ? tenantScope(tenant.id) : directoryScope()
