import { directoryScope, type ExternalIdentity } from '@user-engine/store'

import type { Budget } from '../budget.ts'
import type { Case } from '../case.ts'
import { createIdentities } from './identities.ts'
import type { History } from './history.ts'
import { judgeHistories } from './judge.ts'
import { createRecorder, type Notes, type Place } from './record.ts'
import { insist } from './registers.ts'
import { openRounds, type Turn, type Work } from './rounds.ts'

const LENGTH = 6
const ROUNDS: Readonly<Record<Budget, number>> = { smoke: 15, full: 60 }
const TURNS: readonly (readonly Turn[])[] = [
  ['between', 'between', 'between', 'between'],
  ['early', 'between', 'between', 'late'],
]

type Places = readonly Place<ExternalIdentity>[]

const { also, recheck, judge } = judgeHistories('UE-HISTORY-001', {
  find: findBrokenRing,
  right: 'the ring was whole',
})

/**
 * Each identity is linked to the user of the next one, all of them in a ring. A transaction exchanges two neighbours,
 * which takes three updates: where one of them is lost, the ring falls apart.
 */
export const ring: readonly Case[] = [
  {
    id: 'UE-HISTORY-001/ring',
    title:
      'Identities that name each other in a ring are one ring still, whoever exchanges neighbours at the same time',
    also,
    recheck,
    preconditions: ['neighbours were exchanged often', 'the ring was looked at while that went on'],
    async run(ctx) {
      const recorder = createRecorder()
      const users = Array.from({ length: LENGTH }, () => ctx.make.user())
      const next = [...users.slice(1), ...users.slice(0, 1)]
      const placeOf = new Map(users.map(({ id }, place) => [id, place]))
      const places = await createIdentities(ctx, recorder, next, ({ userId }) => `${placeOf.get(userId)}`)
      let looked = 0
      let exchanged = 0

      const exchange =
        (first: number): Work =>
        async (store, meet) => {
          const done = await recorder.run(store, directoryScope(), async (notes) => {
            const found: { readonly place: Place<ExternalIdentity>; readonly identity: ExternalIdentity }[] =
              []
            for (
              let at = first;
              found.length < 3;
              at = placeOf.get(found.at(-1)?.identity.userId as never) ?? 0
            ) {
              const place = places[at]
              const identity = place === undefined ? null : await notes.find(place)
              if (place === undefined || identity === null) return
              found.push({ place, identity })
            }
            await meet()
            const [one, other, third] = found
            if (one === undefined || other === undefined || third === undefined) return
            const relink = ({ place, identity }: typeof one, userId: typeof identity.userId) =>
              notes.update(place, ctx.make.next(identity, { userId }))
            await relink(one, other.identity.userId)
            await relink(other, third.identity.userId)
            await relink(third, one.identity.userId)
          })
          if (done.outcome === 'committed') exchanged += 1
        }
      const look: Work = async (store, meet) => {
        const done = await recorder.run(store, directoryScope(), async (notes) => {
          await guardAll(notes, places)
          await meet()
        })
        if (done.outcome === 'committed') looked += 1
      }

      const play = await openRounds(ctx)
      for (let round = 0; round < ROUNDS[ctx.budget]; round += 1) {
        const turns = TURNS[round % TURNS.length] ?? []
        const looker = round % turns.length
        await play(
          turns.map((turn, index) => ({
            turn,
            work: index === looker ? look : exchange(ctx.random.below(LENGTH)),
          })),
        )
      }
      await insist(() => recorder.run(ctx.store, directoryScope(), (notes) => guardAll(notes, places)))
      judge(ctx, recorder.history())
      ctx.precondition('neighbours were exchanged often', exchanged > ROUNDS[ctx.budget] / 4)
      ctx.precondition('the ring was looked at while that went on', looked > 0)
    },
  },
]

async function guardAll(notes: Notes, places: Places): Promise<void> {
  for (const place of places) {
    const found = await notes.find(place)
    if (found !== null) await notes.guard(place, found)
  }
}

/** Who guarded each identity, and found another ring than there was. */
function findBrokenRing(history: History): string | null {
  for (const { name, outcome, steps } of history) {
    const next = steps.filter((one) => one.do === 'guard').map(({ says }) => Number(says))
    const length = lengthOf(next)
    if (outcome === 'committed' && next.length === LENGTH && length !== LENGTH)
      return `a ring of ${LENGTH} was one of ${length}, to ${name}, which guarded all of it`
  }
  return null
}

/** How many steps it takes from the first one back to it; 0 where there is no way. */
function lengthOf(next: readonly number[]): number {
  let at = 0
  for (let steps = 1; steps <= next.length; steps += 1) {
    at = next[at] ?? 0
    if (at === 0) return steps
  }
  return 0
}
