import type { StoreTransaction } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { NOUNS, type Noun } from './nouns.ts'

/** Two transactions that exclude each other, by what they make of two records of a noun. */
interface Rivalry {
  readonly id: 'UE-VERSION-002' | 'UE-VERSION-004'
  /** After the name of the noun, where the promise has several. */
  readonly suffix?: string
  readonly title: string
  /** What the one decides that has the first of both for its own, and what the other one does. */
  decide(ctx: CaseContext, tx: StoreTransaction, noun: Noun, pair: Pair): Promise<void>
}

type Pair = readonly [own: ReturnType<Noun['of']>, other: ReturnType<Noun['of']>]

const firstOf = ([own, other]: Pair) => (own.id < other.id ? own : other)

const RIVALRIES: readonly Rivalry[] = [
  {
    id: 'UE-VERSION-002',
    title: 'of two updates to one version',
    decide: (ctx, tx, noun, pair) => noun.repository(tx).update(noun.changed(ctx, firstOf(pair))),
  },
  {
    id: 'UE-VERSION-002',
    suffix: '-guarded',
    title: 'of two that guard one version, update it and guard it again',
    async decide(ctx, tx, noun, pair) {
      const first = firstOf(pair)
      const next = noun.changed(ctx, first)
      await noun.repository(tx).guard(first)
      await noun.repository(tx).update(next)
      await noun.repository(tx).guard(next)
    },
  },
  {
    id: 'UE-VERSION-004',
    title: 'of two that each update what the other one guards',
    async decide(ctx, tx, noun, [own, other]) {
      await noun.repository(tx).guard(other)
      await noun.repository(tx).update(noun.changed(ctx, own))
    },
  },
  {
    id: 'UE-VERSION-004',
    suffix: '-nested',
    title: 'of two that each update in a nested transaction what the other one guards, and guard it again',
    async decide(ctx, tx, noun, [own, other]) {
      const next = noun.changed(ctx, own)
      await noun.repository(tx).guard(other)
      await tx.nested((inner) => noun.repository(inner).update(next))
      await noun.repository(tx).guard(next)
    },
  },
  {
    id: 'UE-VERSION-004',
    suffix: '-by-state',
    title: 'of two that each take out of its state what the other one guards by it',
    async decide(ctx, tx, noun, [own, { scopeId, id, state }]) {
      await noun.repository(tx).guardState({ scopeId, id, states: [state] })
      await noun.repository(tx).update(noun.changed(ctx, own))
    },
  },
]

/** The second comes when the first has decided and not committed: whoever compares without a lock lets both through. */
async function contend(ctx: CaseContext, { id, decide }: Rivalry, noun: Noun): Promise<void> {
  const second = await ctx.second()
  for (let round = 0; round < 5; round += 1) {
    const seed = await ctx.seed()
    const scope = noun.scope(seed)
    const one = noun.of(seed)
    const make = async (tx: StoreTransaction) => {
      const made = await noun.another(ctx, seed, tx)
      await noun.repository(tx).insert(made)
      return made
    }
    // By the second handle: its connection is there, so that it comes in time.
    const other = await ctx.commit(scope, make, second)
    const results = await ctx.race(2, async (index, meet) => {
      if (index === 0) {
        await ctx.store.transaction(scope, async (tx) => {
          await decide(ctx, tx, noun, [one, other])
          // A read after the writes: a store that buffers writes must send them now.
          await tx.recordCounts()
          await meet(`decided ${round}`)
          await meet(`tried ${round}`)
        })
        return
      }
      await meet(`decided ${round}`)
      try {
        await second.transaction(scope, (tx) => decide(ctx, tx, noun, [other, one]))
      } finally {
        await meet(`tried ${round}`)
      }
    })
    const won = results.filter(({ status }) => status === 'fulfilled').length
    ctx.must(id, won < 2, `${won} of two that exclude each other committed`)
    if (won > 0) return
  }
  ctx.note('the store told both to run again each time')
}

export const heldVersions: readonly Case[] = RIVALRIES.flatMap((rivalry) =>
  NOUNS.map((noun): Case => ({
    id: `${rivalry.id}/${noun.name}${rivalry.suffix ?? ''}`,
    title: `${noun.name}: ${rivalry.title}, the second begun while the first is not committed, one commits at most`,
    run: (ctx) => contend(ctx, rivalry, noun),
  })),
)
