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

/** What an estate is made of, in an order in which each may be written alone; the denial is none of a transaction's. */
export const WRITES: readonly ((tx: StoreTransaction, estate: Estate) => Promise<void>)[] = [
  (tx, { key }) => tx.idempotency.insert(key, 3_600_000),
  (tx, { tenant }) => tx.tenants.insert(tenant),
  (tx, { user }) => tx.users.insert(user),
  (tx, { account }) => tx.accounts.insert(account),
  (tx, { identity }) => tx.externalIdentities.insert(identity),
  (tx, { ownIdentity }) => tx.externalIdentities.insert(ownIdentity),
  (tx, { tenantAccount }) => tx.tenantAccounts.insert(tenantAccount),
  (tx, { group }) => tx.groups.insert(group),
  (tx, { membership }) => tx.memberships.insert(membership),
  (tx, { ownApplication }) => tx.applications.insert(ownApplication),
  (tx, { binding }) => tx.applicationBindings.insert(binding),
  (tx, { ownCatalog }) => tx.attributeCatalogs.insert(ownCatalog),
  (tx, { ownValue }) => tx.profileValues.insert(ownValue),
  (tx, { audit }) => tx.audit.append(audit),
  (tx, { event }) => tx.outbox.append(event),
]

/** Commits an estate, and answers it. */
export async function settle(ctx: CaseContext): Promise<Estate> {
  const estate = imagine(ctx)
  await ctx.commit(directoryScope(estate.tenant.id), async (tx) => {
    for (const write of WRITES) await write(tx, estate)
  })
  await ctx.store.denials.append(estate.denial)
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
