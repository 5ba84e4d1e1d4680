import { directoryScope, type EventId, type OutboxEvent } from '@user-engine/store'

import type { Case } from '../case.ts'
import { appendAll, claimAll, drain, eventsOf, FIRST, stream } from './outbox-events.ts'

const idsOf = (events: readonly OutboxEvent[]): EventId[] => events.map(({ id }) => id)

/** Order, and what stands in the way of it. */
export const outboxOrder: readonly Case[] = [
  {
    id: 'UE-OUTBOX-007/whatever-the-ids',
    title:
      'The events of a record come in order of version and ordinal, against the order of ids, times and commits',
    async run(ctx) {
      // To 10: as texts they were in another order.
      const events = stream(ctx, 10) as [OutboxEvent, ...OutboxEvent[]]
      const [{ scopeId, aggregate }] = events
      const second = [1, 2, 9, 10].map((ordinal) =>
        ctx.make.event('user', { scopeId, id: aggregate.id, version: 2 }, { ordinal }),
      )
      // The later the version, the earlier the id, the time and the commit.
      const ids = idsOf(events)
      const times = events.map(({ occurredAt }) => occurredAt)
      const twisted = events.map((event, index) => ({
        ...event,
        id: ids.at(-1 - index) as EventId,
        occurredAt: times.at(-1 - index) as Date,
      }))
      const expected = [...twisted.slice(0, 2), ...second, ...twisted.slice(2)] as OutboxEvent[]
      for (const event of expected.toReversed()) await appendAll(ctx, [event])
      const given: OutboxEvent[] = []
      for (;;) {
        const { token, events: claimed } = await claimAll(ctx)
        if (claimed.length === 0) break
        ctx.must(
          'UE-OUTBOX-007',
          claimed.length === 1,
          `a claim was given ${claimed.length} events of one record`,
        )
        given.push(...claimed.map(({ event }) => event))
        await ctx.store.outbox.ack({ token, eventIds: claimed.map(({ event }) => event.id) })
      }
      ctx.equal('UE-OUTBOX-007', given, expected, 'events in order of delivery')
    },
  },
  {
    id: 'UE-OUTBOX-007/one-at-a-time',
    title: 'While the first event of a record is leased no claim is given the second',
    preconditions: ['the first is leased', 'the second comes when the first is settled'],
    async run(ctx) {
      const [first, second] = stream(ctx, 2) as [OutboxEvent, OutboxEvent]
      const [other] = stream(ctx, 1) as [OutboxEvent]
      await appendAll(ctx, [first, second])
      const claim = await claimAll(ctx)
      ctx.precondition('the first is leased', claim.events.length === 1)
      ctx.equal('UE-OUTBOX-007', eventsOf(claim), [first], 'what is claimed first')
      await appendAll(ctx, [other])
      ctx.equal('UE-OUTBOX-007', eventsOf(await claimAll(ctx)), [other], 'what is claimed meanwhile')
      await ctx.store.outbox.ack({ token: claim.token, eventIds: [first.id] })
      const next = eventsOf(await claimAll(ctx))
      ctx.precondition('the second comes when the first is settled', next[0]?.id === second.id)
    },
  },
  {
    id: 'UE-OUTBOX-007/across-scopes',
    title: 'Two records with the same id in two scopes are two streams',
    async run(ctx) {
      const { tenant, tenantAccount } = await ctx.seed()
      const here = ctx.make.event('tenant_account', tenantAccount)
      const other = ctx.make.tenant()
      const there = ctx.make.event('tenant_account', { ...tenantAccount, scopeId: other.id, version: 2 })
      await appendAll(ctx, [there])
      await appendAll(ctx, [here])
      ctx.equal(
        'UE-OUTBOX-007',
        eventsOf(await claimAll(ctx)),
        [here, there],
        `what is claimed of tenant ${tenant.id} and another one`,
      )
    },
  },
  {
    id: 'UE-OUTBOX-009/blocks-its-own',
    title: 'A dead letter blocks the later events of its record, and of no other, until it is redriven',
    also: ['UE-OUTBOX-017', 'UE-OUTBOX-015'],
    preconditions: ['it was claimable before'],
    async run(ctx) {
      const [poison, blocked] = stream(ctx, 2) as [OutboxEvent, OutboxEvent]
      const others = stream(ctx, 2)
      await appendAll(ctx, [poison, blocked])
      const claim = await claimAll(ctx)
      ctx.precondition('it was claimable before', eventsOf(claim)[0]?.id === poison.id)
      await ctx.store.outbox.nack({ token: claim.token, eventId: poison.id, delayMs: 0, dead: true })
      await appendAll(ctx, others)
      const delivered = await drain(ctx)
      ctx.equal('UE-OUTBOX-017', delivered, others, 'what is delivered of the other record')
      await ctx.elapse(200)
      ctx.equal(
        'UE-OUTBOX-009',
        eventsOf(await claimAll(ctx)),
        [],
        'what is claimed while the dead letter is there',
      )
      ctx.equal('UE-OUTBOX-015', await ctx.store.outbox.redrive([poison.id]), 1, 'redriven')
      ctx.equal('UE-OUTBOX-009', await drain(ctx), [poison, blocked], 'what is delivered after redriving')
    },
  },
  {
    id: 'UE-OUTBOX-015/several',
    title: 'redrive takes all of several dead letters',
    preconditions: ['all are dead'],
    async run(ctx) {
      const dead = [1, 2, 3].flatMap(() => stream(ctx, 1))
      await appendAll(ctx, dead)
      const { token } = await claimAll(ctx)
      for (const { id } of dead) await ctx.store.outbox.nack({ token, eventId: id, delayMs: 0, dead: true })
      ctx.precondition('all are dead', (await ctx.store.outbox.state()).dead === 3)
      ctx.equal('UE-OUTBOX-015', await ctx.store.outbox.redrive(idsOf(dead)), 3, 'redriven of three')
      const { events } = await claimAll(ctx)
      const delivered = events.map(({ event, attempts }) => `${event.id} ${attempts}`).toSorted()
      const expected = idsOf(dead).map((id) => `${id} 1`)
      ctx.equal('UE-OUTBOX-015', delivered, expected, 'what is delivered of three that were redriven')
    },
  },
  {
    id: 'UE-OUTBOX-015/exactly-the-dead',
    title: 'redrive takes the dead among the ids, counts them, and starts their attempts again',
    preconditions: ['one is dead'],
    budget: 'smoke',
    async run(ctx) {
      const [[dead], [leased], [waiting], [delivered], [delayed]] = [1, 2, 3, 4, 5].map(() =>
        stream(ctx, 1),
      ) as [[OutboxEvent], [OutboxEvent], [OutboxEvent], [OutboxEvent], [OutboxEvent]]
      await appendAll(ctx, [dead, delivered, delayed])
      const first = await claimAll(ctx)
      await ctx.store.outbox.nack({
        token: first.token,
        eventId: delayed.id,
        delayMs: 600_000,
        dead: false,
      })
      await ctx.store.outbox.ack({ token: first.token, eventIds: [delivered.id] })
      await ctx.store.outbox.nack({ token: first.token, eventId: dead.id, delayMs: 0, dead: false })
      const again = await claimAll(ctx)
      ctx.equal(
        'UE-OUTBOX-015',
        again.events.map(({ attempts }) => attempts),
        [2],
        'attempts before it is dead',
      )
      await ctx.store.outbox.nack({ token: again.token, eventId: dead.id, delayMs: 600_000, dead: true })
      await appendAll(ctx, [leased])
      const held = await claimAll(ctx)
      await appendAll(ctx, [waiting])
      ctx.precondition('one is dead', (await ctx.store.outbox.state()).dead === 1)
      const unknown = idsOf(stream(ctx, 200))
      const ids = [...unknown, dead.id, ...idsOf([leased, waiting, delivered, delayed]), dead.id]
      ctx.equal('UE-OUTBOX-015', await ctx.store.outbox.redrive(ids), 1, 'redriven of many ids')
      ctx.equal('UE-OUTBOX-015', await ctx.store.outbox.redrive(ids), 0, 'redriven of the same ids again')
      ctx.equal('UE-OUTBOX-015', await ctx.store.outbox.redrive([]), 0, 'redriven of no ids')
      const { items } = await ctx.commit(directoryScope(), (tx) => tx.outbox.pending(FIRST))
      ctx.equal(
        'UE-OUTBOX-015',
        items.map((one) => [one.event.id, one.attempts, one.state]),
        [
          [dead.id, 0, 'pending'],
          [leased.id, 1, 'leased'],
          [waiting.id, 0, 'pending'],
          [delayed.id, 1, 'pending'],
        ],
        'attempts and states of what waits',
      )
      const { events } = await claimAll(ctx)
      const attempts = Object.fromEntries(events.map((one) => [one.event.id, one.attempts]))
      ctx.equal(
        'UE-OUTBOX-015',
        attempts,
        { [dead.id]: 1, [waiting.id]: 1 },
        'attempts of what is claimed now',
      )
      await ctx.store.outbox.ack({ token: held.token, eventIds: [leased.id] })
      ctx.equal(
        'UE-OUTBOX-015',
        (await ctx.store.outbox.state()).leased,
        2,
        'leased after the held one was acknowledged',
      )
    },
  },
  {
    id: 'UE-OUTBOX-014/delayed',
    title: 'An event that is given back comes after its delay, and the later ones of its record after it',
    preconditions: ['it was claimed once'],
    async run(ctx) {
      const [first, second] = stream(ctx, 2) as [OutboxEvent, OutboxEvent]
      await appendAll(ctx, [first, second])
      const claim = await claimAll(ctx)
      ctx.precondition('it was claimed once', claim.events.length === 1)
      await ctx.store.outbox.nack({ token: claim.token, eventId: first.id, delayMs: 2_900, dead: false })
      for (const ms of [0, 2_100]) {
        await ctx.elapse(ms)
        ctx.equal(
          'UE-OUTBOX-014',
          eventsOf(await claimAll(ctx)),
          [],
          `what is claimed ${ms} ms later, before the delay is over`,
        )
      }
      await ctx.elapse(900)
      const later = await claimAll(ctx)
      ctx.equal(
        'UE-OUTBOX-014',
        later.events,
        [{ event: first, attempts: 2 }],
        'what is claimed after the delay',
      )
      await ctx.store.outbox.nack({ token: later.token, eventId: first.id, delayMs: 0, dead: false })
      const at = await claimAll(ctx)
      ctx.equal('UE-OUTBOX-014', at.events, [{ event: first, attempts: 3 }], 'what is claimed after no delay')
    },
  },
  {
    id: 'UE-OUTBOX-017/more-blocked-than-a-claim-takes',
    title: 'Younger events come although more streams are leased, delayed and dead than a claim may take',
    preconditions: ['there are blocked ones of each kind'],
    async run(ctx) {
      const blocked = Array.from({ length: 120 }, () => stream(ctx, 2))
      await ctx.commit(directoryScope(), async (tx) => {
        for (const event of blocked.flat()) await tx.outbox.append(event)
      })
      const { token, events } = await ctx.store.outbox.claim({ limit: 1_000, leaseMs: 60_000, ack: null })
      for (const [index, { event }] of events.slice(0, 8).entries()) {
        await ctx.store.outbox.nack({ token, eventId: event.id, delayMs: 600_000, dead: index % 2 === 1 })
      }
      const state = await ctx.store.outbox.state()
      ctx.precondition('there are blocked ones of each kind', state.leased === 112 && state.dead === 4)
      const younger = [stream(ctx, 1), stream(ctx, 1), stream(ctx, 1)].flat()
      await appendAll(ctx, younger)
      const given: OutboxEvent[] = []
      for (let round = 0; round < 3; round += 1) {
        given.push(...eventsOf(await ctx.store.outbox.claim({ limit: 1, leaseMs: 60_000, ack: null })))
      }
      given.sort((one, other) => (one.id < other.id ? -1 : 1))
      ctx.equal('UE-OUTBOX-017', given, younger, 'what three claims of one event each are given')
    },
  },
  {
    id: 'UE-OUTBOX-017/blocked-in-other-tenants',
    title: 'A claim of one event is given it although in more tenants the first of a stream is leased',
    preconditions: ['one is leased in each tenant'],
    async run(ctx) {
      const streamOfATenant = async (count: number): Promise<OutboxEvent[]> => {
        const { id, scopeId } = { id: ctx.make.uuid(), scopeId: (await ctx.seed()).tenant.id }
        const versions = Array.from({ length: count }, (_, index) => index + 1)
        const events = versions.map((version) => ctx.make.event('group', { scopeId, id, version }))
        await appendAll(ctx, events)
        return events
      }
      for (let tenants = 0; tenants < 6; tenants += 1) await streamOfATenant(2)
      const blocked = await claimAll(ctx)
      ctx.precondition('one is leased in each tenant', blocked.events.length === 6)
      const younger = [...(await streamOfATenant(1)), ...(await streamOfATenant(1))]
      const given: OutboxEvent[] = []
      for (let round = 0; round < 2; round += 1) {
        given.push(...eventsOf(await ctx.store.outbox.claim({ limit: 1, leaseMs: 60_000, ack: null })))
      }
      given.sort((one, other) => (one.id < other.id ? -1 : 1))
      ctx.equal('UE-OUTBOX-017', given, younger, 'what two claims of one event each are given')
    },
  },
]
