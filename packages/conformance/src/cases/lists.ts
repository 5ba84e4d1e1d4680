import {
  DIRECTORY,
  directoryScope,
  tenantScope,
  type Page,
  type PageRequest,
  type Scope,
  type StoreTransaction,
} from '@user-engine/store'

import type { CaseContext, Seed } from '../case.ts'

/** One list of the port, as ids. */
export interface List {
  readonly name: string
  scope(seed: Seed): Scope
  read(tx: StoreTransaction, page: PageRequest, seed: Seed): Promise<Page<unknown>>
  idOf(item: unknown): string
  /** Makes an item, to be inserted now or later: order of id is order of making. */
  make(ctx: CaseContext, seed: Seed, index: number): Item
}

export interface Item {
  readonly id: string
  insert(tx: StoreTransaction): Promise<void>
}

/** One after the other in every state, and the later the id the earlier made: a list is of all of them, in order of id. */
function twisted<State extends string>(index: number, ...states: readonly [State, ...State[]]) {
  const createdAt = new Date(Date.UTC(2027, 0, 1) - index * 1_000)
  return { state: states[index % states.length] ?? states[0], createdAt }
}

const byId = (item: unknown) => (item as { readonly id: string }).id

export const LISTS: readonly List[] = [
  {
    name: 'tenants',
    scope: () => directoryScope(),
    read: (tx, page) => tx.tenants.list(page as never),
    idOf: byId,
    make(ctx, _seed, index) {
      const own = twisted(index, 'active', 'deleted', 'suspended', 'provisioning', 'deleting')
      const tenant = ctx.make.tenant(own)
      return { id: tenant.id, insert: (tx) => tx.tenants.insert(tenant) }
    },
  },
  {
    name: 'users',
    scope: () => directoryScope(),
    read: (tx, page) => tx.users.list(page as never),
    idOf: byId,
    make(ctx, _seed, index) {
      const user = ctx.make.user(twisted(index, 'active', 'suspended'))
      return { id: user.id, insert: (tx) => tx.users.insert(user) }
    },
  },
  {
    name: 'external-identities',
    scope: ({ tenant }) => directoryScope(tenant.id),
    read: (tx, page, { user }) => tx.externalIdentities.listByUser(user.id, page as never),
    idOf: byId,
    make(ctx, { tenant, user }, index) {
      const scopeId = index % 2 === 0 ? tenant.id : DIRECTORY
      const own = twisted(index, 'linked', 'linked', 'unlinked', 'unlinked')
      const identity = ctx.make.externalIdentity({ ...own, scopeId, userId: user.id })
      return { id: identity.id, insert: (tx) => tx.externalIdentities.insert(identity) }
    },
  },
  {
    name: 'tenant-accounts',
    scope: ({ tenant }) => tenantScope(tenant.id),
    read: (tx, page) => tx.tenantAccounts.list(page as never),
    idOf: byId,
    make(ctx, { tenant }, index) {
      const own = twisted(index, 'active', 'deprovisioned', 'suspended', 'invited')
      const account = ctx.make.tenantAccount({ ...own, scopeId: tenant.id, userId: ctx.make.user().id })
      return { id: account.id, insert: (tx) => tx.tenantAccounts.insert(account) }
    },
  },
  {
    name: 'groups',
    scope: ({ tenant }) => tenantScope(tenant.id),
    read: (tx, page) => tx.groups.list(page as never),
    idOf: byId,
    make(ctx, { tenant }, index) {
      const own = twisted(index, 'active', 'removed', 'suspended')
      const group = ctx.make.group({ ...own, scopeId: tenant.id })
      return { id: group.id, insert: (tx) => tx.groups.insert(group) }
    },
  },
  {
    name: 'members-of-a-group',
    scope: ({ tenant }) => tenantScope(tenant.id),
    read: (tx, page, { group }) => tx.memberships.listByGroup(group.id, page as never),
    idOf: byId,
    make(ctx, { tenant, group }, index) {
      const scopeId = tenant.id
      const account = ctx.make.tenantAccount({ scopeId, userId: ctx.make.user().id })
      const membership = ctx.make.membership({
        ...twisted(index, 'active', 'removed', 'suspended'),
        scopeId,
        groupId: group.id,
        tenantAccountId: account.id,
      })
      return {
        id: membership.id,
        async insert(tx) {
          await tx.tenantAccounts.insert(account)
          await tx.memberships.insert(membership)
        },
      }
    },
  },
  {
    name: 'memberships-of-an-account',
    scope: ({ tenant }) => tenantScope(tenant.id),
    read: (tx, page, { tenantAccount }) =>
      tx.memberships.listByTenantAccount(tenantAccount.id, page as never),
    idOf: byId,
    make(ctx, { tenant, tenantAccount }, index) {
      const scopeId = tenant.id
      const group = ctx.make.group({ scopeId })
      const membership = ctx.make.membership({
        ...twisted(index, 'active', 'removed', 'suspended'),
        scopeId,
        groupId: group.id,
        tenantAccountId: tenantAccount.id,
      })
      return {
        id: membership.id,
        async insert(tx) {
          await tx.groups.insert(group)
          await tx.memberships.insert(membership)
        },
      }
    },
  },
  {
    name: 'applications',
    scope: ({ tenant }) => directoryScope(tenant.id),
    read: (tx, page) => tx.applications.list(page as never),
    idOf: byId,
    make(ctx, { tenant }, index) {
      const own = twisted(index, 'active', 'active', 'retired', 'disabled', 'draft')
      const application = ctx.make.application({ ...own, scopeId: index % 2 === 0 ? tenant.id : DIRECTORY })
      return { id: application.id, insert: (tx) => tx.applications.insert(application) }
    },
  },
  {
    name: 'bindings',
    scope: ({ tenant }) => tenantScope(tenant.id),
    read: (tx, page) => tx.applicationBindings.list(page as never),
    idOf: byId,
    make(ctx, { tenant }, index) {
      const applicationId = ctx.make.application().id
      const own = twisted(index, 'active', 'revoked', 'suspended', 'requested')
      const binding = ctx.make.applicationBinding({ ...own, scopeId: tenant.id, applicationId })
      return { id: binding.id, insert: (tx) => tx.applicationBindings.insert(binding) }
    },
  },
  {
    name: 'catalogs-of-an-owner',
    scope: ({ tenant }) => tenantScope(tenant.id),
    read: (tx, page, { tenant }) => tx.attributeCatalogs.listByOwner(tenant.id, page as never),
    idOf: byId,
    make(ctx, { tenant }, index) {
      const owner = { scopeId: tenant.id, layer: 'tenant', ownerId: tenant.id } as const
      const own = twisted(index, 'published', 'retired', 'deprecated', 'draft')
      const catalog = ctx.make.attributeCatalog({ ...owner, ...own })
      return { id: catalog.id, insert: (tx) => tx.attributeCatalogs.insert(catalog) }
    },
  },
  {
    name: 'values-of-a-user',
    scope: ({ tenant }) => directoryScope(tenant.id),
    read: (tx, page, { user }) => tx.profileValues.listByUser(user.id, page as never),
    idOf: byId,
    make(ctx, { tenant, user, catalog }, index) {
      const own = { scopeId: tenant.id, layer: 'tenant', ownerId: tenant.id } as const
      const value = ctx.make.profileValue({
        ...twisted(index, 'set', 'set', 'cleared', 'cleared'),
        ...(index % 2 === 0 ? own : {}),
        userId: user.id,
        catalogId: catalog.id,
      })
      return { id: value.id, insert: (tx) => tx.profileValues.insert(value) }
    },
  },
  {
    name: 'timeline',
    scope: ({ tenant }) => tenantScope(tenant.id),
    read: (tx, page, { tenant }) =>
      tx.audit.timeline({ ...page, scopeId: tenant.id, targetId: null } as never),
    idOf: (item) => byId((item as { readonly record: unknown }).record),
    make(ctx, { tenant }, index) {
      if (index % 2 === 0) {
        const denial = ctx.make.denial({ scopeId: tenant.id })
        return { id: denial.id, insert: () => ctx.store.denials.append(denial) }
      }
      const record = ctx.make.auditRecord({ scopeId: tenant.id })
      return { id: record.id, insert: (tx) => tx.audit.append(record) }
    },
  },
  {
    name: 'timeline-of-a-record',
    scope: ({ tenant }) => tenantScope(tenant.id),
    read: (tx, page, { tenant, tenantAccount }) =>
      tx.audit.timeline({ ...page, scopeId: tenant.id, targetId: tenantAccount.id } as never),
    idOf: (item) => byId((item as { readonly record: unknown }).record),
    make(ctx, { tenant, tenantAccount }) {
      // Each between two that are about something else.
      const between = ctx.make.auditRecord({ scopeId: tenant.id })
      const target = { kind: 'tenant_account', id: tenantAccount.id } as const
      const record = ctx.make.auditRecord({ scopeId: tenant.id, target })
      return {
        id: record.id,
        async insert(tx) {
          await tx.audit.append(between)
          await tx.audit.append(record)
        },
      }
    },
  },
  {
    name: 'pending-events',
    scope: ({ tenant }) => tenantScope(tenant.id),
    read: (tx, page) => tx.outbox.pending(page as never),
    idOf: (item) => byId((item as { readonly event: unknown }).event),
    make(ctx, { tenant }) {
      const event = ctx.make.event('tenant_account', { scopeId: tenant.id, id: ctx.make.uuid(), version: 1 })
      return { id: event.id, insert: (tx) => tx.outbox.append(event) }
    },
  },
]

export const makeMany = (ctx: CaseContext, list: List, seed: Seed, count: number): Item[] =>
  Array.from({ length: count }, (_, index) => list.make(ctx, seed, index))

/** Inserts the items, the last one first: the order of a list is not that of its making. */
export async function insertAll(
  ctx: CaseContext,
  list: List,
  seed: Seed,
  items: readonly Item[],
): Promise<string[]> {
  await ctx.commit(list.scope(seed), async (tx) => {
    for (const item of items.toReversed()) await item.insert(tx)
  })
  return items.map(({ id }) => id)
}
