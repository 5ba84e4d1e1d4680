import { directoryScope, isStoreError, type StoreErrorCode, type StoreTransaction } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import type { Need } from '../need.ts'
import type { Restore } from '../target.ts'
import { outcomeOf } from './lost-connections.ts'
import { expectWhole, insist, makeUnit, writeInParts, type Unit } from './units.ts'

/** What may be said where nothing is known, or nothing was kept. */
const LOST: readonly StoreErrorCode[] = ['UNKNOWN_OUTCOME', 'UNAVAILABLE', 'TIMEOUT']
/** After each of a unit's writes: its key, user, audit record and two events. */
const STEPS = 5
const FIRST = { after: null, limit: 1 } as const

interface Loss {
  readonly name: string
  readonly when: string
  readonly power: Need
  lose(ctx: CaseContext): Promise<Restore>
}

/** How a transaction that has written loses its connection: at once, or with what it sends next. */
const LOSSES: readonly Loss[] = [
  {
    name: 'ended',
    when: 'it ended',
    power: 'faults.terminate',
    async lose({ faults }) {
      await faults.terminate()
      return async () => {}
    },
  },
  {
    name: 'unsent',
    when: 'its next request was lost',
    power: 'faults.cut',
    lose: ({ faults }) => faults.cut('before-request'),
  },
  {
    name: 'unanswered',
    when: 'its next answer was lost',
    power: 'faults.cut',
    lose: ({ faults }) => faults.cut('after-request'),
  },
]

