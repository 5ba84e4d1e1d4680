import { directoryScope, type StoreTransaction, type User } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { isRolledBack, replayed } from '../replayed.ts'

const FIRST = { after: null, limit: 100 } as const

/** When it ends that was left open in a nested transaction that failed. */
const MOMENTS = {
  soon: 'at once',
  between: 'before the next one',
  beside: 'while the next one is open',
  late: 'after the commit',
} as const
type Moment = keyof typeof MOMENTS

const idsOf = (users: readonly User[]) => users.map(({ id }) => id)

/** Answers what is kept. What is left open waits for an answer where it `asks`, and has only written where it does not. */
async function leaveOpen(ctx: CaseContext, moment: Moment, asks: boolean, before: readonly User[]) {
  const refusal = new Error('the nested work changes its mind')
  const own = [ctx.make.user(), ctx.make.user(), ctx.make.user()] as const
  const kept = [...before, ...own]
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  let ended = false
  let left: Promise<unknown> = Promise.resolve()
  const reach = async (now: Moment) => {
    if (now !== moment) return
    open()
    await left
  }
  await reach('soon')
  const work = async (tx: StoreTransaction) => {
    await tx.users.insert(own[0])
    await tx
      .nested(async (failing) => {
        await failing.users.insert(ctx.make.user())
        const { promise: under, resolve: way } = Promise.withResolvers<void>()
        left = failing
          .nested(async (inner) => {
            await inner.users.insert(ctx.make.user())
            const answer = asks ? inner.users.list(FIRST) : null
            way()
            await answer
            await gate
          })
          .catch(() => undefined)
          .finally(() => {
            ended = true
          })
        await Promise.race([under, left])
        ctx.precondition('it was open when the one around it failed', !ended)
        throw refusal
      })
      .catch((error: unknown) => {
        if (error !== refusal) throw error
      })
    await reach('between')
    await tx.users.insert(own[1])
    await tx.nested((next) =>
      next.nested(async (deep) => {
        await deep.users.insert(own[2])
        await deep.users.list(FIRST)
        await reach('beside')
      }),
    )
    return tx.users.list(FIRST)
  }
  const read = await ctx.store.transaction(directoryScope(), work).finally(open)
  await left
  const ids = idsOf(kept)
  ctx.equal('UE-TRANSACTION-003', idsOf(read.items), ids, 'users that the outer one reads')
  const found = await ctx.commit(directoryScope(), (tx) => tx.users.list(FIRST), await ctx.second())
  ctx.equal('UE-TRANSACTION-002', idsOf(found.items), ids, 'kept users')
  return kept
}

export const leftOpen: readonly Case[] = Object.entries(MOMENTS).map(([name, when]) => ({
  id: `UE-TRANSACTION-002/left-open-${name}` as Case['id'],
  title: `What is left open in a nested transaction that fails is undone with it, also where it ends ${when}, and the outer one goes on`,
  also: ['UE-TRANSACTION-003'],
  preconditions: ['it was open when the one around it failed'],
  budget: 'smoke',
  async run(ctx) {
    let kept: readonly User[] = []
    for (const asks of [false, true]) {
      const before = kept
      // What else it answers is not made good by another try.
      kept = await replayed(() => leaveOpen(ctx, name as Moment, asks, before), isRolledBack)
    }
  },
}))
