import { directoryScope } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import type { ClientPart } from '../client.ts'
import { comesBack, outcomeOf } from './lost-connections.ts'
import { countParts, expectWhole, insist, writeInParts, type Unit } from './units.ts'

const REQUIREMENT = 'UE-TRANSACTION-013'
/** What a client has written before it is killed, and what it may have written that it did not come to say. */
const ENOUGH = 2
const UNSAID = 50

const never = new Promise<never>(() => {})

/** A commit that was on its way when its client was killed may take effect for a while. */
async function settled(ctx: CaseContext, units: readonly Unit[]): Promise<void> {
  let before = ''
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const now = JSON.stringify(await countParts(ctx, units))
    if (now === before) return
    before = now
    await ctx.pending(never)
  }
}

export const lostClients: readonly Case[] = [
  {
    id: `${REQUIREMENT}/held`,
    title:
      'A process is killed in the middle of a transaction: what it held is free, nothing of it is kept, and the denial before it is there',
    also: ['UE-DENIAL-001'],
    needs: ['observer'],
    async run(ctx) {
      const { user } = await ctx.seed()
      const second = await ctx.second()
      const client = await ctx.faults.client('hold', user.id)
      await ctx.answers(REQUIREMENT, client.said('holds'), 'a transaction of another process')
      const [{ unit, denial }] = client.parts(1) as [ClientPart]
      const suspend = () =>
        second.transaction(directoryScope(), async (tx) => {
          const found = await tx.users.find(user.id)
          if (found?.version === 1) await tx.users.update(ctx.make.next(user, { state: 'suspended' }))
        })
      const waiting = outcomeOf(suspend())
      await ctx.pending(waiting)
      await client.kill()
      await ctx.answers(REQUIREMENT, waiting, 'a write that waited for a process that was killed')
      await comesBack(ctx, REQUIREMENT, suspend, 'a write to what a process held that was killed')
      const found = await ctx.commit(directoryScope(), (tx) => tx.users.find(user.id))
      ctx.equal(
        REQUIREMENT,
        [found?.version, found?.kind, found?.state],
        [2, user.kind, 'suspended'],
        'version, kind and state of the user that it had changed',
      )
      const there = await expectWhole(ctx, REQUIREMENT, [unit], 'of a process that was killed')
      ctx.equal(REQUIREMENT, there.size, 0, 'open commands of a process that was killed')
      const denials = (await ctx.observer.rows('denials')).map(({ id }) => id)
      ctx.equal('UE-DENIAL-001', denials, [denial.id], 'denials')
      await insist(ctx, second, unit, (tx) => writeInParts(tx, unit))
      const again = await expectWhole(ctx, REQUIREMENT, [unit], 'when another process repeats it')
      ctx.equal(REQUIREMENT, again.size, 1, 'commands that happened when another process repeats it')
    },
  },
  {
    id: `${REQUIREMENT}/writing`,
    title:
      'A process is killed while it writes one command after the other: each is there whole or not at all, and those that had resolved are',
    also: ['UE-DENIAL-001'],
    needs: ['observer'],
    preconditions: ['some had resolved'],
    async run(ctx) {
      const { user } = await ctx.seed()
      let resolved = 0
      for (let round = 0; round < (ctx.budget === 'smoke' ? 1 : 2); round += 1) {
        const client = await ctx.faults.client('write', user.id)
        await ctx.answers(REQUIREMENT, client.said('wrote', ENOUGH), 'commands of another process')
        await ctx.pending(never)
        await client.kill()
        const parts = client.parts(client.wrote + UNSAID)
        const units = parts.map(({ unit }) => unit)
        await settled(ctx, units)
        const there = await expectWhole(
          ctx,
          REQUIREMENT,
          units,
          'of a process that was killed while it wrote',
        )
        const lost = units.slice(0, client.wrote).filter((unit) => !there.has(unit))
        ctx.equal(REQUIREMENT, lost.length, 0, 'commands that had resolved and are not there')
        const denials = new Set((await ctx.observer.rows('denials')).map(({ id }) => id))
        const missing = parts.slice(0, client.wrote).filter(({ denial }) => !denials.has(denial.id))
        ctx.equal('UE-DENIAL-001', missing.length, 0, 'denials that had resolved and are not there')
        resolved += client.wrote
      }
      ctx.precondition('some had resolved', resolved > 0)
    },
  },
]
