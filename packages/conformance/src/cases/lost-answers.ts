import {
  DIRECTORY,
  directoryScope,
  isStoreError,
  type StoreErrorCode,
  type StoreTransaction,
  type UserEngineStore,
} from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'

/** What may be said where nothing is known, or nothing was kept. */
const LOST: readonly StoreErrorCode[] = ['UNKNOWN_OUTCOME', 'UNAVAILABLE', 'TIMEOUT']

function unitOf(ctx: CaseContext) {
  const user = ctx.make.user()
  const key = ctx.make.idempotencyRecord()
  const write = async (tx: StoreTransaction) => {
    await tx.idempotency.insert(key, 3_600_000)
    await tx.users.insert(user)
    await tx.audit.append(ctx.make.auditRecord({ target: { kind: 'user', id: user.id } }))
    await tx.outbox.append(ctx.make.event('user', user))
  }
  /** Again where it collided, which a store may say at any time: the commit that is cut comes later. */
  const run = async (store: UserEngineStore): Promise<void> => {
    try {
      await store.transaction(directoryScope(), write)
    } catch (error) {
      if (!isStoreError(error, 'SERIALIZATION')) throw error
      await run(store)
    }
  }
  return { user, key, run }
}
type Unit = ReturnType<typeof unitOf>

/** Opens the connections that a commit needs, so that the next write is the one that is cut. */
async function warmUp(ctx: CaseContext): Promise<void> {
  await unitOf(ctx).run(ctx.store)
}

/** How often there is each part of a unit: the idempotency record first. */
async function partsOf(ctx: CaseContext, { user, key }: Unit, store: UserEngineStore): Promise<number[]> {
  return ctx.commit(
    directoryScope(),
    async (tx) => {
      const page = { after: null, limit: 100 }
      const timeline = await tx.audit.timeline({ ...page, scopeId: DIRECTORY, targetId: user.id })
      const { items } = await tx.outbox.pending(page)
      return [
        (await tx.idempotency.find(key)) === null ? 0 : 1,
        (await tx.users.find(user.id)) === null ? 0 : 1,
        timeline.items.length,
        items.filter(({ event }) => event.aggregate.id === user.id).length,
      ]
    },
    store,
  )
}

const outcomeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error,
  )

export const lostAnswers: readonly Case[] = [
  ...(['after-commit', 'hang'] as const).map((point): Case => ({
    id: `UE-ERROR-005/${point}`,
    title: `A commit whose answer is lost (${point}) is told as unknown, and its idempotency record tells that it happened`,
    also: ['UE-TRANSACTION-001'],
    needs: ['faults.cut'],
    async run(ctx) {
      await warmUp(ctx)
      const unit = unitOf(ctx)
      const restore = await ctx.faults.cut(point)
      const committing = outcomeOf(unit.run(ctx.store))
      const error = await ctx.answers('UE-ERROR-005', committing, `a commit that is cut ${point}`)
      ctx.must('UE-ERROR-005', isStoreError(error, 'UNKNOWN_OUTCOME'), `it was answered ${ctx.show(error)}`)
      await restore()
      const parts = await partsOf(ctx, unit, await ctx.second())
      ctx.equal('UE-TRANSACTION-001', new Set(parts).size, 1, 'key, user, audit record and event, alike')
      ctx.equal('UE-ERROR-005', parts, [1, 1, 1, 1], 'what the idempotency record and the rest say')
      await ctx.rejects(
        'UE-ERROR-005',
        () => ctx.commit(directoryScope(), (tx) => tx.idempotency.insert(unit.key, 60_000)),
        { code: 'CONFLICT', details: { constraint: 'idempotency_key' } },
        'the same command again',
      )
    },
  })),
  {
    id: 'UE-ERROR-005/before-commit',
    title:
      'A commit that never arrived keeps nothing, is not told as a success, and can be run again under its key',
    also: ['UE-ERROR-003'],
    needs: ['faults.cut'],
    async run(ctx) {
      const unit = unitOf(ctx)
      const restore = await ctx.faults.cut('before-commit')
      const error = await ctx.answers('UE-ERROR-005', outcomeOf(unit.run(ctx.store)), 'a commit that is cut')
      const told = isStoreError(error) && LOST.includes(error.code)
      ctx.must('UE-ERROR-005', told, `it was answered ${ctx.show(error)}`)
      await restore()
      const second = await ctx.second()
      ctx.equal('UE-ERROR-003', await partsOf(ctx, unit, second), [0, 0, 0, 0], 'what was kept')
      await ctx.commit(directoryScope(), (tx) => tx.users.list({ after: null, limit: 1 }))
      await unit.run(second)
      ctx.equal('UE-ERROR-005', await partsOf(ctx, unit, ctx.store), [1, 1, 1, 1], 'what the repetition left')
    },
  },
  {
    id: 'UE-ERROR-005/denial',
    title: 'A denial whose answer is lost is appended again under its id, and there is one',
    also: ['UE-DENIAL-003'],
    needs: ['faults.cut'],
    async run(ctx) {
      await ctx.store.denials.append(ctx.make.denial())
      const denial = ctx.make.denial()
      const restore = await ctx.faults.cut('after-commit')
      const error = await ctx.answers(
        'UE-ERROR-005',
        outcomeOf(ctx.store.denials.append(denial)),
        'a denial that is cut',
      )
      const told = error === null || (isStoreError(error) && LOST.includes(error.code))
      ctx.must('UE-ERROR-005', told, `it was answered ${ctx.show(error)}`)
      await restore()
      await (await ctx.second()).denials.append(denial)
      const { denials } = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      ctx.equal('UE-DENIAL-003', denials, 2, 'denials, with the one before')
    },
  },
]