export const wholeUnits: readonly Case[] = [
  ...LOSSES.map(({ name, when, power, lose }): Case => ({
    id: `UE-ERROR-003/${name}-at-each-step`,
    title: `A connection is lost after whichever write (${when}): nothing is kept, and under its key the command happens once and whole`,
    profile: 'store-durable',
    needs: ['observer', power],
    preconditions: ['a transaction was cut off'],
    async run(ctx) {
      const [before, ...units] = Array.from({ length: STEPS + 1 }, () => makeUnit(ctx)) as [Unit, ...Unit[]]
      // Opens the connections: what is new on them later is the transaction alone.
      await insist(ctx, ctx.store, before, (tx) => writeInParts(tx, before))
      let cutOff = 0
      for (const [last, unit] of units.entries()) {
        const restores: Restore[] = []
        const error = await outcomeOf(
          ctx.store.transaction(directoryScope(), (tx) =>
            writeInParts(tx, unit, async (step) => {
              if (step === last) restores.push(await lose(ctx))
            }),
          ),
        )
        for (const restore of restores) await restore()
        // A store that had sent nothing yet may begin again on a new connection.
        const told = error === null || (isStoreError(error) && LOST.includes(error.code))
        const lost = `${when} after write ${last + 1}`
        ctx.must('UE-ERROR-003', told, `when ${lost} the answer was ${ctx.show(error)}`)
        const there = await expectWhole(ctx, 'UE-ERROR-003', [unit], `when ${lost}`)
        if (error !== null) cutOff += 1
        if (!isStoreError(error, 'UNKNOWN_OUTCOME')) {
          const kept = error === null ? 1 : 0
          ctx.equal('UE-ERROR-003', there.size, kept, `commands that were kept when ${lost}`)
        }
        await insist(ctx, ctx.store, unit, (tx) => writeInParts(tx, unit))
      }
      ctx.precondition('a transaction was cut off', cutOff > 0)
      const there = await expectWhole(ctx, 'UE-ERROR-003', units, 'after all')
      ctx.equal('UE-ERROR-003', there.size, STEPS, 'commands that happened')
    },
  })),
  ...(['before-commit', 'after-commit', 'hang'] as const).map((point): Case => ({
    id: `UE-ERROR-005/parts-${point}`,
    title: `A transaction that was sent in parts and loses the answer to its commit (${point}) happens once and whole under its key`,
    also: ['UE-TRANSACTION-001'],
    needs: ['observer', 'faults.cut'],
    async run(ctx) {
      const [before, unit] = [makeUnit(ctx), makeUnit(ctx)]
      // Opens the connections, so that it is the commit that is cut.
      await insist(ctx, ctx.store, before, (tx) => writeInParts(tx, before))
      const restore = await ctx.faults.cut(point)
      // Again where it collided, which a store may say at any time: the commit that is cut comes later.
      const commit = (): Promise<void> =>
        ctx.store
          .transaction(directoryScope(), (tx) => tx.nested((nested) => writeInParts(nested, unit)))
          .catch((error: unknown) => {
            if (!isStoreError(error, 'SERIALIZATION')) throw error
            return commit()
          })
      const committing = commit()
      const error = await ctx.answers('UE-ERROR-005', outcomeOf(committing), `a commit that is cut ${point}`)
      const told =
        isStoreError(error) &&
        (point === 'before-commit' ? LOST.includes(error.code) : error.code === 'UNKNOWN_OUTCOME')
      ctx.must('UE-ERROR-005', told, `it was answered ${ctx.show(error)}`)
      await restore()
      const kept = await expectWhole(ctx, 'UE-TRANSACTION-001', [unit], `cut ${point}`)
      ctx.equal('UE-ERROR-005', kept.size, point === 'before-commit' ? 0 : 1, 'commands that had happened')
      await insist(ctx, await ctx.second(), unit, (tx) => writeInParts(tx, unit))
      const there = await expectWhole(ctx, 'UE-TRANSACTION-001', [before, unit], 'after it was repeated')
      ctx.equal('UE-ERROR-005', there.size, 2, 'commands that happened, with the one before')
    },
  })),
  {
    id: 'UE-ERROR-003/many-failures',
    title:
      'Transactions that fail, each in another way, keep no connection: after many of them as many can be at work',
    async run(ctx) {
      const { tenant, user } = await ctx.seed()
      const refusal = new RangeError('given up')
      const failures: readonly ((tx: StoreTransaction) => Promise<unknown>)[] = [
        async (tx) => {
          await tx.users.insert(ctx.make.user())
          await tx.users.list(FIRST)
          throw refusal
        },
        (tx) => tx.nested((nested) => nested.users.update(ctx.make.next(ctx.make.next(user)))),
        (tx) => tx.tenants.insert(ctx.make.tenant({ id: tenant.id })),
        (tx) => tx.accounts.insert(ctx.make.account({ userId: ctx.make.user().id })),
        async (tx) => {
          void tx.nested((nested) => nested.users.insert(ctx.make.user())).catch(() => undefined)
          throw refusal
        },
      ]
      for (let round = 0; round < 12; round += 1) {
        const told = await Promise.all(
          failures.map((work) => outcomeOf(ctx.store.transaction(directoryScope(), work))),
        )
        ctx.must('UE-ERROR-003', !told.includes(null), `in round ${round} one of them succeeded`)
      }
      const working = Array.from({ length: 20 }, () =>
        ctx.commit(directoryScope(), (tx) => tx.nested((nested) => nested.users.insert(ctx.make.user()))),
      )
      await ctx.answers('UE-ERROR-003', Promise.all(working), 'those that are at work after many failures')
      const { users } = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      ctx.equal('UE-ERROR-003', users, 21, 'users, with the first')
    },
  },
  {
    id: 'UE-TRANSACTION-001/storm',
    title:
      'Commands that collide, fail and end in the middle each happen whole or not at all, and once they succeed once',
    profile: 'store-concurrent',
    needs: ['observer'],
    preconditions: ['some were given up'],
    async run(ctx) {
      const shared = ctx.make.user()
      await ctx.commit(directoryScope(), (tx) => tx.users.insert(shared))
      const rounds = ctx.budget === 'full' ? 6 : 3
      const insisted: Unit[] = []
      const givenUp: Unit[] = []
      let version = 1
      for (let round = 0; round < rounds; round += 1) {
        const next = version + 1
        const units = Array.from({ length: 6 }, () => makeUnit(ctx))
        await ctx.race(6, async (index, meet) => {
          const unit = units[index]
          if (unit === undefined) return
          if (index % 3 === 0) {
            await meet()
            insisted.push(unit)
            await insist(ctx, ctx.store, unit, (tx) => writeInParts(tx, unit))
            return
          }
          givenUp.push(unit)
          // Of those that update the same version one commits at most, and every third rejects by itself.
          const error = await outcomeOf(
            ctx.store.transaction(directoryScope(), async (tx) => {
              await writeInParts(tx, unit)
              await meet()
              await tx.users.update({ ...shared, version: next, updatedAt: ctx.make.now() })
              if (index % 3 === 1) throw new RangeError('given up')
            }),
          )
          if (error === null) version = next
          const told = error === null || isStoreError(error) || error instanceof RangeError
          ctx.must('UE-TRANSACTION-001', told, `a command that was given up was answered ${ctx.show(error)}`)
        })
      }
      ctx.precondition('some were given up', givenUp.length > 0)
      const there = await expectWhole(ctx, 'UE-TRANSACTION-001', [...insisted, ...givenUp], 'after the storm')
      for (const unit of insisted) {
        ctx.must('UE-TRANSACTION-001', there.has(unit), 'a command that succeeded is there')
      }
      ctx.equal(
        'UE-TRANSACTION-001',
        givenUp.filter((unit) => there.has(unit)).length,
        version - 1,
        'updates of the shared user that committed, by their units',
      )
    },
  },
]
