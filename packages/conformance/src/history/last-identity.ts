import { directoryScope, type ExternalIdentity } from '@user-engine/store'

import type { Budget } from '../budget.ts'
import type { Case } from '../case.ts'
import { createIdentities } from './identities.ts'
import { alsoJudged, judge } from './judge.ts'
import { createRecorder, type Place } from './record.ts'
import { openRounds, type Turn, type Work } from './rounds.ts'

const ROUNDS: Readonly<Record<Budget, number>> = { smoke: 15, full: 60 }
const TURNS: readonly (readonly Turn[])[] = [
  ['between', 'between', 'between'],
  ['early', 'between', 'late'],
]

/** Three identities of one user. Each of three transactions unlinks its own where another one is left, which it guards. */
export const lastIdentity: readonly Case[] = [
  {
    id: 'UE-VERSION-004/last-identity',
    title:
      'Whoever unlinks one of three identities at the same time, guarding those that are left, one stays linked',
    profile: 'store-concurrent',
    also: alsoJudged('UE-VERSION-004'),
    preconditions: ['identities were unlinked often', 'it came to the last one'],
    async run(ctx) {
      const recorder = createRecorder()
      const user = ctx.make.user()
      const places = await createIdentities(ctx, recorder, [user, user, user])
      let unlinked = 0
      let last = 0
      let none: string | null = null

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
            if (linked.length === 0) none ??= `${found.size} identities, of which none is linked`
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
        const { items } = await ctx.commit(directoryScope(), (tx) =>
          tx.externalIdentities.listByUser(user.id, { after: null, limit: 10 }),
        )
        const left = items.filter(({ state }) => state === 'linked').length
        if (left === 1) last += 1
        if (left === 0) none ??= `after round ${round + 1} no identity is linked`
      }
      ctx.must('UE-VERSION-004', none === null, none ?? 'an identity was linked at any time')
      ctx.precondition('identities were unlinked often', unlinked > ROUNDS[ctx.budget] / 4)
      ctx.precondition('it came to the last one', last > 0)
      judge(ctx, recorder.history())
    },
  },
]
