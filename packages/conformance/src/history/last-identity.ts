import { directoryScope, type ExternalIdentity } from '@user-engine/store'

import type { Budget } from '../budget.ts'
import type { Case } from '../case.ts'
import { createIdentities } from './identities.ts'
import type { History } from './history.ts'
import { judgeHistories } from './judge.ts'
import { createRecorder, type Place } from './record.ts'
import { insist } from './registers.ts'
import { openRounds, type Turn, type Work } from './rounds.ts'

const ROUNDS: Readonly<Record<Budget, number>> = { smoke: 15, full: 60 }
const TURNS: readonly (readonly Turn[])[] = [
  ['between', 'between', 'between'],
  ['early', 'between', 'late'],
]

const { also, recheck, judge } = judgeHistories('UE-VERSION-004', {
  find: findNoneLinked,
  right: 'an identity was linked at any time',
})

/** Three identities of one user. Each of three transactions unlinks its own where another one is left, which it guards. */
export const lastIdentity: readonly Case[] = [
  {
    id: 'UE-VERSION-004/last-identity',
    title:
      'Whoever unlinks one of three identities at the same time, guarding those that are left, one stays linked',
    profile: 'store-concurrent',
    also,
    recheck,
    preconditions: ['identities were unlinked often', 'it came to the last one'],
    async run(ctx) {
      const recorder = createRecorder()
      const user = ctx.make.user()
      const places = await createIdentities(ctx, recorder, [user, user, user], ({ state }) => state)
      let unlinked = 0
      let last = 0

      /** Unlinks the identity, or links it again where only one is left. */
      const toggle =
        (own: Place<ExternalIdentity>): Work =>
        async (store, meet) => {
          let unlinks = false
          const done = await recorder.run(store, directoryScope(), async (notes) => {
            const found = new Map<Place<ExternalIdentity>, ExternalIdentity>()
            for (const place of places) {
              const identity = await notes.find(place)
              if (identity !== null) found.set(place, identity)
            }
            const linked = [...found].filter(([, { state }]) => state === 'linked')
            const others = linked.filter(([place]) => place !== own)
            const identity = found.get(own)
            unlinks = identity?.state === 'linked' && others.length > 0
            if (unlinks) for (const [place, other] of others) await notes.guard(place, other)
            await meet()
            const links = identity?.state === 'unlinked' && linked.length === 1
            if (identity === undefined || (!unlinks && !links)) return
            await notes.update(own, ctx.make.next(identity, { state: unlinks ? 'unlinked' : 'linked' }))
          })
          if (done.outcome === 'committed' && unlinks) unlinked += 1
        }

      const play = await openRounds(ctx)
      for (let round = 0; round < ROUNDS[ctx.budget]; round += 1) {
        const turns = TURNS[round % TURNS.length] ?? []
        await play(
          turns.map((turn, index) => ({ turn, work: toggle(places[index] ?? (places[0] as never)) })),
        )
        const { steps } = await insist(() =>
          recorder.run(ctx.store, directoryScope(), async (notes) => {
            for (const place of places) {
              const identity = await notes.find(place)
              if (identity !== null) await notes.guard(place, identity)
            }
          }),
        )
        if (steps.filter((one) => one.do === 'guard' && one.says === 'linked').length === 1) last += 1
      }
      judge(ctx, recorder.history())
      ctx.precondition('identities were unlinked often', unlinked > ROUNDS[ctx.budget] / 4)
      ctx.precondition('it came to the last one', last > 0)
    },
  },
]

/** Who guarded each of them, and found none linked. */
function findNoneLinked(history: History): string | null {
  const found = history.find(({ outcome, steps }) => {
    const guards = steps.filter((one) => one.do === 'guard')
    return outcome === 'committed' && guards.length === 3 && guards.every(({ says }) => says === 'unlinked')
  })
  return found === undefined ? null : `${found.name} guarded 3 identities, of which none is linked`
}
