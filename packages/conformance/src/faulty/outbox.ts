import {
  DIRECTORY,
  isStoreError,
  type Claim,
  type ClaimedEvent,
  type OutboxRelay,
  type UserEngineStore,
} from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayTransactions } from './overlay.ts'

/** How long a disk takes that is not waited for. */
const WRITE_MS = 250

/** A store whose relay has other members. */
function relay(
  defect: Pick<FaultyStore, 'name' | 'defect' | 'breaks' | 'expect' | 'needs'>,
  replace: (good: OutboxRelay, store: UserEngineStore) => Partial<OutboxRelay>,
): FaultyStore {
  return {
    ...defect,
    corrupt: () => (good) => overlay(good, { outbox: overlay(good.outbox, replace(good.outbox, good)) }),
  }
}

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
    },
    (good) => ({ ack: (acknowledgement) => good.ack(acknowledgement).catch(ignoreLost) }),
  ),
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
      name: 'extends-nothing',
      defect: 'extend resolves, and prolongs nothing.',
      breaks: 'UE-OUTBOX-008',
      expect: 'what is claimed after the first lease would have ended: it has',
    },
    () => ({ extend: async () => {} }),
  ),
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
      name: 'claims-whatever-the-ack-says',
      defect: 'A claim goes on although its ack has failed.',
      breaks: 'UE-OUTBOX-013',
      expect: 'a claim with a late acknowledgement resolved',
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
      expect: 'what is claimed before the delay is over: it has',
    },
    (good) => ({ nack: (refusal) => good.nack({ ...refusal, delayMs: Math.min(0, refusal.delayMs) }) }),
  ),
  relay(
    {
      name: 'redrives-what-it-is-told',
      defect: 'redrive answers how many ids it was given.',
      breaks: 'UE-OUTBOX-015',
      expect: 'redriven of five ids: it is',
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
  {
    name: 'acks-in-memory',
    defect: 'An ack resolves, and is written a moment later.',
    breaks: 'UE-OUTBOX-021',
    expect: 'what is claimed after the crash',
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

function ignoreLost(error: unknown): void {
  if (!isStoreError(error, 'LEASE_LOST')) throw error
}

function isLease(leaseMs: number): boolean {
  return leaseMs >= 100 && leaseMs <= 3_600_000
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, Math.trunc(value) || least))
}
