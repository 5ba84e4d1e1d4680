import { isStoreError, type EventId, type LeaseToken } from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayTransactions } from './overlay.ts'
import { remembering } from './leases.ts'
import { relay } from './outbox.ts'

/** Events that are held, settled and counted well, but where one is asked for twice, for none, or by a look-alike. */
export const faultySettlements: readonly FaultyStore[] = [
  {
    name: 'redrives-the-first',
    defect: 'redrive takes the first of the dead letters that it counts.',
    breaks: 'UE-OUTBOX-015',
    expect: 'what is delivered of three that were redriven: it has 1 items',
    by: 'UE-OUTBOX-015/several',
    corrupt: () => (good) =>
      overlay(good, {
        outbox: overlay(good.outbox, {
          async redrive(eventIds) {
            if (eventIds.length < 3) return good.outbox.redrive(eventIds)
            return (await good.outbox.redrive(eventIds.slice(0, 1))) * eventIds.length
          },
        }),
      }),
  },
  {
    name: 'a-lease-has-no-age',
    defect: 'The age of the oldest event is told only where something waits that is not leased.',
    breaks: 'UE-OUTBOX-016',
    expect: 'the event that is leased again is null ms old',
    corrupt: () => (good) =>
      overlay(good, {
        outbox: overlay(good.outbox, {
          async state() {
            const state = await good.outbox.state()
            return state.pending + state.dead > 0 ? state : { ...state, oldestAgeMs: null }
          },
        }),
      }),
  },
  {
    name: 'diagnoses-all-as-leased',
    defect: 'In diagnostics what waits is leased.',
    breaks: 'UE-OUTBOX-016',
    expect: 'counts after the lease, in diagnostics',
    by: 'UE-DIAGNOSTICS-002/outbox',
    corrupt: () => (good) =>
      overlay(good, {
        async diagnostics() {
          const report = await good.diagnostics()
          const { outbox } = report
          if (outbox === null) return report
          return { ...report, outbox: { ...outbox, pending: 0, leased: outbox.leased + outbox.pending } }
        },
      }),
  },
  relay(
    {
      name: 'acks-all-for-none',
      defect: 'An ack of no events settles all of its claim.',
      breaks: 'UE-OUTBOX-011',
      expect: 'the outbox after an acknowledgement of none: leased is',
    },
    remembering((good, claimedUnder) => ({
      ack: ({ token, eventIds }) =>
        good.ack({ token, eventIds: eventIds.length > 0 ? eventIds : claimedUnder(token) }),
    })),
  ),
  relay(
    {
      name: 'acknowledges-before-it-looks',
      defect: 'A claim settles its ack before it looks at its own limits.',
      breaks: 'UE-OUTBOX-020',
      expect: 'for 99 ms that acknowledges was rejected with StoreError LEASE_LOST',
    },
    (good) => ({
      async claim({ ack, ...request }) {
        if (ack !== null) await good.ack(ack)
        return good.claim({ ...request, ack: null })
      },
    }),
  ),
  relay(
    {
      name: 'tells-the-token',
      defect: 'That a lease is lost is told with its token.',
      breaks: 'UE-ERROR-001',
      expect: 'but its details have token',
      disturbs: ['UE-OUTBOX-011'],
    },
    (good) => ({
      ack: ({ token, eventIds }) =>
        good.ack({ token, eventIds }).catch((error: unknown) => {
          if (!isStoreError(error, 'LEASE_LOST')) throw error
          throw Object.assign(error, { details: { token } })
        }),
    }),
  ),
  relay(
    {
      name: 'counts-a-redriven-id-twice',
      defect: 'redrive counts the ids that it was given, and not the events.',
      breaks: 'UE-OUTBOX-015',
      expect: 'redriven of many ids: it is 2',
    },
    (good) => ({
      async redrive(eventIds) {
        const redriven = new Set<EventId>()
        for (const id of new Set(eventIds)) if ((await good.redrive([id])) > 0) redriven.add(id)
        return eventIds.filter((id) => redriven.has(id)).length
      },
    }),
  ),
  relay(
    {
      name: 'dead-letters-have-no-age',
      defect: 'The age of the oldest event is told of those that are not dead.',
      breaks: 'UE-OUTBOX-016',
      expect: 'the dead letter that is left is null ms old',
    },
    (good) => ({
      async state() {
        const state = await good.state()
        return { ...state, oldestAgeMs: state.pending + state.leased === 0 ? null : state.oldestAgeMs }
      },
    }),
  ),
  relay(
    {
      name: 'an-epoch-ends-leases',
      defect: 'Another epoch gives back what is leased.',
      breaks: 'UE-OUTBOX-022',
      expect: 'the outbox after another epoch was started: pending is',
    },
    (good) => {
      const leased = new Map<EventId, LeaseToken>()
      return {
        async claim(request) {
          const claim = await good.claim(request)
          for (const { event } of claim.events) leased.set(event.id, claim.token)
          return claim
        },
        async startEpoch() {
          for (const [eventId, token] of leased) {
            await good.nack({ token, eventId, delayMs: 0, dead: false }).catch(() => {})
          }
          return good.startEpoch()
        },
      }
    },
  ),
  {
    name: 'orders-as-texts',
    defect: 'The places of a version are ordered as texts: 10 comes before 2.',
    breaks: 'UE-OUTBOX-007',
    expect: 'events in order of delivery: [3]',
    corrupt: () => {
      const ordinals = new Map<EventId, number>()
      return (good) =>
        overlay(
          overlayTransactions(good, (tx) => ({
            outbox: overlay(tx.outbox, {
              async append(event) {
                await tx.outbox.append({ ...event, ordinal: asText(event.ordinal) })
                ordinals.set(event.id, event.ordinal)
              },
            }),
          })),
          {
            outbox: overlay(good.outbox, {
              async claim(request) {
                const claim = await good.outbox.claim(request)
                const events = claim.events.map(({ event, attempts }) => ({
                  event: { ...event, ordinal: ordinals.get(event.id) ?? event.ordinal },
                  attempts,
                }))
                return { ...claim, events }
              },
            }),
          },
        )
    },
  },
]

/** A number whose order is that of the text. */
function asText(ordinal: number): number {
  return Number(`${ordinal}`.padEnd(3, '0')) * 10 + `${ordinal}`.length
}
