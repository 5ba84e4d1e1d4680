import type { EventId, LeaseToken, OutboxEvent } from '@user-engine/store'

import type { Case } from '../case.ts'
import { appendAll, claimAll, claimFor, eventsOf, snapshot, stream } from './outbox-events.ts'

const LOST = { code: 'LEASE_LOST' } as const

export const outboxClaims: readonly Case[] = [
  {
    id: 'UE-OUTBOX-013/next-at-once',
    title: 'A claim that acknowledges is given the next event of the same record',
    async run(ctx) {
      const events = stream(ctx, 4)
      await appendAll(ctx, events)
      let ack = null as { token: LeaseToken; eventIds: EventId[] } | null
      const given: OutboxEvent[] = []
      for (let round = 0; round < 5; round += 1) {
        const claim = await ctx.store.outbox.claim({ limit: 10, leaseMs: 60_000, ack })
        given.push(...eventsOf(claim))
        ack = { token: claim.token, eventIds: eventsOf(claim).map(({ id }) => id) }
      }
      ctx.equal('UE-OUTBOX-013', given, events, 'what five claims were given')
      ctx.equal(
        'UE-OUTBOX-013',
        await snapshot(ctx),
        { pending: 0, leased: 0, dead: 0 },
        'the outbox afterwards',
      )
    },
  },
  {
    id: 'UE-OUTBOX-013/lost',
    title: 'A claim whose acknowledgement is lost claims nothing',
    budget: 'smoke',
    preconditions: ['there is something to claim'],
    async run(ctx) {
      const [[held], [free]] = [1, 2].map(() => stream(ctx, 1)) as [[OutboxEvent], [OutboxEvent]]
      await appendAll(ctx, [held])
      const late = await claimFor(ctx, 500)
      await ctx.elapse(700)
      await claimAll(ctx)
      await appendAll(ctx, [free])
      const before = await snapshot(ctx)
      const ack = { token: late.token, eventIds: [held.id] }
      await ctx.rejects(
        'UE-OUTBOX-013',
        () => ctx.store.outbox.claim({ limit: 10, leaseMs: 60_000, ack }),
        LOST,
        'a claim with a late acknowledgement',
      )
      ctx.equal('UE-OUTBOX-013', await snapshot(ctx), before, 'the outbox after the refused claim')
      const claim = await claimAll(ctx)
      ctx.precondition('there is something to claim', claim.events.length === 1)
      ctx.equal(
        'UE-OUTBOX-013',
        claim.events,
        [{ event: free, attempts: 1 }],
        'what a claim is given afterwards',
      )
    },
  },
  {
    id: 'UE-OUTBOX-020/limits',
    title: 'What is out of its limits is refused and changes nothing; what is just inside is not',
    preconditions: ['there is something to claim'],
    async run(ctx) {
      const [event] = stream(ctx, 1) as [OutboxEvent]
      await appendAll(ctx, [event])
      const { outbox } = ctx.store
      const claim = (limit: number, leaseMs: number) => () => outbox.claim({ limit, leaseMs, ack: null })
      const wrong: readonly (readonly [string, () => Promise<unknown>])[] = [
        ['a claim of no events', claim(0, 1_000)],
        ['a claim of fewer', claim(-1, 1_000)],
        ['a claim of 1,001', claim(1_001, 1_000)],
        ['a claim of a half', claim(1.5, 1_000)],
        ['a claim of no number', claim(Number.NaN, 1_000)],
        ['a lease of 99 ms', claim(1, 99)],
        ['a lease of an hour and a millisecond', claim(1, 3_600_001)],
        ['a lease of no number', claim(1, Number.NaN)],
      ]
      for (const [what, call] of wrong)
        await ctx.rejects('UE-OUTBOX-020', async () => call(), 'TypeError', what)
      const before = await snapshot(ctx)
      ctx.equal(
        'UE-OUTBOX-020',
        before,
        { pending: 1, leased: 0, dead: 0 },
        'the outbox after the refused claims',
      )
      const { token, events } = await claim(1_000, 3_600_000)()
      ctx.precondition('there is something to claim', events.length === 1)
      const ack = { token, eventIds: [event.id] }
      for (const leaseMs of [99, 3_600_001, Number.NaN]) {
        await ctx.rejects(
          'UE-OUTBOX-020',
          async () => outbox.extend(ack, leaseMs),
          'TypeError',
          `an extension by ${leaseMs} ms`,
        )
      }
      for (const delayMs of [-1, 0.5, Number.NaN]) {
        const refusal = { token, eventId: event.id, delayMs, dead: false }
        await ctx.rejects(
          'UE-OUTBOX-020',
          async () => outbox.nack(refusal),
          'TypeError',
          `a delay of ${delayMs} ms`,
        )
      }
      for (const request of [
        { limit: 0, leaseMs: 1_000, ack },
        { limit: 1, leaseMs: 99, ack },
      ]) {
        await ctx.rejects(
          'UE-OUTBOX-020',
          async () => outbox.claim(request),
          'TypeError',
          `a claim of ${request.limit} for ${request.leaseMs} ms that acknowledges`,
        )
      }
      ctx.equal('UE-OUTBOX-020', (await snapshot(ctx)).leased, 1, 'leased after the refused calls')
      await outbox.extend(ack, 3_600_000)
      await outbox.nack({ token, eventId: event.id, delayMs: 0, dead: false })
      const least = await claim(1, 100)().then(
        (claimed) => claimed.events.map((each) => each.event.id),
        (error: unknown) => ctx.show(error),
      )
      ctx.equal('UE-OUTBOX-020', least, [event.id], 'what a claim of one event for 100 ms is given')
    },
  },
  {
    id: 'UE-OUTBOX-022/told',
    title:
      'Every claim tells the epoch, and after another one was started that one; what waits stays as it is',
    preconditions: ['there is something to claim'],
    async run(ctx) {
      const [[held], [event]] = [1, 2].map(() => stream(ctx, 1)) as [[OutboxEvent], [OutboxEvent]]
      const handles = [ctx.store, await ctx.second()]
      const told = async () => {
        const epochs: string[] = []
        for (const handle of handles) {
          const { epoch } = await handle.outbox.claim({ limit: 1, leaseMs: 60_000, ack: null })
          epochs.push(epoch.toISOString())
        }
        return epochs
      }
      const [first = ''] = await told()
      ctx.equal('UE-OUTBOX-022', await told(), [first, first], 'the epochs of claims on two handles')
      await appendAll(ctx, [held])
      await claimAll(ctx)
      await appendAll(ctx, [event])
      const before = await snapshot(ctx)
      ctx.precondition('there is something to claim', before.pending === 1 && before.leased === 1)
      const started = [await ctx.store.outbox.startEpoch(), await ctx.store.outbox.startEpoch()]
      const order = [first, ...started.map((epoch) => epoch.toISOString())]
      ctx.equal(
        'UE-OUTBOX-022',
        [...new Set(order)].toSorted(),
        order,
        'each epoch, later than the one before',
      )
      ctx.equal('UE-OUTBOX-022', await snapshot(ctx), before, 'the outbox after another epoch was started')
      ctx.equal('UE-OUTBOX-022', await told(), [order[2], order[2]], 'the epochs of claims after that')
    },
  },
]
