import { directoryScope, type StoreTransaction, type VersionedRecord } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { CONTESTS, repositoryOf, type Contest, type Value } from './contests.ts'
import { LOOKALIKES } from './subjects.ts'
import { winnersOf } from './winners.ts'

const RUNNERS = 16

const refusalOf = ({ rule }: Contest) => ({ code: 'CONFLICT', details: { constraint: rule } }) as const

export const uniqueness: readonly Case[] = CONTESTS.flatMap((contest): Case[] => [
  {
    id: `${contest.id}/second`,
    title: `Of two ${contest.title} the second fails, inserted or updated, and the first stays`,
    preconditions: ['the first is there'],
    async run(ctx) {
      const { scope, prepare, insert, take, count } = await open(ctx, contest)
      let kept = 0
      for (const state of contest.states) {
        const [value, own] = [await prepare(), await prepare()]
        const [first, other] = await ctx.commit(scope, async (tx) => [
          await insert(tx, value, { state }),
          await insert(tx, own),
        ])
        kept += 2
        ctx.precondition('the first is there', (await count()) === kept)
        for (const [how, claim] of [
          ['the second', (tx: StoreTransaction) => insert(tx, value)],
          ['an update to the second', (tx: StoreTransaction) => take(tx, other, value)],
        ] as const) {
          await ctx.rejects(
            contest.id,
            () => ctx.commit(scope, claim),
            refusalOf(contest),
            `${how} of two ${contest.title}, of which the first is ${state},`,
          )
        }
        ctx.equal(contest.id, await count(), kept, 'records with the value, or with one of their own')
        const found = await ctx.commit(scope, (tx) => repositoryOf(tx, contest).find(first.id))
        ctx.equal(contest.id, found, first, 'the first afterwards')
      }
    },
  },
  {
    id: `${contest.id}/twice-in-one-transaction`,
    title: `Two ${contest.title} in one transaction conflict too`,
    async run(ctx) {
      const { scope, prepare, insert, count } = await open(ctx, contest)
      const value = await prepare()
      await ctx.rejects(
        contest.id,
        () =>
          ctx.commit(scope, async (tx) => {
            await insert(tx, value)
            await insert(tx, value)
          }),
        refusalOf(contest),
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
      const { scope, prepare, insert, count } = await open(ctx, contest)
      const handles = [ctx.store, await ctx.second()] as const
      const value = await prepare()
      const results = await ctx.race(RUNNERS, async (index, meet) => {
        await meet('start')
        await ctx.commit(scope, (tx) => insert(tx, value), handles[index % 2 === 0 ? 0 : 1])
      })
      const won = winnersOf(ctx, contest.id, contest.rule, results)
      ctx.equal(contest.id, won.length, 1, `winners of ${RUNNERS}`)
      ctx.equal(contest.id, await count(), 1, 'records with the value')
    },
  },
  {
    id: `${contest.id}/held`,
    title: `Of two ${contest.title}, the second begun while the first is not committed, one wins at most`,
    profile: 'store-concurrent',
    run: (ctx) => contend(ctx, contest, 'insert'),
  },
  {
    id: `${contest.id}/held-by-update`,
    title: `Of two updates to ${contest.title}, the second begun while the first is not committed, one wins at most`,
    profile: 'store-concurrent',
    run: (ctx) => contend(ctx, contest, 'update'),
  },
  ...(contest.of === 'text' ? [besideEachOther(contest)] : []),
])

/** What is compared by less, or by other than its code points, is refused where it is free. */
function besideEachOther(contest: Contest): Case {
  return {
    id: `${contest.id}/beside-each-other`,
    title: `What only looks like ${contest.title}, or differs in one part, stands beside each other`,
    async run(ctx) {
      const { scope, prepare, insert, count } = await open(ctx, contest)
      const value = await prepare()
      const long = ['a', 'b'].map((end) => 'x'.repeat(511) + end)
      const texts = ['', ...LOOKALIKES.map(([, text]) => text), ...long]
      const made = await ctx.commit(scope, async (tx) => {
        const records: VersionedRecord[] = []
        for (const text of texts) records.push(await insert(tx, { ...value, text }))
        for (const own of contest.parts?.(ctx) ?? [])
          records.push(await insert(tx, { ...value, text: 'ismail-istanbul' }, own))
        return records
      })
      ctx.equal(contest.id, await count(), made.length, 'records that are beside each other')
      for (const record of made) {
        const { find = (tx: StoreTransaction) => repositoryOf(tx, contest).find(record.id) } = contest
        ctx.equal(
          contest.id,
          await ctx.commit(scope, (tx) => find(tx, record)),
          record,
          'what is found of one',
        )
      }
      for (const text of texts) {
        await ctx.rejects(
          contest.id,
          () => ctx.commit(scope, (tx) => insert(tx, { ...value, text })),
          refusalOf(contest),
          `one of ${text.length} characters once more`,
        )
      }
    },
  }
}

/** One claim is made and not committed when another one comes: whoever looks first and writes afterwards sees none. */
async function contend(ctx: CaseContext, contest: Contest, by: 'insert' | 'update'): Promise<void> {
  const second = await ctx.second()
  for (let round = 0; round < 5; round += 1) {
    const { scope, prepare, insert, take, count } = await open(ctx, contest)
    const value = await prepare()
    const claimant = async () => {
      if (by === 'insert') return (tx: StoreTransaction) => insert(tx, value)
      const own = await prepare()
      const record = await ctx.commit(scope, (tx) => insert(tx, own))
      return (tx: StoreTransaction) => take(tx, record, value)
    }
    const [one, other] = [await claimant(), await claimant()]
    const before = await count()
    // Its connection is there: the other one comes in time.
    await ctx.commit(scope, (tx) => tx.recordCounts(), second)
    const results = await ctx.race(2, async (index, meet) => {
      if (index === 0) {
        await ctx.store.transaction(scope, async (tx) => {
          await one(tx)
          // A read after the write: a store that buffers writes must send it now.
          await tx.recordCounts()
          await meet(`claimed ${round}`)
          await meet(`tried ${round}`)
        })
        return
      }
      await meet(`claimed ${round}`)
      try {
        await second.transaction(scope, other)
      } finally {
        await meet(`tried ${round}`)
      }
    })
    const won = results.filter(({ status }) => status === 'fulfilled').length
    ctx.must(contest.id, won < 2, `${won} of two at once committed`)
    ctx.equal(contest.id, (await count()) - before, by === 'insert' ? won : 0, 'records that are new')
    if (won === 1) return
  }
  ctx.note('the store told both to run again each time')
}

/** What makes records of the contest, and counts them. */
async function open(ctx: CaseContext, contest: Contest) {
  const seed = await ctx.seed()
  const scope = contest.scope(seed)
  const countAll = () => ctx.commit(scope, (tx) => tx.recordCounts())
  const before = await countAll()
  let prepared = 0
  return {
    scope,
    /** A value that nobody has: of a user of its own, who is in the tenant where that has to be, or of a text. */
    async prepare(): Promise<Value> {
      const user = ctx.make.user()
      prepared += 1
      await ctx.commit(directoryScope(seed.tenant.id), async (tx) => {
        await tx.users.insert(user)
        if (contest.rule === 'membership_member')
          await tx.tenantAccounts.insert(ctx.make.tenantAccount({ scopeId: seed.tenant.id, userId: user.id }))
      })
      return { text: ctx.canary(), user }
    },
    async insert(tx: StoreTransaction, value: Value, own: object = {}): Promise<VersionedRecord> {
      const record = { ...(await contest.record(ctx, tx, seed, value)), ...own }
      // An identity comes with its user: one that is left of a loser would show.
      if (contest.noun === 'externalIdentities') await tx.users.insert(ctx.make.user())
      await repositoryOf(tx, contest).insert(record)
      return record
    },
    /** Gives the value to a record that has another one. */
    async take(tx: StoreTransaction, record: VersionedRecord, value: Value): Promise<VersionedRecord> {
      const wanted: object = await contest.record(ctx, tx, seed, value)
      const members = Object.entries(wanted).filter(([name]) => contest.members.includes(name))
      const next = ctx.make.next(record, Object.fromEntries(members))
      await repositoryOf(tx, contest).update(next)
      return next
    },
    /** How many records there are that were not there before. */
    async count(): Promise<number> {
      const counts = await countAll()
      const added = (noun: Contest['noun'] | 'users') => counts[noun] - before[noun]
      if (contest.noun === 'externalIdentities')
        ctx.equal(
          contest.id,
          added('users') - prepared,
          added('externalIdentities'),
          'users, as many as identities',
        )
      return added(contest.noun)
    },
  }
}
