import { DIRECTORY, directoryScope } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { NOUNS, type Noun } from './nouns.ts'

export const versions: readonly Case[] = NOUNS.flatMap((noun): Case[] => [
  {
    id: `UE-VERSION-001/${noun.name}`,
    title: `${noun.name}: an update to any but the next version fails and changes nothing`,
    preconditions: ['the next version is accepted'],
    async run(ctx) {
      const seed = await ctx.seed()
      const scope = noun.scope(seed)
      const first = noun.of(seed)
      const second = noun.changed(ctx, first)
      const find = () => ctx.commit(scope, (tx) => noun.repository(tx).find(first.id))
      await ctx.commit(scope, (tx) => noun.repository(tx).update(second))
      ctx.precondition('the next version is accepted', (await find())?.version === 2)
      for (const version of [1, 2, 4, 1000]) {
        await ctx.rejects(
          'UE-VERSION-001',
          () => ctx.commit(scope, (tx) => noun.repository(tx).update({ ...second, version })),
          { code: 'VERSION_CONFLICT', details: { kind: noun.kind, id: first.id } },
          `an update of version 2 to version ${version}`,
        )
      }
      ctx.equal('UE-VERSION-001', await find(), second, 'the record after the refused updates')
    },
  },
  {
    id: `UE-VERSION-001/${noun.name}-absent`,
    title: `${noun.name}: an update of a record that does not exist fails, and creates none`,
    preconditions: ['an existing record is updated'],
    async run(ctx) {
      const seed = await ctx.seed()
      const scope = noun.scope(seed)
      const existing = noun.changed(ctx, noun.of(seed))
      await ctx.commit(scope, (tx) => noun.repository(tx).update(existing))
      const found = await ctx.commit(scope, (tx) => noun.repository(tx).find(existing.id))
      ctx.precondition('an existing record is updated', found?.version === 2)
      const absent = await ctx.commit(scope, (tx) => noun.another(ctx, seed, tx))
      await ctx.rejects(
        'UE-VERSION-001',
        () => ctx.commit(scope, (tx) => noun.repository(tx).update({ ...absent, version: 2 })),
        { code: 'VERSION_CONFLICT', details: { kind: noun.kind, id: absent.id } },
        'an update of an absent record',
      )
      const created = await ctx.commit(scope, (tx) => noun.repository(tx).find(absent.id))
      ctx.equal('UE-VERSION-001', created, null, 'the absent record afterwards')
    },
  },
  {
    id: `UE-VERSION-001/${noun.name}-in-one-transaction`,
    title: `${noun.name}: versions follow each other inside of one transaction too`,
    async run(ctx) {
      const seed = await ctx.seed()
      const scope = noun.scope(seed)
      const second = noun.changed(ctx, noun.of(seed))
      const third = ctx.make.next(second, { state: (noun.of(seed) as { state?: unknown }).state } as object)
      await ctx.commit(scope, async (tx) => {
        await noun.repository(tx).update(second)
        await noun.repository(tx).update(third)
      })
      const found = await ctx.commit(scope, (tx) => noun.repository(tx).find(third.id))
      ctx.equal('UE-VERSION-001', found, third, 'the record after two updates in one transaction')
      await ctx.rejects(
        'UE-VERSION-001',
        () =>
          ctx.commit(scope, async (tx) => {
            await noun.repository(tx).update(noun.changed(ctx, third))
            await noun.repository(tx).update(noun.changed(ctx, third))
          }),
        { code: 'VERSION_CONFLICT', details: { kind: noun.kind, id: third.id } },
        'the same version twice in one transaction',
      )
    },
  },
  {
    id: `UE-VERSION-003/${noun.name}`,
    title: `${noun.name}: a guard passes on the stored version alone`,
    preconditions: ['a right guard passes'],
    async run(ctx) {
      const seed = await ctx.seed()
      const scope = noun.scope(seed)
      const first = noun.of(seed)
      const second = noun.changed(ctx, first)
      let passed = 0
      const guard = (record: typeof first) =>
        ctx.commit(scope, async (tx) => {
          await noun.repository(tx).guard(record)
          passed = record.version
        })
      await guard(first)
      await ctx.commit(scope, (tx) => noun.repository(tx).update(second))
      await guard(second)
      ctx.precondition('a right guard passes', passed === 2)
      const absent = await ctx.commit(scope, (tx) => noun.another(ctx, seed, tx))
      for (const wrong of [first, { ...first, version: 3 }, absent]) {
        await ctx.rejects(
          'UE-VERSION-003',
          () => guard(wrong),
          { code: 'VERSION_CONFLICT', details: { kind: noun.kind, id: wrong.id } },
          `a guard on version ${wrong.version}${wrong === absent ? ' of an absent record' : ''}`,
        )
      }
      await ctx.rejects(
        'UE-VERSION-003',
        () =>
          ctx.commit(scope, async (tx) => {
            await noun.repository(tx).guard(first)
            await noun.repository(tx).guard(second)
          }),
        { code: 'VERSION_CONFLICT', details: { kind: noun.kind, id: first.id } },
        'a wrong guard before a right one of the same record',
      )
    },
  },
  {
    id: `UE-VERSION-003/${noun.name}-own-writes`,
    title: `${noun.name}: a guard is about others: what the same transaction writes before or after it is no conflict`,
    async run(ctx) {
      const seed = await ctx.seed()
      const scope = noun.scope(seed)
      const first = noun.of(seed)
      const second = noun.changed(ctx, first)
      const third = noun.changed(ctx, second)
      await ctx.commit(scope, async (tx) => {
        await noun.repository(tx).guard(first)
        await noun.repository(tx).update(second)
      })
      await ctx.commit(scope, async (tx) => {
        await noun.repository(tx).update(third)
        await noun.repository(tx).guard(third)
        const added = await noun.another(ctx, seed, tx)
        await noun.repository(tx).insert(added)
        await noun.repository(tx).guard(added)
      })
      const fourth = noun.changed(ctx, third)
      await ctx.commit(scope, async (tx) => {
        await noun.repository(tx).guard(third)
        // Reads after writes: a store that buffers sends what it has, the guard first and the update next.
        await tx.audit.append(ctx.make.auditRecord({ scopeId: noun.of(seed).scopeId }))
        await tx.recordCounts()
        await noun.repository(tx).update(fourth)
        await tx.recordCounts()
      })
      const found = await ctx.commit(scope, (tx) => noun.repository(tx).find(first.id))
      ctx.equal('UE-VERSION-003', found, fourth, 'the record that was guarded and written')
      await ctx.rejects(
        'UE-VERSION-003',
        () =>
          ctx.commit(scope, async (tx) => {
            await noun.repository(tx).update(noun.changed(ctx, fourth))
            await noun.repository(tx).guard(fourth)
          }),
        { code: 'VERSION_CONFLICT', details: { kind: noun.kind, id: first.id } },
        'a guard on the version that the same transaction has replaced',
      )
    },
  },
  {
    id: `UE-VERSION-003/${noun.name}-raced`,
    title: `${noun.name}: no commit rests on a guard of what had changed before its work was done`,
    profile: 'store-concurrent',
    run: (ctx) => race(ctx, noun, noun.scope),
  },
  ...(noun.seenIn === undefined ? [] : [racedInATenant(noun, noun.seenIn)]),
])

