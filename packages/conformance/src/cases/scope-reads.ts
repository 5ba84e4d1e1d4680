import type { StoreTransaction, UserEngineStore } from '@user-engine/store'

import type { CaseContext } from '../case.ts'
import { homeScope, type Estate, type Home } from './estates.ts'
import { asking } from './sign-in.ts'

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
    name: 'external-identities-resolve-identity-without-profile',
    home: 'directory',
    ask: async (tx, { identity }) => ({
      ...(await tx.externalIdentities.resolve(asking(identity, false))),
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
    name: 'own-identities-resolve-without-profile',
    home: 'tenant',
    ask: async (tx, { ownIdentity }) => ({
      ...(await tx.externalIdentities.resolve(asking(ownIdentity, false))),
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
    name: 'own-values-find-by-owner',
    home: 'tenant',
    ask: (tx, { user, tenant, ownValue }) =>
      tx.profileValues.findByOwner(user.id, tenant.id, [ownValue.attribute]),
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

export const READS = [...NAMED_READS, ...WHOLE_READS]

/** What each read answers to the owner of an estate. */
export async function answers(
  ctx: CaseContext,
  store: UserEngineStore,
  estate: Estate,
): Promise<readonly unknown[]> {
  const all = []
  for (const { home, ask } of READS)
    all.push(await ctx.commit(homeScope(home, estate), (tx) => ask(tx, estate), store))
  return all
}
