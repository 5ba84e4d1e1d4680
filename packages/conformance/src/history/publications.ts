import { tenantScope, type AttributeCatalog, type ProfileValue } from '@user-engine/store'

import type { Budget } from '../budget.ts'
import type { Case } from '../case.ts'
import type { History } from './history.ts'
import { judgeHistories } from './judge.ts'
import { createRecorder, type Notes, type Place } from './record.ts'
import { insist } from './registers.ts'
import { openRounds, type Turn, type Work } from './rounds.ts'

const ROUNDS: Readonly<Record<Budget, number>> = { smoke: 15, full: 60 }

const catalogPlace = ({ id, catalogVersion }: AttributeCatalog): Place<AttributeCatalog> => ({
  name: `catalog ${catalogVersion}`,
  id,
  repository: (tx) => tx.attributeCatalogs,
  mark: (catalog, by) => ({ ...catalog, definitions: { by } }),
  markOf: ({ definitions }) => String((definitions as { readonly by?: unknown } | null)?.by),
  says: ({ state }) => state,
})

const valuePlace = ({ id, attribute }: ProfileValue): Place<ProfileValue> => ({
  name: `value ${attribute}`,
  id,
  repository: (tx) => tx.profileValues,
  mark: (value, by) => ({ ...value, value: by }),
  markOf: ({ value }) => (typeof value === 'string' ? value : ''),
})

const { also, recheck, judge } = judgeHistories('UE-CATALOG-002', {
  find: findWrongCount,
  right: 'one version was in force at any time',
})

/** Two versions of a catalog, of which one is retired and the other published, and values that are written under it. */
export const publications: readonly Case[] = [
  {
    id: 'UE-CATALOG-002/publications',
    title:
      'One version is in force at any time, and no value is written under one that is not, whoever publishes meanwhile',
    profile: 'store-concurrent',
    also,
    recheck,
    preconditions: ['versions were published', 'values were written'],
    async run(ctx) {
      const recorder = createRecorder()
      const { tenant, user } = await ctx.seed()
      const scope = tenantScope(tenant.id)
      const owned = { scopeId: tenant.id, layer: 'tenant', ownerId: tenant.id } as const
      const first = ctx.make.attributeCatalog({
        ...owned,
        key: 'profile',
        catalogVersion: 1,
        state: 'published',
      })
      const second = ctx.make.attributeCatalog({
        ...owned,
        key: 'profile',
        catalogVersion: 2,
        state: 'retired',
      })
      const catalogs = [catalogPlace(first), catalogPlace(second)] as const
      const values = [1, 2, 3].map((place) =>
        ctx.make.profileValue({ ...owned, userId: user.id, catalogId: first.id, attribute: `${place}` }),
      )
      await insist(() =>
        recorder.run(ctx.store, scope, async (notes) => {
          await notes.insert(catalogs[0], first)
          await notes.insert(catalogs[1], second)
          for (const value of values) await notes.insert(valuePlace(value), value)
        }),
      )
      const inForce = async (notes: Notes) => {
        const found = [await notes.find(catalogs[0]), await notes.find(catalogs[1])] as const
        return { found, published: found.filter((catalog) => catalog?.state === 'published') }
      }
      let published = 0
      let written = 0

      const publish: Work = async (store, meet) => {
        const done = await recorder.run(store, scope, async (notes) => {
          const [one, other] = (await inForce(notes)).found
          await meet()
          if (one === null || other === null) return
          const turn = (catalog: AttributeCatalog, state: AttributeCatalog['state']) =>
            notes.update(catalogPlace(catalog), ctx.make.next(catalog, { state }))
          const [old, young] = one.state === 'published' ? [one, other] : [other, one]
          await turn(old, 'retired')
          await turn(young, 'published')
        })
        if (done.outcome === 'committed') published += 1
      }
      /** Guards both, so that what it saw was so when it committed. */
      const write =
        (value: ProfileValue): Work =>
        async (store, meet) => {
          const done = await recorder.run(store, scope, async (notes) => {
            const { found, published: current } = await inForce(notes)
            const [catalog] = current
            const stored = await notes.find(valuePlace(value))
            for (const one of found) if (one !== null) await notes.guard(catalogPlace(one), one)
            await meet()
            if (!catalog || stored === null) return
            await notes.update(valuePlace(value), ctx.make.next(stored, { catalogId: catalog.id }))
          })
          if (done.outcome === 'committed') written += 1
        }

      const play = await openRounds(ctx)
      const turns: readonly Turn[] = ['early', 'between', 'late']
      for (let round = 0; round < ROUNDS[ctx.budget]; round += 1) {
        await play([
          { turn: turns[round % 3] ?? 'between', work: publish },
          ...values.map((value, place) => ({
            turn: turns[place === 0 ? 2 : 1] ?? 'late',
            work: write(value),
          })),
        ])
      }
      judge(ctx, recorder.history())
      ctx.precondition('versions were published', published > 0)
      ctx.precondition('values were written', written > 0)
    },
  },
]

/** Who guarded both versions, and found none or both in force. */
function findWrongCount(history: History): string | null {
  for (const { name, outcome, steps } of history) {
    const guards = steps.filter((one) => one.do === 'guard' && one.record.startsWith('catalog '))
    const count = guards.filter(({ says }) => says === 'published').length
    if (outcome === 'committed' && guards.length === 2 && count !== 1)
      return `${name} was committed, and saw ${count} versions in force, guarding both`
  }
  return null
}
