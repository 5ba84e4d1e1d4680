import {
  DIRECTORY,
  directoryScope,
  tenantScope,
  type Page,
  type PageRequest,
  type Scope,
  type StoreTransaction,
} from '@user-engine/store'

import type { Case, CaseContext, Seed } from '../case.ts'

/** One list of the port, as ids. */
interface List {
  readonly name: string
  scope(seed: Seed): Scope
  read(tx: StoreTransaction, page: PageRequest, seed: Seed): Promise<Page<unknown>>
  idOf(item: unknown): string
  /** Makes an item, to be inserted now or later: order of id is order of making. */
  make(ctx: CaseContext, seed: Seed, index: number): Item
}

interface Item {
  readonly id: string
  insert(tx: StoreTransaction): Promise<void>
}

const byId = (item: unknown) => (item as { readonly id: string }).id

const LISTS: readonly List[] = [
  {
    name: 'tenants',
    scope: () => directoryScope(),
    read: (tx, page) => tx.tenants.list(page as never),
    idOf: byId,
    make(ctx) {
      const tenant = ctx.make.tenant()
      return { id: tenant.id, insert: (tx) => tx.tenants.insert(tenant) }
    },
  },
  {
    name: 'users',
    scope: () => directoryScope(),
    read: (tx, page) => tx.users.list(page as never),
    idOf: byId,
    make(ctx) {
      const user = ctx.make.user()
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
      const identity = ctx.make.externalIdentity({ scopeId, userId: user.id })
      return { id: identity.id, insert: (tx) => tx.externalIdentities.insert(identity) }
    },
  },
  {
    name: 'tenant-accounts',
    scope: ({ tenant }) => tenantScope(tenant.id),
    read: (tx, page) => tx.tenantAccounts.list(page as never),
    idOf: byId,
    make(ctx, { tenant }) {
      const account = ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id })
      return { id: account.id, insert: (tx) => tx.tenantAccounts.insert(account) }
    },
  },
  {
    name: 'groups',
    scope: ({ tenant }) => tenantScope(tenant.id),
    read: (tx, page) => tx.groups.list(page as never),
    idOf: byId,
    make(ctx, { tenant }) {
      const group = ctx.make.group({ scopeId: tenant.id })
      return { id: group.id, insert: (tx) => tx.groups.insert(group) }
    },
  },
  {
    name: 'members-of-a-group',
    scope: ({ tenant }) => tenantScope(tenant.id),
    read: (tx, page, { group }) => tx.memberships.listByGroup(group.id, page as never),
    idOf: byId,
    make(ctx, { tenant, group }) {
      const scopeId = tenant.id
      const account = ctx.make.tenantAccount({ scopeId, userId: ctx.make.user().id })
      const membership = ctx.make.membership({ scopeId, groupId: group.id, tenantAccountId: account.id })
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
    make(ctx, { tenant, tenantAccount }) {
      const scopeId = tenant.id
      const group = ctx.make.group({ scopeId })
      const membership = ctx.make.membership({
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
      const application = ctx.make.application({ scopeId: index % 2 === 0 ? tenant.id : DIRECTORY })
      return { id: application.id, insert: (tx) => tx.applications.insert(application) }
    },
  },
  {
    name: 'bindings',
    scope: ({ tenant }) => tenantScope(tenant.id),
    read: (tx, page) => tx.applicationBindings.list(page as never),
    idOf: byId,
    make(ctx, { tenant }) {
      const applicationId = ctx.make.application().id
      const binding = ctx.make.applicationBinding({ scopeId: tenant.id, applicationId })
      return { id: binding.id, insert: (tx) => tx.applicationBindings.insert(binding) }
    },
  },
  {
    name: 'catalogs-of-an-owner',
    scope: ({ tenant }) => tenantScope(tenant.id),
    read: (tx, page, { tenant }) => tx.attributeCatalogs.listByOwner(tenant.id, page as never),
    idOf: byId,
    make(ctx, { tenant }) {
      const owner = { scopeId: tenant.id, layer: 'tenant', ownerId: tenant.id } as const
      const catalog = ctx.make.attributeCatalog(owner)
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

const makeMany = (ctx: CaseContext, list: List, seed: Seed, count: number): Item[] =>
  Array.from({ length: count }, (_, index) => list.make(ctx, seed, index))

/** Inserts the items, the last one first: the order of a list is not that of its making. */
async function insertAll(
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

async function pagesOf(
  ctx: CaseContext,
  list: List,
  seed: Seed,
  limit: number,
  between: (page: number) => Promise<void> = async () => {},
): Promise<Page<string>[]> {
  const pages: Page<string>[] = []
  let after: string | null = null
  do {
    const from: string | null = after
    const page: Page<unknown> = await ctx.commit(list.scope(seed), (tx) =>
      list.read(tx, { after: from, limit }, seed),
    )
    pages.push({ items: page.items.map((item) => list.idOf(item)), next: page.next })
    after = page.next
    await between(pages.length)
  } while (after !== null && pages.length < 100)
  return pages
}

export const paging: readonly Case[] = LISTS.flatMap((list): Case[] => [
  {
    id: `UE-PAGING-002/${list.name}`,
    title: `${list.name}: pages are full, in order, and the last one says so, also where it is full`,
    async run(ctx) {
      const seed = await ctx.seed()
      const all = (await pagesOf(ctx, list, seed, 500)).flatMap(({ items }) => items)
      all.push(...(await insertAll(ctx, list, seed, makeMany(ctx, list, seed, 12 - all.length))))
      for (const limit of [1, 2, 3, 5, 6, 11, 12, 13, 500]) {
        const pages = await pagesOf(ctx, list, seed, limit)
        const expected = Array.from({ length: Math.ceil(12 / limit) }, (_, index) => {
          const items = all.slice(index * limit, (index + 1) * limit)
          return { items, next: (index + 1) * limit < 12 ? items.at(-1) : null }
        })
        ctx.equal('UE-PAGING-002', pages, expected, `pages of ${limit} of 12 items`)
      }
    },
  },
  {
    id: `UE-PAGING-002/${list.name}-empty`,
    title: `${list.name}: beyond the last key there is an empty page, and it is the last`,
    async run(ctx) {
      const seed = await ctx.seed()
      await insertAll(ctx, list, seed, makeMany(ctx, list, seed, 1))
      const after = ctx.make.uuid()
      const page: Page<unknown> = await ctx.commit(list.scope(seed), (tx) =>
        list.read(tx, { after, limit: 10 }, seed),
      )
      ctx.equal('UE-PAGING-002', page, { items: [], next: null }, 'the page after all')
    },
  },
  {
    id: `UE-PAGING-001/${list.name}`,
    title: `${list.name}: what was there throughout comes exactly once, in order, whatever is added meanwhile`,
    preconditions: ['something was added on each side of the reader'],
    async run(ctx) {
      const seed = await ctx.seed()
      const before = (await pagesOf(ctx, list, seed, 500)).flatMap(({ items }) => items)
      // Every second item is kept back: before, between and behind what is there.
      const items = makeMany(ctx, list, seed, 18)
      before.push(
        ...(await insertAll(
          ctx,
          list,
          seed,
          items.filter((_, index) => index % 4 > 1),
        )),
      )
      const late = items.filter((_, index) => index % 4 < 2)
      let added = 0
      const pages = await pagesOf(ctx, list, seed, 2, async (page) => {
        // From both ends to the middle: some behind the reader, some ahead of it.
        const [one, other] = [late[page - 1], late.at(-page)]
        if (one === undefined || other === undefined || page * 2 > late.length) return
        added += (await insertAll(ctx, list, seed, [one, other])).length
      })
      const read = pages.flatMap(({ items }) => items)
      ctx.precondition('something was added on each side of the reader', added >= 4)
      ctx.equal(
        'UE-PAGING-001',
        read.filter((id) => before.includes(id)),
        before,
        'what was there throughout',
      )
      ctx.equal('UE-PAGING-001', read.length, new Set(read).size, 'items read, and different ones')
      ctx.equal('UE-PAGING-001', read, read.toSorted(), 'the order of what was read')
    },
  },
  {
    id: `UE-PAGING-003/${list.name}`,
    title: `${list.name}: a limit that is no integer from 1 to 500 is refused, 1 and 500 are not`,
    preconditions: ['both ends are accepted'],
    async run(ctx) {
      const seed = await ctx.seed()
      await insertAll(ctx, list, seed, makeMany(ctx, list, seed, 1))
      const read = (limit: number) =>
        ctx.commit(list.scope(seed), (tx) => list.read(tx, { after: null, limit }, seed))
      const [least, most] = [await read(1), await read(500)]
      ctx.precondition('both ends are accepted', least.items.length === 1 && most.items.length >= 1)
      for (const limit of [0, -1, 501, 1.5, Number.NaN, Infinity]) {
        await ctx.rejects('UE-PAGING-003', () => read(limit), 'TypeError', `a limit of ${limit}`)
      }
    },
  },
])
