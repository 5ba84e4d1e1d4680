import type { Case } from '../case.ts'
import { homeScope, settle } from './estates.ts'
import { answers, READS } from './scope-reads.ts'
import { WRITES } from './scope-writes.ts'

const UPDATES = WRITES.filter(({ name }) => name.endsWith('-update'))

export const readAnew: readonly Case[] = [
  {
    id: 'UE-TRANSACTION-010/every-read',
    title: 'Each read of a handle answers anew what it answered before, when another handle has changed it',
    preconditions: ['each read found something', 'some read another thing afterwards'],
    async run(ctx) {
      const estate = await settle(ctx)
      const second = await ctx.second()
      const before = await answers(ctx, second, estate)
      ctx.precondition('each read found something', !before.includes(null))
      for (const { home, perform } of UPDATES)
        await ctx.commit(homeScope(home, estate), (tx) => perform(ctx, tx, estate))
      const own = await answers(ctx, ctx.store, estate)
      ctx.precondition('some read another thing afterwards', own.includes(null))
      const anew = await answers(ctx, second, estate)
      for (const [index, { name }] of READS.entries())
        ctx.equal('UE-TRANSACTION-010', anew[index], own[index], `by another handle: ${name}`)
    },
  },
]
