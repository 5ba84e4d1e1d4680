import { directoryScope, isStoreError, type UserEngineStore } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { appendAll, stream } from './outbox-events.ts'

const CLOSED = { code: 'UNAVAILABLE', details: { reason: 'closed' } } as const

/** Every call of a store that does something. */
function calls(ctx: CaseContext, store: UserEngineStore): Readonly<Record<string, () => Promise<unknown>>> {
  const token = ctx.make.uuid() as never
  return {
    transaction: () => store.transaction(directoryScope(), (tx) => tx.recordCounts()),
    'denials.append': () => store.denials.append(ctx.make.denial()),
    'outbox.claim': () => store.outbox.claim({ limit: 1, leaseMs: 1_000, ack: null }),
    'outbox.extend': () => store.outbox.extend({ token, eventIds: [token] }, 1_000),
    'outbox.ack': () => store.outbox.ack({ token, eventIds: [] }),
    'outbox.nack': () => store.outbox.nack({ token, eventId: token, delayMs: 0, dead: false }),
    'outbox.redrive': () => store.outbox.redrive([]),
    'outbox.startEpoch': () => store.outbox.startEpoch(),
    'outbox.state': () => store.outbox.state(),
    schemaVersion: () => store.schemaVersion(),
    position: () => store.position(),
  }
}

/** Whether it was: not where it collided, or, where that is no wonder, was not begun any more. */
async function committed(transaction: Promise<void>, mayBeLate: () => boolean): Promise<boolean> {
  try {
    await transaction
    return true
  } catch (error) {
    const late = isStoreError(error, 'UNAVAILABLE') && mayBeLate()
    if (!late && !isStoreError(error, 'SERIALIZATION')) throw error
    return false
  }
}

export const lifecycle: readonly Case[] = [
  {
    id: 'UE-LIFECYCLE-001/refuses',
    title: 'After close every call but readiness and diagnostics fails as closed, and its work is not called',
    also: ['UE-LIFECYCLE-002'],
    preconditions: ['it worked before'],
    async run(ctx) {
      await appendAll(ctx, stream(ctx, 1))
      const { pendingEvents } = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      ctx.precondition('it worked before', pendingEvents === 1)
      await ctx.answers('UE-LIFECYCLE-001', ctx.store.close(), 'close')
      for (const [name, call] of Object.entries(calls(ctx, ctx.store))) {
        await ctx.rejects('UE-LIFECYCLE-001', async () => call(), CLOSED, `${name} after close`)
      }
      let worked = false
      await ctx.store
        .transaction(directoryScope(), async () => {
          worked = true
        })
        .catch(() => undefined)
      ctx.must('UE-LIFECYCLE-001', !worked, 'the work of a transaction after close was not called')
      await ctx.answers('UE-LIFECYCLE-002', ctx.store.close(), 'close, again')
      await ctx.answers(
        'UE-LIFECYCLE-002',
        Promise.all([ctx.store.close(), ctx.store.close()]),
        'close, twice at once',
      )
    },
  },
  {
    id: 'UE-LIFECYCLE-001/waits',
    title: 'close waits for open transactions, each of which goes on and commits',
    budget: 'smoke',
    preconditions: ['close was called while it was open'],
    async run(ctx) {
      const second = await ctx.second()
      const [user, other] = [ctx.make.user(), ctx.make.user()]
      const [begun, goOn] = [Promise.withResolvers<boolean>(), Promise.withResolvers<void>()]
      const open = new Set<string>()
      let beside: Promise<boolean> = Promise.resolve(false)
      let closing: Promise<void> = Promise.resolve()
      let hasBegun = false
      const first = ctx.store.transaction(directoryScope(), async (tx) => {
        open.add('the first')
        await tx.users.list({ after: null, limit: 1 })
        beside = committed(
          ctx.store.transaction(directoryScope(), async (its) => {
            open.add('the other')
            await its.users.list({ after: null, limit: 1 })
            begun.resolve(true)
            await goOn.promise
            await its.users.insert(other)
            open.delete('the other')
          }),
          () => !hasBegun,
        )
        hasBegun = !(await ctx.pending(begun.promise))
        if (!hasBegun) ctx.note('the store has one transaction at a time')
        closing = ctx.store.close().then(() => {
          ctx.equal('UE-LIFECYCLE-001', [...open], [], 'transactions that were open when close resolved')
        })
        ctx.must(
          'UE-LIFECYCLE-001',
          await ctx.pending(closing),
          'close waits while two transactions are open',
        )
        ctx.precondition('close was called while it was open', true)
        await tx.users.insert(user)
        await tx.nested((nested) => nested.audit.append(ctx.make.auditRecord()))
        open.delete('the first')
      })
      const kept = [await committed(first, () => false)]
      if (hasBegun)
        ctx.must(
          'UE-LIFECYCLE-001',
          await ctx.pending(closing),
          'close waits while another transaction is open',
        )
      goOn.resolve()
      kept.push(await beside)
      await ctx.answers('UE-LIFECYCLE-001', closing, 'close, when the transactions have ended')
      const found = await ctx.commit(
        directoryScope(),
        async (tx) => [await tx.users.find(user.id), await tx.users.find(other.id)],
        second,
      )
      ctx.equal(
        'UE-LIFECYCLE-001',
        found.map((one) => one !== null),
        kept,
        'what the transactions left, by another handle',
      )
    },
  },
  {
    id: 'UE-LIFECYCLE-003/one-of-two',
    title: 'Closing one handle leaves the other and its open transaction at work',
    preconditions: ['the first one is closed'],
    async run(ctx) {
      const second = await ctx.second()
      const user = ctx.make.user()
      await ctx.commit(
        directoryScope(),
        async (tx) => {
          await tx.users.insert(user)
          await ctx.store.close()
        },
        second,
      )
      const refused = await ctx.store.schemaVersion().then(
        () => false,
        () => true,
      )
      ctx.precondition('the first one is closed', refused)
      const found = await ctx.commit(directoryScope(), (tx) => tx.users.find(user.id), second)
      ctx.equal('UE-LIFECYCLE-003', found, user, 'the user that the other handle committed')
      await second.denials.append(ctx.make.denial())
      const { denials } = await ctx.commit(directoryScope(), (tx) => tx.recordCounts(), second)
      ctx.equal('UE-LIFECYCLE-003', denials, 1, 'denials that the other handle wrote')
      ctx.equal(
        'UE-LIFECYCLE-003',
        (await second.readiness()).status,
        'ready',
        'the status of the other handle',
      )
    },
  },
]
