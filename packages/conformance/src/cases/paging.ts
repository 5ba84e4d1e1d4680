import type { Page } from '@user-engine/store'

import type { Case, CaseContext, Seed } from '../case.ts'
import { insertAll, LISTS, makeMany, type List } from './lists.ts'

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
    id: `UE-PAGING-002/${list.name}-most`,
    title: `${list.name}: 500 items are asked for, and 500 are given`,
    budget: 'full',
    async run(ctx) {
      const seed = await ctx.seed()
      const [first] = await pagesOf(ctx, list, seed, 500)
      const all = [...(first?.items ?? [])]
      all.push(...(await insertAll(ctx, list, seed, makeMany(ctx, list, seed, 501 - all.length))))
      const pages = await pagesOf(ctx, list, seed, 500)
      const expected = [
        { items: all.slice(0, 500), next: all[499] },
        { items: all.slice(500), next: null },
      ]
      ctx.equal('UE-PAGING-002', pages, expected, 'pages of 500 of 501 items')
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
