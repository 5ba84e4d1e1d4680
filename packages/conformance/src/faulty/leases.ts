import { isStoreError, type Claim, type EventId, type LeaseToken, type OutboxRelay } from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay } from './overlay.ts'
import { relay } from './outbox.ts'

/** How long a disk takes that is not waited for. */
const WRITE_MS = 250

/** How events are held, settled and given back. */
export const faultyLeases: readonly FaultyStore[] = [
  {
    name: 'two-holders',
    defect: 'Claims that come at the same time are given the same events.',
    breaks: 'UE-OUTBOX-005',
    expect: 'events given, and given once: it is',
    corrupt: () => {
      let current: Promise<Claim> | null = null
      return (good) =>
        overlay(good, {
          outbox: overlay(good.outbox, {
            async claim(request) {
              current ??= good.outbox.claim(request).finally(() => {
                current = null
              })
              return current
            },
          }),
        })
    },
  },
  relay(
    {
      name: 'accepts-a-late-ack',
      defect: 'An ack whose lease is lost resolves.',
      breaks: 'UE-OUTBOX-006',
      expect: 'and not with LEASE_LOST',
      disturbs: ['UE-OUTBOX-011'],
    },
    (good) => ({ ack: (events) => good.ack(events).catch(ignoreLost) }),
  ),
  relay(
    {
      name: 'nacks-after-the-end',
      defect:
        'An event whose lease has run out is given back by who held it last, until another one claims it.',
      breaks: 'UE-OUTBOX-006',
      expect: 'nack after the end resolved',
      by: 'UE-OUTBOX-006/nack-ended',
    },
    (good) => {
      const holders = new Map<EventId, LeaseToken>()
      return {
        async claim(request) {
          const claim = await good.claim(request)
          for (const { event } of claim.events) holders.set(event.id, claim.token)
          return claim
        },
        async nack(refusal) {
          try {
            await good.nack(refusal)
          } catch (error) {
            ignoreLost(error)
            if (holders.get(refusal.eventId) !== refusal.token) throw error
          }
          holders.delete(refusal.eventId)
        },
      }
    },
  ),
  relay(
    {
      name: 'extends-nothing',
      defect: 'extend resolves, and prolongs nothing.',
      breaks: 'UE-OUTBOX-008',
      expect: 'what is claimed after the first lease would have ended: it has',
      disturbs: ['UE-OUTBOX-020'],
    },
    () => ({ extend: async () => {} }),
  ),
  relay(
    {
      name: 'extends-the-whole-claim',
      defect: 'extend prolongs all events of a claim, whichever are named.',
      breaks: 'UE-OUTBOX-008',
      expect: 'pending after the end of what was not named',
      by: 'UE-OUTBOX-008/by-name',
    },
    remembering((good, claimedUnder) => ({
      extend: ({ token }, leaseMs) => good.extend({ token, eventIds: claimedUnder(token) }, leaseMs),
    })),
  ),
  relay(
    {
      name: 'loses-all-with-one',
      defect: 'Where the lease of one event of a claim has run out, none of the others can be acknowledged.',
      breaks: 'UE-OUTBOX-008',
      expect: 'an ack of the other one',
      by: 'UE-OUTBOX-008/by-name',
    },
    remembering((good, claimedUnder) => ({
      async ack(events) {
        const { token } = events
        await good.extend({ token, eventIds: claimedUnder(token) }, 60_000)
        await good.ack(events)
      },
    })),
  ),
  relay(
    {
      name: 'extends-what-is-left',
      defect: 'extend prolongs what still holds of the events, and says nothing of what has expired.',
      breaks: 'UE-OUTBOX-008',
      expect: 'an extension of both, of which one has expired resolved',
      by: 'UE-OUTBOX-008/by-name',
    },
    (good) => ({
      async extend({ token, eventIds }, leaseMs) {
        const each = eventIds.map((id) => good.extend({ token, eventIds: [id] }, leaseMs))
        const outcomes = await Promise.allSettled(each)
        if (outcomes.every(({ status }) => status === 'rejected'))
          await good.extend({ token, eventIds }, leaseMs)
      },
    }),
  ),
  relay(
    {
      name: 'acks-one-by-one',
      defect: 'An ack settles what it can before it fails.',
      breaks: 'UE-OUTBOX-011',
      expect: 'the outbox after the refused acknowledgements: leased is',
    },
    (good) => ({
      async ack({ token, eventIds }) {
        const failures: unknown[] = []
        for (const id of eventIds) {
          await good.ack({ token, eventIds: [id] }).catch((error: unknown) => failures.push(error))
        }
        if (failures.length > 0) throw failures[0] as Error
      },
    }),
  ),
  relay(
    {
      name: 'never-releases',
      defect: 'A lease holds for an hour, whatever was asked.',
      breaks: 'UE-OUTBOX-012',
      expect: 'claim 2: it has',
    },
    (good) => ({
      claim: (request) =>
        good.claim({ ...request, leaseMs: isLease(request.leaseMs) ? 3_600_000 : request.leaseMs }),
    }),
  ),
  relay(
    {
      name: 'wants-more-than-the-least',
      defect: 'A lease of 100 ms is refused as too short.',
      breaks: 'UE-OUTBOX-020',
      expect: 'what a claim of one event for 100 ms is given',
    },
    (good) => ({
      claim: (request) =>
        request.leaseMs > 100
          ? good.claim(request)
          : Promise.reject(new TypeError('The lease is too short.')),
    }),
  ),
  relay(
    {
      name: 'claims-whatever-the-ack-says',
      defect: 'A claim goes on although its ack has failed.',
      breaks: 'UE-OUTBOX-013',
      expect: 'a claim with a late acknowledgement resolved',
      disturbs: ['UE-OUTBOX-020'],
    },
    (good) => ({
      async claim({ ack, ...request }) {
        if (ack !== null) await good.ack(ack).catch(ignoreLost)
        return good.claim({ ...request, ack: null })
      },
    }),
  ),
  relay(
    {
      name: 'retries-at-once',
      defect: 'An event that was given back is delivered again at once.',
      breaks: 'UE-OUTBOX-014',
      expect: 'before the delay is over: it has',
      disturbs: ['UE-OUTBOX-020'],
    },
    (good) => ({ nack: (refusal) => good.nack({ ...refusal, delayMs: Math.min(0, refusal.delayMs) }) }),
  ),
  {
    name: 'acks-in-memory',
    defect: 'An ack resolves, and is written a moment later.',
    breaks: 'UE-OUTBOX-021',
    expect: 'what is claimed after the crash',
    disturbs: ['UE-OUTBOX-011'],
    needs: ['durable', 'faults.crash'],
    corrupt: () => (good) => {
      let unwritten = 0
      return overlay(good, {
        outbox: overlay(good.outbox, {
          async ack(acknowledgement) {
            unwritten += acknowledgement.eventIds.length
            setTimeout(() => void good.outbox.ack(acknowledgement).catch(() => {}), WRITE_MS)
          },
          async state() {
            const state = await good.outbox.state()
            return { ...state, leased: state.leased - unwritten }
          },
        }),
      })
    },
  },
]

/** Members of a relay that knows which events it has given under a token. */
export function remembering(
  replace: (
    good: OutboxRelay,
    claimedUnder: (token: LeaseToken) => readonly EventId[],
  ) => Partial<OutboxRelay>,
): (good: OutboxRelay) => Partial<OutboxRelay> {
  return (good) => {
    const claimed = new Map<LeaseToken, readonly EventId[]>()
    return {
      async claim(request) {
        const claim = await good.claim(request)
        const ids = claim.events.map(({ event }) => event.id)
        claimed.set(claim.token, ids)
        return claim
      },
      ...replace(good, (token) => claimed.get(token) ?? []),
    }
  }
}

function ignoreLost(error: unknown): void {
  if (!isStoreError(error, 'LEASE_LOST')) throw error
}

function isLease(leaseMs: number): boolean {
  return leaseMs >= 100 && leaseMs <= 3_600_000
}
