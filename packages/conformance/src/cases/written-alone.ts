import { directoryScope, type StoreTransaction } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { imagine, WRITES, type Estate } from './estates.ts'
import { NAMED_READS, WHOLE_READS } from './scope-reads.ts'

const READS = [...NAMED_READS, ...WHOLE_READS]
const undone = new Error('undone')

/** A read that comes first, after one write alone: no other has made a store send what waits, or look beside it. */
export const writtenAlone: readonly Case[] = [
  {
    id: 'UE-TRANSACTION-004/one-write-one-read',
    title:
      'What a transaction has written alone is answered by the first read that it makes, whichever it is, and by no other one',
    preconditions: ['each write changes what some read answers'],
    async run(ctx) {
      ctx.precondition('each write changes what some read answers', await eachChangesSomething(ctx))
      const estate = imagine(ctx)
      const scope = directoryScope(estate.tenant.id)
      for (const write of WRITES) {
        const within = new Map<string, unknown>()
        for (const { name, ask } of READS) {
          const writing = ctx.commit(scope, async (tx) => {
            await write(tx, estate)
            within.set(name, await ask(tx, estate))
            throw undone
          })
          await writing.catch((error: unknown) => {
            if (error !== undone) throw error
          })
        }
        await ctx.commit(scope, (tx) => write(tx, estate))
        const after = await ctx.commit(scope, (tx) => askAll(tx, estate))
        for (const [name, answer] of within)
          ctx.equal('UE-TRANSACTION-004', answer, after[name], `${name}, asked first`)
      }
    },
  },
]

async function eachChangesSomething(ctx: CaseContext): Promise<boolean> {
  const estate = imagine(ctx)
  const scope = directoryScope(estate.tenant.id)
  const ask = async () => JSON.stringify(await ctx.commit(scope, (tx) => askAll(tx, estate)))
  let before = await ask()
  for (const write of WRITES) {
    await ctx.commit(scope, (tx) => write(tx, estate))
    const after = await ask()
    if (after === before) return false
    before = after
  }
  return true
}

async function askAll(tx: StoreTransaction, estate: Estate): Promise<Readonly<Record<string, unknown>>> {
  const answers: Record<string, unknown> = {}
  for (const { name, ask } of READS) answers[name] = await ask(tx, estate)
  return answers
}
