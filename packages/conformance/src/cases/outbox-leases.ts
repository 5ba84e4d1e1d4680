import type { EventId, LeaseToken, OutboxEvent } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { appendAll, claimAll, claimFor, eventsOf, snapshot, stream } from './outbox-events.ts'

const LOST = { code: 'LEASE_LOST' } as const

/** Each way to settle or keep an event, under a token. */
const SETTLINGS: Readonly<
  Record<string, (ctx: CaseContext, token: LeaseToken, eventId: EventId) => Promise<unknown>>
> = {
  ack: (ctx, token, eventId) => ctx.store.outbox.ack({ token, eventIds: [eventId] }),
  nack: (ctx, token, eventId) => ctx.store.outbox.nack({ token, eventId, delayMs: 0, dead: false }),
  'nack-dead': (ctx, token, eventId) => ctx.store.outbox.nack({ token, eventId, delayMs: 0, dead: true }),
  'claim-with-ack': (ctx, token, eventId) =>
    ctx.store.outbox.claim({ limit: 1, leaseMs: 60_000, ack: { token, eventIds: [eventId] } }),
}

export const outboxLeases: readonly Case[] = [
  ...Object.entries(SETTLINGS).flatMap(([name, settle]): Case[] => [
    {
      id: `UE-OUTBOX-006/${name}-expired`,
      title: `${name}: a worker whose lease has run out, and whose event another one holds, settles nothing`,
      preconditions: ['another one holds it'],
      async run(ctx) {
        const [event] = stream(ctx, 1) as [OutboxEvent]
        await appendAll(ctx, [event])
        const late = await claimFor(ctx, 500)
        await ctx.elapse(700)
        const holder = await claimAll(ctx, await ctx.second())
        ctx.precondition('another one holds it', eventsOf(holder)[0]?.id === event.id)
        const before = await snapshot(ctx)
        await ctx.rejects('UE-OUTBOX-006', () => settle(ctx, late.token, event.id), LOST, `a late ${name}`)
        ctx.equal('UE-OUTBOX-006', await snapshot(ctx), before, `the outbox after a late ${name}`)
        await ctx.store.outbox.ack({ token: holder.token, eventIds: [event.id] })
        ctx.equal(
          'UE-OUTBOX-006',
          eventsOf(await claimAll(ctx)),
          [],
          'what is claimed after the holder settled',
        )
      },
    },
    {
      id: `UE-OUTBOX-006/${name}-ended`,
      title: `${name}: a worker whose lease has run out settles nothing, although nobody else holds the event`,
      budget: 'smoke',
      async run(ctx) {
        const [event] = stream(ctx, 1) as [OutboxEvent]
        await appendAll(ctx, [event])
        const { token } = await claimFor(ctx, 500)
        await ctx.elapse(700)
        const before = await snapshot(ctx)
        await ctx.rejects('UE-OUTBOX-006', () => settle(ctx, token, event.id), LOST, `${name} after the end`)
        ctx.equal('UE-OUTBOX-006', await snapshot(ctx), before, `the outbox after a ${name} after the end`)
      },
    },
    {
      id: `UE-OUTBOX-006/${name}-settled`,
      title: `${name}: an event that was settled under a token is not settled under it again`,
      preconditions: ['it was settled once'],
      async run(ctx) {
        const [[acked], [refused], [dead], [untouched]] = [1, 2, 3, 4].map(() => stream(ctx, 1)) as [
          [OutboxEvent],
          [OutboxEvent],
          [OutboxEvent],
          [OutboxEvent],
        ]
        await appendAll(ctx, [acked, refused, dead, untouched])
        const { token } = await claimAll(ctx)
        await ctx.store.outbox.ack({ token, eventIds: [acked.id] })
        await ctx.store.outbox.nack({ token, eventId: refused.id, delayMs: 600_000, dead: false })
        await ctx.store.outbox.nack({ token, eventId: dead.id, delayMs: 600_000, dead: true })
        const before = await snapshot(ctx)
        const each = before.leased === 1 && before.pending === 1 && before.dead === 1
        ctx.precondition('it was settled once', each)
        for (const { id } of [acked, refused, dead]) {
          await ctx.rejects('UE-OUTBOX-006', () => settle(ctx, token, id), LOST, `a second ${name}`)
        }
        ctx.equal('UE-OUTBOX-006', await snapshot(ctx), before, `the outbox after a second ${name}`)
      },
    },
    {
      id: `UE-OUTBOX-006/${name}-of-another`,
      title: `${name}: a token settles the events of its own claim alone`,
      preconditions: ['two claims hold one each'],
      async run(ctx) {
        const [[one], [other]] = [1, 2].map(() => stream(ctx, 1)) as [[OutboxEvent], [OutboxEvent]]
        await appendAll(ctx, [one])
        const first = await claimAll(ctx)
        await appendAll(ctx, [other])
        const second = await claimAll(ctx)
        const before = await snapshot(ctx)
        ctx.precondition('two claims hold one each', before.leased === 2 && first.token !== second.token)
        const unknown = ctx.make.uuid() as LeaseToken
        for (const token of [first.token, unknown]) {
          await ctx.rejects(
            'UE-OUTBOX-006',
            () => settle(ctx, token, other.id),
            LOST,
            `${name} under another token`,
          )
        }
        ctx.equal(
          'UE-OUTBOX-006',
          await snapshot(ctx),
          before,
          `the outbox after ${name} under another token`,
        )
      },
    },
  ]),
  {
    id: 'UE-OUTBOX-006/not-again',
    title: 'What was acknowledged is not delivered again, not when its lease would have run out either',
    preconditions: ['one that was not acknowledged is delivered again'],
    async run(ctx) {
      const [[acked], [silent]] = [1, 2].map(() => stream(ctx, 1)) as [[OutboxEvent], [OutboxEvent]]
      await appendAll(ctx, [acked, silent])
      const { token } = await claimFor(ctx, 1_000)
      await ctx.store.outbox.ack({ token, eventIds: [acked.id] })
      await ctx.elapse(1_200)
      const again = eventsOf(await claimAll(ctx))
      ctx.precondition(
        'one that was not acknowledged is delivered again',
        again.some(({ id }) => id === silent.id),
      )
      ctx.equal('UE-OUTBOX-006', again, [silent], 'what is claimed again')
    },
  },
  {
    id: 'UE-OUTBOX-011/all-or-none',
    title: 'An acknowledgement with one event that is not held settles none of the others',
    preconditions: ['the others are held'],
    async run(ctx) {
      const events = [1, 2, 3].flatMap(() => stream(ctx, 1))
      const [foreign] = stream(ctx, 1) as [OutboxEvent]
      await appendAll(ctx, events)
      const { token } = await claimAll(ctx)
      await appendAll(ctx, [foreign])
      const before = await snapshot(ctx)
      ctx.precondition('the others are held', before.leased === 3 && before.pending === 1)
      for (const wrong of [foreign.id, (stream(ctx, 1) as [OutboxEvent])[0].id]) {
        const eventIds = [...events.map(({ id }) => id), wrong]
        for (const ids of [eventIds, eventIds.toReversed()]) {
          await ctx.rejects(
            'UE-OUTBOX-011',
            () => ctx.store.outbox.ack({ token, eventIds: ids }),
            LOST,
            'the ack',
          )
        }
      }
      ctx.equal('UE-OUTBOX-011', await snapshot(ctx), before, 'the outbox after the refused acknowledgements')
      await ctx.store.outbox.ack({ token, eventIds: [] })
      ctx.equal('UE-OUTBOX-011', await snapshot(ctx), before, 'the outbox after an acknowledgement of none')
      // An id that is given twice counts once.
      await ctx.store.outbox.ack({ token, eventIds: [...events, ...events].map(({ id }) => id) })
      ctx.equal(
        'UE-OUTBOX-011',
        await snapshot(ctx),
        { pending: 1, leased: 0, dead: 0 },
        'the outbox after a right one',
      )
    },
  },
  {
    id: 'UE-OUTBOX-012/expired',
    title: 'What a lost worker held is given to another one, with the same id and one attempt more',
    also: ['UE-OUTBOX-010'],
    preconditions: ['before that it is given to nobody'],
    async run(ctx) {
      const [event] = stream(ctx, 1) as [OutboxEvent]
      await appendAll(ctx, [event])
      const second = await ctx.second()
      for (let attempts = 1; attempts <= 3; attempts += 1) {
        const claim = await second.outbox.claim({ limit: 10, leaseMs: 1_000, ack: null })
        ctx.equal('UE-OUTBOX-012', claim.events, [{ event, attempts }], `claim ${attempts}`)
        ctx.equal('UE-OUTBOX-010', claim.events[0]?.attempts, attempts, 'attempts')
        ctx.precondition('before that it is given to nobody', (await claimAll(ctx)).events.length === 0)
        await ctx.elapse(1_200)
      }
    },
  },
  {
    id: 'UE-OUTBOX-008/prolonged',
    title: 'A lease that is prolonged holds from then on, for each event of the claim that is not settled',
    preconditions: ['without it the lease would have run out'],
    async run(ctx) {
      const [[one], [two], [settled], [refused]] = [1, 2, 3, 4].map(() => stream(ctx, 1)) as [
        [OutboxEvent],
        [OutboxEvent],
        [OutboxEvent],
        [OutboxEvent],
      ]
      await appendAll(ctx, [one, two, settled, refused])
      const { token } = await claimFor(ctx, 2_000)
      const eventIds = [one, two, settled, refused].map(({ id }) => id)
      await ctx.store.outbox.ack({ token, eventIds: [settled.id] })
      await ctx.store.outbox.nack({ token, eventId: refused.id, delayMs: 600_000, dead: false })
      const [control] = stream(ctx, 1) as [OutboxEvent]
      await appendAll(ctx, [control])
      await claimFor(ctx, 2_000)
      await ctx.elapse(1_000)
      await ctx.store.outbox.extend({ token, eventIds }, 60_000)
      await ctx.elapse(1_500)
      const claimed = eventsOf(await claimAll(ctx))
      ctx.precondition(
        'without it the lease would have run out',
        claimed.some(({ id }) => id === control.id),
      )
      ctx.equal('UE-OUTBOX-008', claimed, [control], 'what is claimed after the first lease would have ended')
      await ctx.store.outbox.ack({ token, eventIds: [one.id, two.id] })
      ctx.equal(
        'UE-OUTBOX-008',
        (await snapshot(ctx)).leased,
        1,
        'leased after the prolonged ones were acknowledged',
      )
    },
  },
  {
    id: 'UE-OUTBOX-008/too-late',
    title: 'A lease that has run out can not be prolonged, whether or not another one holds the events',
    preconditions: ['a lease that holds can be prolonged'],
    async run(ctx) {
      const events = [1, 2].flatMap(() => stream(ctx, 1))
      await appendAll(ctx, events)
      const { token } = await claimFor(ctx, 2_000)
      const eventIds = events.map(({ id }) => id)
      await ctx.store.outbox.extend({ token, eventIds }, 1_500)
      ctx.precondition('a lease that holds can be prolonged', (await snapshot(ctx)).leased === 2)
      await ctx.elapse(1_700)
      const extend = () => ctx.store.outbox.extend({ token, eventIds }, 60_000)
      await ctx.rejects('UE-OUTBOX-008', extend, LOST, 'an extension after the end')
      const again = await claimAll(ctx)
      ctx.equal('UE-OUTBOX-008', eventsOf(again), events, 'what is claimed after the end')
      await ctx.rejects('UE-OUTBOX-008', extend, LOST, 'an extension while another one holds them')
      const unknown = ctx.make.uuid() as LeaseToken
      await ctx.rejects(
        'UE-OUTBOX-008',
        () => ctx.store.outbox.extend({ token: unknown, eventIds }, 60_000),
        LOST,
        'an unknown token',
      )
      await ctx.store.outbox.ack({ token: again.token, eventIds })
    },
  },
  {
    id: 'UE-OUTBOX-008/by-name',
    title:
      'Events of a claim that are not named keep the end of their lease, and what becomes of them is none of the others’',
    preconditions: ['one of the claim has expired, and another has not'],
    async run(ctx) {
      const [[kept], [left]] = [1, 2].map(() => stream(ctx, 1)) as [[OutboxEvent], [OutboxEvent]]
      await appendAll(ctx, [kept, left])
      const { token } = await claimFor(ctx, 2_000)
      const own = { token, eventIds: [kept.id] }
      await ctx.store.outbox.extend(own, 60_000)
      await ctx.elapse(2_200)
      const { pending, leased } = await snapshot(ctx)
      ctx.equal('UE-OUTBOX-008', pending, 1, 'pending after the end of what was not named')
      ctx.precondition('one of the claim has expired, and another has not', leased === 1)
      const both = { token, eventIds: [kept.id, left.id] }
      const extend = (of: typeof both) => () => ctx.store.outbox.extend(of, 60_000)
      await ctx.rejects('UE-OUTBOX-008', extend(both), LOST, 'an extension of both, of which one has expired')
      await extend(own)()
      await ctx.answers('UE-OUTBOX-008', ctx.store.outbox.ack(own), 'an ack of the other one')
      ctx.equal('UE-OUTBOX-008', eventsOf(await claimAll(ctx)), [left], 'what is claimed after that end')
      const none = { token, eventIds: [left.id] }
      await ctx.rejects('UE-OUTBOX-008', extend(none), LOST, 'an extension of what another one holds')
    },
  },
]
