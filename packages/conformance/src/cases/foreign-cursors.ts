import type { Page } from '@user-engine/store'

import type { Case } from '../case.ts'
import { insertAll, LISTS, makeMany } from './lists.ts'

/** Of a list of the directory there is one, and of an application or a user the owner is part of the question. */
const OF_A_TENANT = LISTS.filter(({ name }) =>
  ['tenant-accounts', 'groups', 'applications', 'bindings', 'timeline', 'pending-events'].includes(name),
)

export const foreignCursors: readonly Case[] = OF_A_TENANT.map((list): Case => ({
  id: `UE-TENANT-001/cursor-${list.name}`,
  title: `${list.name}: where a page of one tenant ended, another tenant goes on in its own list`,
  preconditions: ['there is a next page of the one', 'the other has something after it'],
  async run(ctx) {
    const [one, other] = [await ctx.seed(), await ctx.seed()]
    // Made in turn, so that each has something before and after the place.
    const [early, foreignEarly, late, foreignLate] = [one, other, one, other].map((seed) =>
      makeMany(ctx, list, seed, 3),
    )
    await insertAll(ctx, list, one, [...(early ?? []), ...(late ?? [])])
    await insertAll(ctx, list, other, [...(foreignEarly ?? []), ...(foreignLate ?? [])])
    const read = (seed: typeof one, after: string | null, limit: number): Promise<Page<unknown>> =>
      ctx.commit(list.scope(seed), (tx) => list.read(tx, { after, limit }, seed))
    const all = (await read(other, null, 100)).items.map((item) => list.idOf(item))
    const { next } = await read(one, null, 4)
    ctx.precondition('there is a next page of the one', next !== null)
    const expected = all.filter((id) => id > (next ?? ''))
    ctx.precondition('the other has something after it', expected.length > 0 && expected.length < all.length)
    const page = await read(other, next, 100)
    ctx.equal(
      'UE-TENANT-001',
      page.items.map((item) => list.idOf(item)),
      expected,
      `${list.name} of the other tenant after that`,
    )
  },
}))
