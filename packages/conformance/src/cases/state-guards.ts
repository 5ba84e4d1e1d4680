import type { StoreTransaction, VersionedRecord } from '@user-engine/store'

import type { Case } from '../case.ts'
import { NOUNS as MODEL } from '../model/nouns.ts'
import { NOUNS, type Noun } from './nouns.ts'

/** Guards a record of the noun by states, and tells nothing else of it. */
const guardIn =
  (noun: Noun) =>
  (tx: StoreTransaction, { scopeId, id }: VersionedRecord, ...states: readonly string[]) =>
    noun.repository(tx).guardState({ scopeId, id, states })

export const stateGuards: readonly Case[] = NOUNS.flatMap((noun): Case[] => [
  {
    id: `UE-VERSION-005/${noun.name}`,
    title: `${noun.name}: a guard by states passes in each of them and in no other, whatever the version`,
    preconditions: ['a right guard passes'],
    async run(ctx) {
      const seed = await ctx.seed()
      const scope = noun.scope(seed)
      const guardState = guardIn(noun)
      const first = noun.of(seed)
      const replaced = ctx.make.next(first)
      const changed = noun.changed(ctx, replaced)
      let passed = 0
      const guard = (record: VersionedRecord, ...states: readonly string[]) =>
        ctx.commit(scope, async (tx) => {
          await guardState(tx, record, ...states)
          passed += 1
        })
      await guard(first, first.state)
      await guard(first, changed.state, first.state)
      await ctx.commit(scope, (tx) => noun.repository(tx).update(replaced))
      await guard(first, first.state)
      await ctx.commit(scope, (tx) => noun.repository(tx).update(changed))
      await guard(first, changed.state)
      ctx.precondition('a right guard passes', passed >= 4)
      const absent = await ctx.commit(scope, (tx) => noun.another(ctx, seed, tx))
      for (const [what, record, states] of [
        ['the state before', first, [first.state]],
        ['every other state', first, MODEL[noun.kind].states.filter((state) => state !== changed.state)],
        ['no state', first, []],
        ['the state of an absent record', absent, [absent.state]],
      ] as const) {
        await ctx.rejects(
          'UE-VERSION-005',
          () => guard(record, ...states),
          { code: 'VERSION_CONFLICT', details: { kind: noun.kind, id: record.id } },
          `a guard by ${what}`,
        )
      }
      const right = (tx: StoreTransaction) => guardState(tx, first, changed.state)
      const wrong = (tx: StoreTransaction) => guardState(tx, first, first.state)
      const stale = (tx: StoreTransaction) => noun.repository(tx).guard(first)
      for (const [what, guards] of [
        ['a wrong state before the right one', [wrong, right]],
        ['a wrong version before the right state', [stale, right]],
        ['a wrong state before the right version', [wrong, (tx) => noun.repository(tx).guard(changed)]],
      ] as readonly (readonly [string, readonly (typeof right)[]])[]) {
        await ctx.rejects(
          'UE-VERSION-005',
          () =>
            ctx.commit(scope, async (tx) => {
              for (const each of guards) await each(tx)
            }),
          { code: 'VERSION_CONFLICT', details: { kind: noun.kind, id: first.id } },
          `a guard of ${what}`,
        )
      }
    },
  },
  {
    id: `UE-VERSION-005/${noun.name}-own-writes`,
    title: `${noun.name}: a guard by states is about the state that its transaction sees, and not about what it writes next`,
    ...(noun.kind === 'user' && { budget: 'smoke' }),
    async run(ctx) {
      const seed = await ctx.seed()
      const scope = noun.scope(seed)
      const guardState = guardIn(noun)
      const first = noun.of(seed)
      const second = noun.changed(ctx, first)
      const back = (record: VersionedRecord) => ctx.make.next(record, { state: first.state })
      const update = (tx: StoreTransaction, record: VersionedRecord) => noun.repository(tx).update(record)
      await ctx.commit(scope, async (tx) => {
        await guardState(tx, first, first.state)
        await update(tx, second)
      })
      const third = back(second)
      await ctx.commit(scope, async (tx) => {
        await update(tx, third)
        await guardState(tx, first, first.state)
        const added = await noun.another(ctx, seed, tx)
        await noun.repository(tx).insert(added)
        await guardState(tx, added, added.state)
      })
      const fourth = noun.changed(ctx, third)
      await ctx.commit(scope, async (tx) => {
        await guardState(tx, first, third.state)
        await tx.nested(async (nested) => {
          await guardState(nested, first, third.state)
          await update(nested, fourth)
          await guardState(nested, first, fourth.state)
        })
        await guardState(tx, first, fourth.state)
      })
      const fifth = back(fourth)
      await ctx.commit(scope, async (tx) => {
        await guardState(tx, first, fourth.state)
        // Reads after writes: a store that buffers sends what it has, the guard first and the update next.
        await tx.audit.append(ctx.make.auditRecord({ scopeId: first.scopeId }))
        await tx.recordCounts()
        await update(tx, fifth)
        await tx.recordCounts()
      })
      const found = await ctx.commit(scope, (tx) => noun.repository(tx).find(first.id))
      ctx.equal('UE-VERSION-005', found, fifth, 'the record that was guarded and written')
      const leave = (tx: StoreTransaction) => update(tx, noun.changed(ctx, fifth))
      const guard = (tx: StoreTransaction) => guardState(tx, first, fifth.state)
      const attempts: Readonly<Record<string, (tx: StoreTransaction) => Promise<unknown>>> = {
        'that the same transaction has left': async (tx) => {
          await leave(tx)
          await guard(tx)
        },
        'that the same transaction has left, as was read of it,': async (tx) => {
          await leave(tx)
          await tx.recordCounts()
          await guard(tx)
        },
        'that the transaction around it has left': async (tx) => {
          await leave(tx)
          await tx.nested(guard)
        },
        'that a nested transaction has left': async (tx) => {
          await tx.nested(leave)
          await guard(tx)
        },
      }
      for (const [what, attempt] of Object.entries(attempts)) {
        await ctx.rejects(
          'UE-VERSION-005',
          () => ctx.commit(scope, attempt),
          { code: 'VERSION_CONFLICT', details: { kind: noun.kind, id: first.id } },
          `a guard by the state ${what}`,
        )
      }
    },
  },
])
