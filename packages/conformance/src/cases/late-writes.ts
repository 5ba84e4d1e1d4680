import { directoryScope, type StoreTransaction, type User } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { isRolledBack, replayed } from '../replayed.ts'

/** How long after the work has resolved a write comes that was left behind: so many promises, or turns of the event loop. */
const DELAYS = [
  ...[0, 1, 2, 3, 4, 6, 9, 14, 20, 30].map((promises) => ({ promises, turns: 0 })),
  ...[1, 2, 3, 5, 8].map((turns) => ({ promises: 0, turns })),
]

async function afterAWhile({ promises, turns }: (typeof DELAYS)[number]): Promise<void> {
  for (let left = promises; left > 0; left -= 1) await Promise.resolve()
  for (let left = turns; left > 0; left -= 1) await new Promise(setImmediate)
}

/** Work that leaves a write behind; `answered` is whether that resolved. */
function leaving(ctx: CaseContext, delay: (typeof DELAYS)[number]) {
  const late = ctx.make.user()
  let answered: Promise<boolean> = Promise.resolve(false)
  return {
    late,
    answered: () => answered,
    async work(tx: StoreTransaction): Promise<void> {
      await tx.users.insert(ctx.make.user())
      answered = afterAWhile(delay)
        .then(() => tx.users.insert(late))
        .then(
          () => true,
          () => false,
        )
    },
  }
}

async function expectKept(ctx: CaseContext, late: User, answered: boolean, what: string): Promise<void> {
  const found = await ctx.commit(directoryScope(), (tx) => tx.users.find(late.id))
  const said = answered ? 'resolved' : 'was refused'
  ctx.must(
    'UE-TRANSACTION-001',
    (found !== null) === answered,
    `a write while ${what} ended ${said} and ${found === null ? 'is not kept' : 'is kept'}`,
  )
}

export const lateWrites: readonly Case[] = [
  {
    id: 'UE-TRANSACTION-001/while-it-ends',
    title: 'A write that comes while its transaction commits is refused or kept, and not forgotten',
    budget: 'smoke',
    async run(ctx) {
      for (const delay of DELAYS) {
        const { late, answered, work } = leaving(ctx, delay)
        const failed = await ctx.store.transaction(directoryScope(), work).then(
          () => false,
          () => true,
        )
        await expectKept(ctx, late, (await answered()) && !failed, 'it')
      }
    },
  },
  {
    id: 'UE-TRANSACTION-001/while-a-nested-one-ends',
    title: 'A write that comes while its nested transaction settles is refused or kept, and not forgotten',
    budget: 'smoke',
    async run(ctx) {
      for (const delay of DELAYS) {
        const { late, kept } = await replayed(async () => {
          const { late, answered, work } = leaving(ctx, delay)
          let settled = false
          await ctx.store.transaction(directoryScope(), async (tx) => {
            settled = await tx.nested(work).then(
              () => true,
              () => false,
            )
            await answered()
          })
          return { late, kept: (await answered()) && settled }
        }, isRolledBack)
        await expectKept(ctx, late, kept, 'a nested one')
      }
    },
  },
]
