import type { StoreTransaction } from '@user-engine/store'

import type { CaseContext } from '../case.ts'
import type { Estate, Home } from './estates.ts'

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
