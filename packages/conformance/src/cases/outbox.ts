import {
  DIRECTORY,
  directoryScope,
  tenantScope,
  type OutboxEvent,
  type PendingEvent,
} from '@user-engine/store'

import type { Case } from '../case.ts'
import { appendAll, claimAll, eventsOf, FIRST } from './outbox-events.ts'

/** The outbox inside a transaction, and what it shows of what waits. */
export const outbox: readonly Case[] = [
  {
    id: 'UE-OUTBOX-003/pending',
    title: 'Pending events are read in order of id with state and attempts, and reading changes nothing',
    preconditions: ['there are events of each state'],
    async run(ctx) {
      const { tenant, user } = await ctx.seed()
      const eventOf = (one: typeof user) => ctx.make.event('user', one)
      const [waiting, leased, dead] = [eventOf(user), eventOf(ctx.make.user()), eventOf(ctx.make.user())]
      const [delayed, done] = [eventOf(ctx.make.user()), eventOf(ctx.make.user())]
      const elsewhere = ctx.make.event('tenant_account', {
        scopeId: tenant.id,
        id: ctx.make.uuid(),
        version: 1,
      })
      await appendAll(ctx, [done, delayed, dead, leased])
      const claim = await claimAll(ctx)
      const { token } = claim
      await ctx.store.outbox.nack({ token, eventId: dead.id, delayMs: 0, dead: true })
      await ctx.store.outbox.nack({ token, eventId: delayed.id, delayMs: 600_000, dead: false })
      await ctx.store.outbox.ack({ token, eventIds: [done.id] })
      await appendAll(ctx, [waiting])
      await appendAll(ctx, [elsewhere])

      const expected: readonly PendingEvent[] = [
        { event: waiting, attempts: 0, state: 'pending' },
        { event: leased, attempts: 1, state: 'leased' },
        { event: dead, attempts: 1, state: 'dead' },
        { event: delayed, attempts: 1, state: 'pending' },
      ]
      const read = (scope = directoryScope()) => ctx.commit(scope, (tx) => tx.outbox.pending(FIRST))
      const first = await read()
      const counts = await ctx.store.outbox.state()
      const each = counts.pending === 3 && counts.leased === 1 && counts.dead === 1
      ctx.precondition('there are events of each state', each)
      ctx.equal('UE-OUTBOX-003', first, { items: expected, next: null }, 'pending events')
      ctx.equal('UE-OUTBOX-003', await read(), first, 'pending events, read again')
      const inTenant = await ctx.commit(tenantScope(tenant.id), (tx) => tx.outbox.pending(FIRST))
      const theirs = [{ event: elsewhere, attempts: 0, state: 'pending' }]
      ctx.equal('UE-OUTBOX-003', inTenant.items, theirs, 'pending events of the tenant')
      const second = await claimAll(ctx)
      ctx.equal(
        'UE-OUTBOX-003',
        eventsOf(second),
        [waiting, elsewhere],
        'what a claim gives after the reading',
      )
    },
  },
  {
    id: 'UE-OUTBOX-003/expired-lease',
    title: 'An event whose lease has run out reads as pending again',
    preconditions: ['it read as leased'],
    async run(ctx) {
      const event = ctx.make.event('user', ctx.make.user())
      await appendAll(ctx, [event])
      await ctx.store.outbox.claim({ limit: 1, leaseMs: 2_000, ack: null })
      const read = async () => (await ctx.commit(directoryScope(), (tx) => tx.outbox.pending(FIRST))).items[0]
      ctx.precondition('it read as leased', (await read())?.state === 'leased')
      await ctx.elapse(2_100)
      ctx.equal('UE-OUTBOX-003', await read(), { event, attempts: 1, state: 'pending' }, 'the pending event')
    },
  },
  {
    id: 'UE-OUTBOX-001/payload',
    title: 'An event is delivered with the content that it was appended with, whatever its record becomes',
    also: ['UE-OUTBOX-010'],
    async run(ctx) {
      const { user } = await ctx.seed()
      const event = ctx.make.event('user', user, {
        type: 'user.created',
        correlationId: null,
        data: {
          state: 'active',
          nested: { list: [1, 'two', null, true, { three: 3.5 }], empty: {} },
          text: 'ü\u{1F9D1}',
        },
      })
      await appendAll(ctx, [event])
      await ctx.commit(directoryScope(), (tx) => tx.users.update(ctx.make.next(user, { state: 'suspended' })))
      const { events } = await claimAll(ctx)
      ctx.equal('UE-OUTBOX-001', events.length, 1, 'events of one append')
      ctx.equal('UE-OUTBOX-010', events, [{ event, attempts: 1 }], 'the delivered event')
    },
  },
  {
    id: 'UE-OUTBOX-002/nested',
    title:
      'Of events that were appended outside and inside of a failed nested transaction, those outside are delivered',
    preconditions: ['the event inside was pending inside'],
    async run(ctx) {
      const refusal = new Error('the nested work changes its mind')
      const make = () => ctx.make.event('user', ctx.make.user())
      const [before, inside, after] = [make(), make(), make()]
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.outbox.append(before)
        await tx
          .nested(async (nested) => {
            await nested.outbox.append(inside)
            const { items } = await nested.outbox.pending(FIRST)
            ctx.precondition(
              'the event inside was pending inside',
              items.some(({ event }) => event.id === inside.id),
            )
            throw refusal
          })
          .catch((error: unknown) => {
            if (error !== refusal) throw error
          })
        await tx.outbox.append(after)
      })
      ctx.equal('UE-OUTBOX-002', eventsOf(await claimAll(ctx)), [before, after], 'delivered events')
    },
  },
  {
    id: 'UE-OUTBOX-019/taken',
    title: 'An event id, and a place in a stream, are taken once',
    preconditions: ['the first is pending'],
    async run(ctx) {
      const { user } = await ctx.seed()
      const first = ctx.make.event('user', user)
      await appendAll(ctx, [first])
      const pending = await ctx.commit(directoryScope(), (tx) => tx.outbox.pending(FIRST))
      ctx.precondition('the first is pending', pending.items.length === 1)
      const append = (event: OutboxEvent) => ctx.commit(directoryScope(), (tx) => tx.outbox.append(event))
      await ctx.rejects(
        'UE-OUTBOX-019',
        () => append(ctx.make.event('user', ctx.make.user(), { id: first.id })),
        { code: 'CONFLICT', details: { constraint: 'event_id' } },
        'a second event of one id',
      )
      await ctx.rejects(
        'UE-OUTBOX-019',
        () => append(ctx.make.event('user', user)),
        { code: 'CONFLICT', details: { constraint: 'event_ordinal' } },
        'a second event in one place of the stream',
      )
      const next = ctx.make.event('user', user, { ordinal: 1 })
      await append(next)
      const { items } = await ctx.commit(directoryScope(), (tx) => tx.outbox.pending(FIRST))
      ctx.equal(
        'UE-OUTBOX-019',
        items.map(({ event }) => event),
        [first, next],
        'pending events',
      )
    },
  },
  {
    id: 'UE-OUTBOX-018/all-scopes',
    title: 'The relay is given the events of each tenant and of the directory, each with its scope',
    async run(ctx) {
      const estates = [await ctx.seed(), await ctx.seed(), await ctx.seed()]
      const events = estates.map(({ tenantAccount }) => ctx.make.event('tenant_account', tenantAccount))
      const own = ctx.make.event('user', ctx.make.user())
      for (const event of [...events, own]) await appendAll(ctx, [event])
      const delivered = eventsOf(await claimAll(ctx, await ctx.second()))
      ctx.equal('UE-OUTBOX-018', delivered, [...events, own], 'delivered events')
      const scopes = [...estates.map(({ tenant }) => tenant.id), DIRECTORY].toSorted()
      ctx.equal('UE-OUTBOX-018', delivered.map(({ scopeId }) => scopeId).toSorted(), scopes, 'their scopes')
    },
  },
  {
    id: 'UE-OUTBOX-016/state',
    title:
      'The state counts what waits in all scopes, an expired lease as pending, and tells the age of the oldest',
    preconditions: ['an empty outbox has no age'],
    async run(ctx) {
      const empty = await ctx.store.outbox.state()
      ctx.precondition('an empty outbox has no age', empty.oldestAgeMs === null)
      ctx.equal(
        'UE-OUTBOX-016',
        empty,
        { pending: 0, leased: 0, dead: 0, oldestAgeMs: null },
        'an empty outbox',
      )
      const { tenantAccount, user } = await ctx.seed()
      const [leased, dead, waiting] = [
        ctx.make.event('user', user),
        ctx.make.event('tenant_account', tenantAccount),
        ctx.make.event('user', ctx.make.user()),
      ]
      await appendAll(ctx, [leased])
      await appendAll(ctx, [dead])
      const { token } = await ctx.store.outbox.claim({ limit: 10, leaseMs: 4_000, ack: null })
      await ctx.store.outbox.nack({ token, eventId: dead.id, delayMs: 0, dead: true })
      await ctx.elapse(1_500)
      await appendAll(ctx, [waiting])
      const state = await (await ctx.second()).outbox.state()
      const { oldestAgeMs, ...counts } = state
      ctx.equal('UE-OUTBOX-016', counts, { pending: 1, leased: 1, dead: 1 }, 'counts')
      ctx.must(
        'UE-OUTBOX-016',
        oldestAgeMs !== null && oldestAgeMs >= 1_400 && oldestAgeMs < 600_000,
        `the oldest event is ${ctx.show(oldestAgeMs)} ms old after 1,500 ms`,
      )
      await ctx.elapse(3_000)
      const later = await ctx.store.outbox.state()
      const { oldestAgeMs: _age, ...expired } = later
      ctx.equal('UE-OUTBOX-016', expired, { pending: 2, leased: 0, dead: 1 }, 'counts after the lease')
      const rest = await ctx.store.outbox.claim({ limit: 10, leaseMs: 60_000, ack: null })
      await ctx.store.outbox.ack({ token: rest.token, eventIds: [leased.id, waiting.id] })
      const agedStill = async (what: string) => {
        const { oldestAgeMs: left } = await ctx.store.outbox.state()
        ctx.must(
          'UE-OUTBOX-016',
          left !== null && left >= 4_400 && left < 600_000,
          `the ${what} is ${ctx.show(left)} ms old after 4,500 ms`,
        )
      }
      await agedStill('dead letter that is left')
      await ctx.store.outbox.redrive([dead.id])
      await agedStill('dead letter that was redriven')
      const again = await ctx.store.outbox.claim({ limit: 10, leaseMs: 60_000, ack: null })
      await agedStill('event that is leased again')
      await ctx.store.outbox.nack({ token: again.token, eventId: dead.id, delayMs: 0, dead: false })
      await agedStill('event that was given back')
    },
  },
]
