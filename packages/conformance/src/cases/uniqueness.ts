import {
  directoryScope,
  isStoreError,
  tenantScope,
  type Repository,
  type StoreTransaction,
  type VersionedRecord,
} from '@user-engine/store'

import type { Case, CaseContext, Seed } from '../case.ts'
import { CONTESTS, type Contest, type Value } from './contests.ts'

const RUNNERS = 16

/** Texts of which a store that folds, trims, normalises or cuts takes some for the same. */
const LOOKALIKES = [
  'order-1',
  'Order-1',
  ' order-1',
  'order-1 ',
  'order_1',
  '\uFF4Frder-1',
  'caf\u00E9',
  'cafe\u0301',
  'cafe',
  'stra\u00DFe',
  'strasse',
  '1',
  '01',
  ...['a', 'b'].map((end) => 'x'.repeat(511) + end),
]

export const uniqueness: readonly Case[] = CONTESTS.flatMap((contest): Case[] => [
  {
    id: `${contest.id}/second`,
    title: `Of two ${contest.title} the second fails, and the first stays`,
    preconditions: ['the first is there'],
    async run(ctx) {
      const { scope, claim, count } = await open(ctx, contest)
      await ctx.commit(scope, claim)
      ctx.precondition('the first is there', (await count()) === 1)
      await ctx.rejects(
        contest.id,
        () => ctx.commit(scope, claim),
        { code: 'CONFLICT', details: { constraint: contest.rule } },
        `the second of two ${contest.title}`,
      )
      ctx.equal(contest.id, await count(), 1, 'records with the value')
    },
  },
  {
    id: `${contest.id}/twice-in-one-transaction`,
    title: `Two ${contest.title} in one transaction conflict too`,
    async run(ctx) {
      const { scope, claim, count } = await open(ctx, contest)
      await ctx.rejects(
        contest.id,
        () =>
          ctx.commit(scope, async (tx) => {
            await claim(tx)
            await claim(tx)
          }),
        { code: 'CONFLICT', details: { constraint: contest.rule } },
        `two ${contest.title} in one transaction`,
      )
      ctx.equal(contest.id, await count(), 0, 'records with the value')
    },
  },
  {
    id: `${contest.id}/race`,
    ...(contest.incidents === undefined ? {} : { incidents: contest.incidents }),
    title: `Of ${RUNNERS} parallel ${contest.title} exactly one wins, and nothing is left of the others`,
    profile: 'store-concurrent',
    async run(ctx) {
      const { scope, claim, count } = await open(ctx, contest)
      const handles = [ctx.store, await ctx.second()] as const
      const results = await ctx.race(RUNNERS, async (index, meet) => {
        await meet('start')
        await ctx.commit(scope, claim, handles[index % 2 === 0 ? 0 : 1])
      })
      for (const result of results) {
        if (result.status === 'fulfilled') continue
        const error: unknown = result.reason
        const told =
          isStoreError(error, 'CONFLICT') &&
          'constraint' in error.details &&
          error.details.constraint === contest.rule
        ctx.must(contest.id, told, `a loser was answered ${ctx.show(error)}`)
      }
      const won = results.filter(({ status }) => status === 'fulfilled').length
      ctx.equal(contest.id, won, 1, `winners of ${RUNNERS}`)
      ctx.equal(contest.id, await count(), 1, 'records with the value')
    },
  },
  ...(contest.isText ? [lookalikes(contest)] : []),
  {
    id: `${contest.id}/by-update`,
    title: `Of two ${contest.title} the second is refused also where it is an update`,
    async run(ctx) {
      const { scope, other, repository, record, claim, count } = await open(ctx, contest)
      await ctx.commit(scope, claim)
      const second = await ctx.commit(scope, async (tx) => {
        const made = await record(tx, other)
        await repository(tx).insert(made)
        return made
      })
      await ctx.rejects(
        contest.id,
        () =>
          ctx.commit(scope, async (tx) => {
            const { id, createdAt } = second
            await repository(tx).update({ ...ctx.make.next(await record(tx)), id, createdAt })
          }),
        { code: 'CONFLICT', details: { constraint: contest.rule } },
        `an update to the second of two ${contest.title}`,
      )
      const kept = await ctx.commit(scope, (tx) => repository(tx).find(second.id))
      ctx.equal(contest.id, kept, second, 'what was not updated')
      ctx.equal(contest.id, await count(), 2, 'records with the value, or another one')
    },
  },
  {
    id: `${contest.id}/held`,
    title: `Of two ${contest.title}, the second begun while the first is not committed, one wins at most`,
    profile: 'store-concurrent',
    run: (ctx) => contend(ctx, contest),
  },
])

