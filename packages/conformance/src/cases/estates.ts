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
} from '@user-engine/store'

import type { CaseContext, Seed } from '../case.ts'

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

export const homeScope = (home: Home, { tenant }: Estate): Scope =>
  home === 'tenant' ? tenantScope(tenant.id) : directoryScope()
