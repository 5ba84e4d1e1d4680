import { directoryScope, isStoreError, type EventId, type OutboxEvent } from '@user-engine/store'

import type { Case } from '../case.ts'
import { appendAll, claimAll, drain, eventsOf, stream } from './outbox-events.ts'

/** Relays and writers that are at work at the same time. */
export const outboxWorkers: readonly Case[] = [
  {
    id: 'UE-OUTBOX-004/slow-transaction',
    title: 'An event whose transaction commits after others that began later is delivered',
    preconditions: ['the younger event was delivered'],
    async run(ctx) {
      const [slow] = stream(ctx, 1) as [OutboxEvent]
      const [young] = stream(ctx, 1) as [OutboxEvent]
      const second = await ctx.second()
      const early: OutboxEvent[] = []
      await ctx.race(2, async (index, meet) => {
        if (index === 1) {
          await meet('appended')
          await ctx.commit(directoryScope(), (tx) => tx.outbox.append(young), second)
          early.push(...(await drain(ctx)))
          await meet('drained')
          return
        }
        await ctx.commit(directoryScope(), async (tx) => {
          await tx.outbox.append(slow)
          await tx.outbox.pending({ after: null, limit: 10 })
          await meet('appended')
          await meet('drained')
        })
      })
      const late = await drain(ctx)
      const delivered = [...early, ...late].map(({ id }) => id).toSorted()
      ctx.precondition('the younger event was delivered', delivered.includes(young.id))
      ctx.equal('UE-OUTBOX-004', delivered, [slow.id, young.id].toSorted(), 'what was delivered')
    },
  },
  {
    id: 'UE-OUTBOX-004/any-ids',
    title:
      'Events are delivered whose ids and times are older than what was delivered already, or of a time to come',
    async run(ctx) {
      const occurredAt = new Date('2999-12-31T23:59:59.999Z')
      const toCome = ctx.make.event('user', ctx.make.user(), { occurredAt })
      const events = [toCome, ...[1, 2, 3, 4].flatMap(() => stream(ctx, 1))]
      for (const event of events.toReversed()) {
        await appendAll(ctx, [event])
        ctx.equal('UE-OUTBOX-004', await drain(ctx), [event], 'what is delivered')
      }
    },
  },
  {
    id: 'UE-OUTBOX-005/claims-at-once',
    title: 'Eight workers that claim at once, twenty times, are never given the same event',
    preconditions: ['all events were claimed'],
    async run(ctx) {
      const handles = [ctx.store, await ctx.second()] as const
      let claimedAll = 0
      for (let round = 0; round < 20; round += 1) {
        const events = Array.from({ length: 24 }, () => stream(ctx, 1)).flat()
        await appendAll(ctx, events)
        const results = await ctx.race(8, async (index, meet) => {
          await meet(`claim ${round}`)
          return handles[index % 2 === 0 ? 0 : 1].outbox.claim({ limit: 5, leaseMs: 3_600_000, ack: null })
        })
        const claims = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
        ctx.equal('UE-OUTBOX-005', claims.length, 8, 'claims that were answered')
        const rest = await ctx.store.outbox.claim({ limit: 1_000, leaseMs: 3_600_000, ack: null })
        const given = [...claims, rest].flatMap(eventsOf).map(({ id }) => id)
        ctx.equal('UE-OUTBOX-005', given.length, new Set(given).size, 'events given, and given once')
        ctx.equal(
          'UE-OUTBOX-005',
          given.toSorted(),
          events.map(({ id }) => id),
          `events of round ${round}`,
        )
        claimedAll += given.length
      }
      ctx.precondition('all events were claimed', claimedAll === 20 * 24)
    },
  },
  {
    id: 'UE-OUTBOX-005/leased',
    title: 'While a lease holds no other claim is given its event, from either handle',
    preconditions: ['the event was claimed'],
    async run(ctx) {
      const events = [1, 2, 3].flatMap(() => stream(ctx, 1))
      await appendAll(ctx, events)
      const first = await claimAll(ctx)
      ctx.precondition('the event was claimed', first.events.length === 3)
      const second = await ctx.second()
      for (const store of [ctx.store, second, ctx.store]) {
        ctx.equal('UE-OUTBOX-005', eventsOf(await claimAll(ctx, store)), [], 'what another claim is given')
      }
    },
  },
  {
    id: 'UE-OUTBOX-005/expired-at-once',
    title: 'Of eight workers that claim an expired event at once one is given it, and it alone can settle it',
    also: ['UE-OUTBOX-006'],
    async run(ctx) {
      const [event] = stream(ctx, 1) as [OutboxEvent]
      await appendAll(ctx, [event])
      const late = await ctx.store.outbox.claim({ limit: 1, leaseMs: 500, ack: null })
      await ctx.elapse(700)
      const handles = [ctx.store, await ctx.second()] as const
      const results = await ctx.race(8, async (index, meet) => {
        await meet()
        return claimAll(ctx, handles[index % 2 === 0 ? 0 : 1])
      })
      const claims = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      const holders = claims.filter(({ events }) => events.length > 0)
      ctx.equal('UE-OUTBOX-005', holders.length, 1, 'claims that were given the event')
      for (const { token } of [late, ...claims.filter(({ events }) => events.length === 0)]) {
        await ctx.rejects(
          'UE-OUTBOX-006',
          () => ctx.store.outbox.ack({ token, eventIds: [event.id] }),
          { code: 'LEASE_LOST' },
          'an acknowledgement by another one',
        )
      }
    },
  },
  {
    id: 'UE-OUTBOX-006/acknowledged-once',
    title: 'Of eight acknowledgements of one event at once, under one token, one takes effect',
    profile: 'store-concurrent',
    async run(ctx) {
      const [event] = stream(ctx, 1) as [OutboxEvent]
      await appendAll(ctx, [event])
      const { token } = await claimAll(ctx)
      const handles = [ctx.store, await ctx.second()] as const
      const results = await ctx.race(8, async (index, meet) => {
        await meet()
        await handles[index % 2 === 0 ? 0 : 1].outbox.ack({ token, eventIds: [event.id] })
      })
      const lost = results.filter(
        (one) => one.status === 'rejected' && isStoreError(one.reason, 'LEASE_LOST'),
      )
      ctx.equal('UE-OUTBOX-006', [results.length - lost.length, lost.length], [1, 7], 'settled and lost')
    },
  },
  {
    id: 'UE-OUTBOX-004/under-load',
    title:
      'Four writers and four workers, some of which die or refuse: each event is delivered, in order for each record',
    also: ['UE-OUTBOX-007'],
    async run(ctx) {
      const streams = Array.from({ length: 4 }, () => [stream(ctx, 8), stream(ctx, 8)])
      const handles = [ctx.store, await ctx.second()] as const
      const committed = new Set<EventId>()
      const settled: OutboxEvent[] = []
      /** Acknowledgements are noted when they are sent: no later event may come before that. */
      const sent = new Set<EventId>()
      const predecessors = new Map(
        streams
          .flat()
          .flatMap((one) => one.slice(1).map((event, index) => [event.id, one[index]?.id] as const)),
      )
      let writing = 4
      await ctx.race(8, async (index, meet) => {
        const store = handles[index % 2 === 0 ? 0 : 1]
        await meet()
        if (index < 4) {
          const [one = [], other = []] = streams[index] ?? []
          for (const [turn, event] of one.entries()) {
            const pair = [event, other[turn]].filter((each) => each !== undefined)
            await ctx.commit(
              directoryScope(),
              async (tx) => {
                for (const each of pair) await tx.outbox.append(each)
              },
              store,
            )
            for (const { id } of pair) committed.add(id)
          }
          writing -= 1
          return
        }
        // One event that is never given must not keep it going for ever.
        let idle = 0
        for (let turn = 0; turn < 2_000 && idle < 200 && (writing > 0 || settled.length < committed.size);) {
          const { token, events } = await store.outbox.claim({ limit: 3, leaseMs: 200, ack: null })
          if (events.length === 0) await new Promise(setImmediate)
          else turn += 1
          idle = events.length > 0 || writing > 0 ? 0 : idle + 1
          for (const [place, { event }] of events.entries()) {
            const before = predecessors.get(event.id)
            ctx.must(
              'UE-OUTBOX-007',
              before === undefined || sent.has(before),
              `version ${event.aggregateVersion} was delivered, and the one before it ${before === undefined ? 'is none' : 'was settled'}`,
            )
            const fate = (turn + place + index) % 7
            // One in seven workers dies with the event in its hands, one gives it back.
            if (fate === 0) continue
            if (fate !== 1) sent.add(event.id)
            const settling =
              fate === 1
                ? store.outbox.nack({ token, eventId: event.id, delayMs: 0, dead: false })
                : store.outbox.ack({ token, eventIds: [event.id] })
            const done = await settling.then(
              () => true,
              (error: unknown) => {
                if (isStoreError(error, 'LEASE_LOST')) return false
                throw error
              },
            )
            if (done && fate !== 1) settled.push(event)
          }
          if (events.length === 0) await ctx.elapse(50)
        }
      })
      await ctx.elapse(300)
      settled.push(...(await drain(ctx)))
      const ids = settled.map(({ id }) => id)
      ctx.equal(
        'UE-OUTBOX-004',
        ids.toSorted(),
        [...committed].toSorted(),
        'acknowledged and committed events',
      )
    },
  },
]