function lookalikes(contest: Contest): Case {
  return {
    id: `${contest.id}/lookalikes`,
    title: `What only looks alike makes no two ${contest.title}`,
    async run(ctx) {
      const { scope, claim, count } = await open(ctx, contest)
      for (const text of LOOKALIKES) await ctx.commit(scope, (tx) => claim(tx, { text }))
      ctx.equal(contest.id, await count(), LOOKALIKES.length, 'records of texts that look alike')
    },
  }
}

/** One claim is made and not committed when another one comes: whoever looks first and writes afterwards sees none. */
async function contend(ctx: CaseContext, contest: Contest): Promise<void> {
  const second = await ctx.second()
  for (let round = 0; round < 5; round += 1) {
    const { scope, claim, count } = await open(ctx, contest)
    // Its connection is there: the other one comes in time.
    await ctx.commit(scope, (tx) => tx.recordCounts(), second)
    const results = await ctx.race(2, async (index, meet) => {
      if (index === 0) {
        await ctx.store.transaction(scope, async (tx) => {
          await claim(tx)
          // A read after the write: a store that buffers writes must send it now.
          await tx.recordCounts()
          await meet(`claimed ${round}`)
          await meet(`tried ${round}`)
        })
        return
      }
      await meet(`claimed ${round}`)
      try {
        await second.transaction(scope, claim)
      } finally {
        await meet(`tried ${round}`)
      }
    })
    const won = results.filter(({ status }) => status === 'fulfilled').length
    ctx.must(contest.id, won < 2, `${won} of two at once committed`)
    ctx.equal(contest.id, await count(), won, 'records with the value')
    if (won === 1) return
  }
  ctx.note('the store told both to run again each time')
}

/** A user without account (but, for a membership, in the tenant), and a text that nobody has. */
async function valueIn(ctx: CaseContext, { rule }: Contest, { tenant }: Seed): Promise<Value> {
  const user = ctx.make.user()
  // Each user has an identity, so that one without would show.
  const identity = ctx.make.externalIdentity({ userId: user.id, state: 'unlinked' })
  await ctx.commit(directoryScope(), async (tx) => {
    await tx.users.insert(user)
    await tx.externalIdentities.insert(identity)
  })
  if (rule === 'membership_member') {
    const account = ctx.make.tenantAccount({ scopeId: tenant.id, userId: user.id })
    await ctx.commit(tenantScope(tenant.id), (tx) => tx.tenantAccounts.insert(account))
  }
  return { text: ctx.canary(), user }
}

/** Claims of one value, or of another one. */
async function open(ctx: CaseContext, contest: Contest) {
  const seed = await ctx.seed()
  const scope = contest.scope(seed)
  const [value, other] = [await valueIn(ctx, contest, seed), await valueIn(ctx, contest, seed)]
  const repository = (tx: StoreTransaction) => tx[contest.noun] as Repository<VersionedRecord>
  const record = (tx: StoreTransaction, own: Partial<Value> = {}) =>
    contest.record(ctx, tx, seed, { ...value, ...own })
  async function countAll(): Promise<number> {
    const counts = await ctx.commit(scope, (tx) => tx.recordCounts())
    if (contest.noun === 'externalIdentities')
      ctx.equal(contest.id, counts.users, counts.externalIdentities, 'users, as many as identities')
    return counts[contest.noun]
  }
  const before = await countAll()
  return {
    scope,
    other,
    repository,
    record,
    async claim(tx: StoreTransaction, own?: Partial<Value>): Promise<void> {
      await repository(tx).insert(await record(tx, own))
    },
    /** How many records there are that were not there before. */
    count: async () => (await countAll()) - before,
  }
}