export const staleAmongOthers: readonly Case[] = [
  {
    id: 'UE-VERSION-001/stale-among-others',
    title:
      'Of several updates and guards in one transaction, the one that is refused is named, wherever it stands',
    budget: 'smoke',
    also: ['UE-VERSION-003'],
    async run(ctx) {
      const seed = await ctx.seed()
      const scope = directoryScope(seed.tenant.id)
      for (const stale of NOUNS) {
        for (const [id, call] of [
          ['UE-VERSION-001', 'update'],
          ['UE-VERSION-003', 'guard'],
        ] as const) {
          await ctx.rejects(
            id,
            () =>
              ctx.commit(scope, async (tx) => {
                for (const noun of NOUNS) {
                  const next = noun.changed(ctx, noun.of(seed))
                  const late = noun === stale ? 1 : 0
                  const record = call === 'update' ? next : noun.of(seed)
                  await noun.repository(tx)[call]({ ...record, version: record.version + late })
                }
              }),
            { code: 'VERSION_CONFLICT', details: { kind: stale.kind, id: stale.of(seed).id } },
            `one stale ${call} among ${NOUNS.length}, of ${stale.name},`,
          )
        }
      }
    },
  },
]

function racedInATenant(noun: Noun, seenIn: Noun['scope']): Case {
  return {
    id: `UE-VERSION-003/${noun.name}-raced-in-a-tenant`,
    title: `${noun.name}: no commit in a tenant rests on a guard of what the directory has changed meanwhile`,
    profile: 'store-concurrent',
    budget: 'smoke',
    run: (ctx) => race(ctx, noun, seenIn),
  }
}

/** One guards in its scope, and goes on when the other one has changed the record, or can't. */
async function race(ctx: CaseContext, noun: Noun, guardedIn: Noun['scope']): Promise<void> {
  const seed = await ctx.seed()
  const scope = guardedIn(seed)
  const first = noun.of(seed)
  const changed = noun.changed(ctx, first)
  const second = await ctx.second()
  let committed = false
  const [guarding, writing] = await ctx.race(2, async (index, meet) => {
    if (index === 1) {
      await meet('guarded')
      await ctx.commit(noun.scope(seed), (tx) => noun.repository(tx).update(changed), second)
      committed = true
      await meet('changed')
      return false
    }
    let late = false
    await ctx.commit(scope, async (tx) => {
      await noun.repository(tx).guard(first)
      await tx.audit.append(ctx.make.auditRecord({ scopeId: scope.tenantId ?? DIRECTORY }))
      await meet('guarded')
      await meet('changed')
      late = committed
    })
    return late
  })
  const counts = await ctx.commit(scope, (tx) => tx.recordCounts())
  const outcome = guarding?.status === 'rejected' ? (guarding.reason as unknown) : guarding?.value
  if (guarding?.status === 'rejected') {
    await ctx.rejects(
      'UE-VERSION-003',
      () => Promise.reject(guarding.reason as Error),
      { code: 'VERSION_CONFLICT', details: { kind: noun.kind, id: first.id } },
      'the commit of a guard on what had changed',
    )
    ctx.equal('UE-VERSION-003', counts.auditRecords, 0, 'audit records of the failed transaction')
  } else {
    ctx.must('UE-VERSION-003', outcome === false, 'a guard held although the change was committed before')
    ctx.equal('UE-VERSION-003', counts.auditRecords, 1, 'audit records of the guarded transaction')
  }
  ctx.must(
    'UE-VERSION-003',
    writing?.status === 'fulfilled',
    'the guarded record could be changed by the other one',
  )
}
