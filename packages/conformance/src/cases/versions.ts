import { directoryScope } from '@user-engine/store'

import type { Case } from '../case.ts'
import { NOUNS } from './nouns.ts'

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
    ...(noun.kind === 'user' && { budget: 'smoke' }),
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
])

export const staleAmongOthers: readonly Case[] = [
  {
    id: 'UE-VERSION-001/stale-among-others',
    title:
      'Of several updates and guards in one transaction, the one that is refused is named, wherever it stands',
    budget: 'smoke',
    also: ['UE-VERSION-003', 'UE-VERSION-005'],
    async run(ctx) {
      const seed = await ctx.seed()
      const scope = directoryScope(seed.tenant.id)
      for (const stale of NOUNS) {
        for (const [id, call] of [
          ['UE-VERSION-001', 'update'],
          ['UE-VERSION-003', 'guard'],
          ['UE-VERSION-005', 'guardState'],
        ] as const) {
          await ctx.rejects(
            id,
            () =>
              ctx.commit(scope, async (tx) => {
                for (const noun of NOUNS) {
                  const repository = noun.repository(tx)
                  const first = noun.of(seed)
                  const next = noun.changed(ctx, first)
                  const late = noun === stale ? 1 : 0
                  const calls = {
                    update: () => repository.update({ ...next, version: next.version + late }),
                    guard: () => repository.guard({ ...first, version: first.version + late }),
                    guardState: () =>
                      repository.guardState({ ...first, states: [(noun === stale ? next : first).state] }),
                  }
                  await calls[call]()
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
