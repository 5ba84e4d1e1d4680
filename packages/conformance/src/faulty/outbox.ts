import { DIRECTORY, type ClaimedEvent, type OutboxRelay, type UserEngineStore } from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayTransactions } from './overlay.ts'

/** A store whose relay has other members. */
export function relay(
  defect: Pick<FaultyStore, 'name' | 'defect' | 'breaks' | 'expect' | 'by' | 'needs' | 'disturbs'>,
  replace: (good: OutboxRelay, store: UserEngineStore) => Partial<OutboxRelay>,
): FaultyStore {
  return {
    ...defect,
    corrupt: () => (good) => overlay(good, { outbox: overlay(good.outbox, replace(good.outbox, good)) }),
  }
}

/** Which events are delivered, in which order, and what is said of them. */
export const faultyOutbox: readonly FaultyStore[] = [
  {
    name: 'pending-without-leased',
    defect: 'Pending events are read without those that are leased.',
    breaks: 'UE-OUTBOX-003',
    expect: 'pending events: items has',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        outbox: overlay(tx.outbox, {
          async pending(page) {
            const { items, next } = await tx.outbox.pending(page)
            return { items: items.filter(({ state }) => state !== 'leased'), next }
          },
        }),
      })),
  },
  {
    name: 'remembers-a-position',
    defect: 'The relay goes on after the highest id that it has seen: whoever is slow is skipped.',
    breaks: 'UE-OUTBOX-004',
    expect: 'what is delivered: it has',
    corrupt: () => {
      let position = ''
      return (good) =>
        overlay(good, {
          outbox: overlay(good.outbox, {
            async claim(request) {
              const claim = await good.outbox.claim(request)
              const events = claim.events.filter(({ event }) => event.id >= position)
              for (const { event } of events) if (event.id > position) position = event.id
              return { ...claim, events }
            },
          }),
        })
    },
  },
  {
    name: 'in-order-of-commit',
    defect: 'The events of an aggregate come in the order in which they were appended.',
    breaks: 'UE-OUTBOX-007',
    expect: 'events in order of delivery: [0].id is',
    corrupt: () => {
      const versions = new Map<string, number>()
      let sequence = 0
      const restored = ({ event, ...rest }: ClaimedEvent): ClaimedEvent => ({
        ...rest,
        event: { ...event, aggregateVersion: versions.get(event.id) ?? event.aggregateVersion },
      })
      return (good) =>
        overlayTransactions(
          overlay(good, {
            outbox: overlay(good.outbox, {
              async claim(request) {
                const claim = await good.outbox.claim(request)
                return { ...claim, events: claim.events.map(restored) }
              },
            }),
          }),
          (tx) => ({
            outbox: overlay(tx.outbox, {
              async append(event) {
                versions.set(event.id, event.aggregateVersion)
                await tx.outbox.append({ ...event, aggregateVersion: (sequence += 1) })
              },
            }),
          }),
        )
    },
  },
  relay(
    {
      name: 'skips-dead-letters',
      defect: 'A dead letter lets the rest of its stream pass.',
      breaks: 'UE-OUTBOX-009',
      expect: 'what is delivered after redriving: it has',
    },
    (good) => ({
      nack: (refusal) =>
        refusal.dead ? good.ack({ token: refusal.token, eventIds: [refusal.eventId] }) : good.nack(refusal),
    }),
  ),
  relay(
    {
      name: 'counts-no-attempts',
      defect: 'Each delivery says that it is the first.',
      breaks: 'UE-OUTBOX-010',
      expect: 'attempts: it is',
    },
    (good) => ({
      async claim(request) {
        const claim = await good.claim(request)
        return { ...claim, events: claim.events.map((one) => ({ ...one, attempts: 1 })) }
      },
    }),
  ),
  relay(
    {
      name: 'redrives-what-it-is-told',
      defect: 'redrive answers how many ids it was given.',
      breaks: 'UE-OUTBOX-015',
      expect: 'redriven of many ids: it is',
    },
    (good) => ({
      async redrive(eventIds) {
        await good.redrive(eventIds)
        return eventIds.length
      },
    }),
  ),
  relay(
    {
      name: 'counts-leased-as-pending',
      defect: 'The state of the outbox counts leased events as pending ones too.',
      breaks: 'UE-OUTBOX-016',
      expect: 'counts: pending is',
      disturbs: ['UE-OUTBOX-011'],
    },
    (good) => ({
      async state() {
        const state = await good.state()
        return { ...state, pending: state.pending + state.leased }
      },
    }),
  ),
  relay(
    {
      name: 'head-of-line-blocking',
      defect: 'While an event is leased or dead nothing is claimed.',
      breaks: 'UE-OUTBOX-017',
      expect: 'what is delivered of the other record: it has',
    },
    (good) => ({
      async claim(request) {
        if (request.ack !== null) await good.ack(request.ack)
        const { leased, dead } = await good.state()
        const claim = await good.claim({ ...request, ack: null })
        if (leased + dead === 0) return claim
        for (const { event } of claim.events) {
          await good.nack({ token: claim.token, eventId: event.id, delayMs: 0, dead: false })
        }
        return { ...claim, events: [] }
      },
    }),
  ),
  relay(
    {
      name: 'relays-the-directory',
      defect: 'The relay is given the events of the directory alone.',
      breaks: 'UE-OUTBOX-018',
      expect: 'delivered events: it has',
    },
    (good) => ({
      async claim(request) {
        const claim = await good.claim(request)
        return { ...claim, events: claim.events.filter(({ event }) => event.scopeId === DIRECTORY) }
      },
    }),
  ),
  relay(
    {
      name: 'takes-any-limit',
      defect: 'A limit or a lease that is out of bounds is brought inside.',
      breaks: 'UE-OUTBOX-020',
      expect: 'a claim of no events resolved',
    },
    (good) => ({
      claim: ({ limit, leaseMs, ack }) =>
        good.claim({ limit: clamp(limit, 1, 1_000), leaseMs: clamp(leaseMs, 100, 3_600_000), ack }),
    }),
  ),
  relay(
    {
      name: 'forgets-a-new-epoch',
      defect: 'A claim tells the epoch that was there at first, whatever was started since.',
      breaks: 'UE-OUTBOX-022',
      expect: 'the epochs of claims after that: [0] is',
    },
    (good) => {
      let first: Date | null = null
      return {
        async claim(request) {
          const claim = await good.claim(request)
          first ??= claim.epoch
          return { ...claim, epoch: first }
        },
      }
    },
  ),
]

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, Math.trunc(value) || least))
}
