import { directoryScope, isStoreError, type EventId, type OutboxEvent } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { appendAll, claimAll, drain, FIRST, stream } from './outbox-events.ts'

const HOUR_MS = 3_600_000

const outcomeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error,
  )

/** Reads when the backend is there again. */
async function afterwards<Result>(ctx: CaseContext, read: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await read()
    } catch (error) {
      if (attempt >= 50 || !isStoreError(error) || !error.retryable) throw error
      await ctx.pending(new Promise(() => undefined))
    }
  }
}

const idsOf = (events: readonly OutboxEvent[]) =>
  events.map(({ id }): string => id).toSorted((one, other) => (one < other ? -1 : 1))

/** What a consumer keeps: how often it took effect, by the id of the event. It looks before it acts. */
function createLedger() {
  const effects = new Map<EventId, number>()
  return {
    effects,
    consume({ id }: OutboxEvent) {
      if (!effects.has(id)) effects.set(id, 1)
    },
  }
}

export const lostWorkers: readonly Case[] = [
  {
    id: 'UE-OUTBOX-021/effect-before-ack',
    title:
      'A crash between the effect and its ack delivers the same event once more, and a consumer that knows its id acts once',
    preconditions: ['the crash came before the ack'],
    async run(ctx) {
      const events = Array.from({ length: 6 }, () => stream(ctx, 1)).flat()
      await appendAll(ctx, events)
      const ledger = createLedger()
      const { token, events: claimed } = await ctx.store.outbox.claim({ limit: 4, leaseMs: 2_000, ack: null })
      for (const { event } of claimed) ledger.consume(event)
      await ctx.faults.crash()
      const second = await ctx.second()
      const { pending, leased } = await afterwards(ctx, () => second.outbox.state())
      ctx.precondition('the crash came before the ack', pending + leased === events.length)
      await ctx.elapse(2_100)
      const again = await claimAll(ctx, second)
      const repeated = again.events.filter(({ event }) => ledger.effects.has(event.id))
      ctx.equal(
        'UE-OUTBOX-021',
        Object.fromEntries(repeated.map(({ event, attempts }) => [event.id, attempts])),
        Object.fromEntries(claimed.map(({ event }) => [event.id, 2])),
        'ids and attempts of what came before the crash, delivered again',
      )
      for (const { event } of again.events) ledger.consume(event)
      const late = await outcomeOf(
        second.outbox.ack({ token, eventIds: claimed.map(({ event }) => event.id) }),
      )
      ctx.must(
        'UE-OUTBOX-021',
        isStoreError(late, 'LEASE_LOST'),
        `the lost worker's ack was answered ${ctx.show(late)}`,
      )
      await second.outbox.ack({ token: again.token, eventIds: again.events.map(({ event }) => event.id) })
      ctx.equal('UE-OUTBOX-021', (await claimAll(ctx, second)).events, [], 'what is claimed after that')
      const effects = events.map(({ id }) => ledger.effects.get(id) ?? 0)
      ctx.equal(
        'UE-OUTBOX-021',
        effects,
        events.map(() => 1),
        'effects of each event',
      )
    },
  },
  {
    id: 'UE-OUTBOX-006/ack-lost',
    title:
      'An ack whose answer is lost has settled its events or none, and whoever sends it again learns which',
    profile: 'store-durable',
    needs: ['faults.cut'],
    preconditions: ['the answer was lost'],
    async run(ctx) {
      const [[one], [two]] = [stream(ctx, 1), stream(ctx, 1)] as [[OutboxEvent], [OutboxEvent]]
      await appendAll(ctx, [one, two])
      const { token, events } = await ctx.store.outbox.claim({ limit: 10, leaseMs: 600_000, ack: null })
      const eventIds = events.map(({ event }) => event.id)
      const restore = await ctx.faults.cut('after-commit')
      const acking = outcomeOf(ctx.store.outbox.ack({ token, eventIds }))
      const error = await ctx.answers('UE-OUTBOX-006', acking, 'an ack that is cut')
      ctx.precondition('the answer was lost', isStoreError(error) && error.code !== 'LEASE_LOST')
      await restore()
      const again = await outcomeOf(afterwards(ctx, () => ctx.store.outbox.ack({ token, eventIds })))
      const told = again === null || isStoreError(again, 'LEASE_LOST')
      ctx.must('UE-OUTBOX-006', told, `the same ack again was answered ${ctx.show(again)}`)
      const { pending, leased, dead } = await ctx.store.outbox.state()
      ctx.equal(
        'UE-OUTBOX-006',
        [pending, leased, dead],
        [0, 0, 0],
        'events that are pending, leased and dead',
      )
      await ctx.elapse(HOUR_MS)
      ctx.equal(
        'UE-OUTBOX-006',
        (await claimAll(ctx)).events,
        [],
        'what is claimed when the lease would have ended',
      )
    },
  },
  {
    id: 'UE-OUTBOX-012/clock-steps',
    title:
      'When the clock steps back leases hold, and when it steps on nothing is lost, and what is lost comes again',
    needs: ['clock'],
    async run(ctx) {
      const events = [stream(ctx, 2), stream(ctx, 2)].flat()
      await appendAll(ctx, events)
      const held = await ctx.store.outbox.claim({ limit: 1, leaseMs: 60_000, ack: null })
      await ctx.elapse(-HOUR_MS)
      const eventIds = held.events.map(({ event }) => event.id)
      const acked = await outcomeOf(ctx.store.outbox.ack({ token: held.token, eventIds }))
      ctx.must('UE-OUTBOX-012', acked === null, `an ack an hour earlier was answered ${ctx.show(acked)}`)
      const early = await claimAll(ctx)
      await ctx.elapse(24 * HOUR_MS)
      const late = await drain(ctx)
      const left = events.filter(({ id }) => !eventIds.includes(id))
      ctx.equal(
        'UE-OUTBOX-012',
        idsOf(late),
        idsOf(left),
        `what is delivered a day later, ${early.events.length} of it lost before`,
      )
    },
  },
  {
    id: 'UE-ERROR-006/waiting',
    title:
      'A commit that waits for another one when the connections end fails typed, and neither keeps anything',
    also: ['UE-ERROR-003'],
    preconditions: ['one had written'],
    async run(ctx) {
      const { user } = await ctx.seed()
      const gate = Promise.withResolvers<void>()
      const written = Promise.withResolvers<void>()
      const holding = outcomeOf(
        ctx.store.transaction(directoryScope(), async (tx) => {
          await tx.nested((nested) => nested.users.update(ctx.make.next(user, { state: 'suspended' })))
          await tx.users.list(FIRST)
          written.resolve()
          await gate.promise
          await tx.users.list(FIRST)
        }),
      )
      await Promise.race([written.promise, holding])
      ctx.precondition('one had written', await ctx.pending(holding))
      const waiting = outcomeOf(
        ctx.store.transaction(directoryScope(), (tx) =>
          tx.nested((nested) => nested.users.update(ctx.make.next(user, { kind: 'service' }))),
        ),
      )
      await ctx.pending(waiting)
      await ctx.faults.terminate()
      gate.resolve()
      const held = await ctx.answers('UE-ERROR-006', holding, 'the transaction that had written')
      ctx.must('UE-ERROR-006', isStoreError(held), `the one that had written was answered ${ctx.show(held)}`)
      const waited = await ctx.answers('UE-ERROR-006', waiting, 'the one that waited')
      const told = waited === null || isStoreError(waited)
      ctx.must('UE-ERROR-006', told, `the one that waited was answered ${ctx.show(waited)}`)
      const found = await afterwards(ctx, () => ctx.commit(directoryScope(), (tx) => tx.users.find(user.id)))
      // A store that lets them in one by one begins the second when the first has ended.
      const expected = waited === null ? [2, 'service'] : [1, user.kind]
      ctx.equal('UE-ERROR-003', [found?.version, found?.kind], expected, 'version and kind of the user')
    },
  },
  {
    id: 'UE-ERROR-002/connection-lost',
    title: 'What a transaction says that lost its connection carries nothing of what it wrote or asked for',
    profile: 'store-durable',
    needs: ['faults.terminate'],
    preconditions: ['the transaction failed'],
    async run(ctx) {
      const userId = ctx.make.user().id
      const identity = ctx.make.externalIdentity({ userId, issuer: ctx.canary(), subject: ctx.canary() })
      const denial = ctx.make.denial()
      for (const end of ['at a read', 'at the commit']) {
        const error = await outcomeOf(
          ctx.store.transaction(directoryScope(), async (tx) => {
            await tx.idempotency.insert(ctx.make.idempotencyRecord(), 60_000)
            await tx.users.insert(ctx.make.user())
            await tx.externalIdentities.insert(identity)
            await tx.users.list(FIRST)
            await ctx.faults.terminate()
            if (end === 'at a read') await tx.externalIdentities.findLinked(identity)
          }),
        )
        ctx.precondition('the transaction failed', isStoreError(error))
        ctx.secret('UE-ERROR-002', error, `the error of a connection that ended ${end}`)
      }
      await afterwards(ctx, () => ctx.store.denials.append(denial))
      ctx.secret('UE-ERROR-002', await ctx.store.readiness(), 'readiness afterwards')
      ctx.secret('UE-ERROR-002', await ctx.store.diagnostics(), 'diagnostics afterwards')
    },
  },
]
