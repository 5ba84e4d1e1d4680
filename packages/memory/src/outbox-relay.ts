import { randomUUID } from 'node:crypto'

import {
  StoreError,
  type ClaimedEvent,
  type LeasedEvents,
  type LeaseToken,
  type OutboxRelay,
  type OutboxState,
} from '@user-engine/store'

import { isolate } from './isolate.ts'
import type { Layer } from './layers.ts'
import { stateOf } from './outbox.ts'
import { claims, keyOf, type OutboxRow } from './tables.ts'
import type { Shared } from './transaction.ts'

const MOST_EVENTS = 1000
const SHORTEST_LEASE_MS = 100
const LONGEST_LEASE_MS = 3_600_000

/** The relay's side. Each call decides and acts in one turn, on what is committed: nothing can come in between. */
export function createOutboxRelay(
  { base, now, epoch }: Pick<Shared, 'base' | 'now' | 'epoch'>,
  expectOpen: () => void,
): OutboxRelay {
  const rows = base.rows.outboxEvents

  /** Those of the events that are held under the token. Throws LEASE_LOST where the lease of one has run out. */
  function held({ token, eventIds }: LeasedEvents): readonly OutboxRow[] {
    const asked = new Set<string>(eventIds)
    const its = [...rows.values()].filter((row) => row.token === token && asked.has(row.id))
    if (its.some((row) => stateOf(row, now()) !== 'leased')) throw new StoreError('LEASE_LOST', {})
    return its
  }

  function put(row: OutboxRow): void {
    rows.set(keyOf(row.scopeId, row.id), row)
  }

  function settle(events: LeasedEvents): void {
    const its = held(events)
    const found = new Set(its.map(({ id }) => id))
    if (events.eventIds.some((id) => !found.has(id))) throw new StoreError('LEASE_LOST', {})
    for (const row of its) {
      rows.delete(keyOf(row.scopeId, row.id))
      base.claims.delete(claims.ordinal(row.event).name)
    }
  }

  /** The first event of each aggregate that is not delivered, in the order in which the aggregates came. */
  function heads(): OutboxRow[] {
    const first = new Map<string, OutboxRow>()
    for (const row of rows.values()) {
      const stream = keyOf(row.scopeId, row.event.aggregate.kind, row.event.aggregate.id)
      const other = first.get(stream)
      if (other === undefined || comesBefore(row, other)) first.set(stream, row)
    }
    return [...first.values()]
  }

  return {
    async claim({ limit, leaseMs, ack }) {
      expectOpen()
      if (!Number.isInteger(limit) || limit < 1 || limit > MOST_EVENTS) {
        throw new TypeError(`A claim is for 1 to ${MOST_EVENTS} events.`)
      }
      const availableAt = now() + parseLease(leaseMs)
      if (ack !== null) settle(ack)
      const token = randomUUID() as string as LeaseToken
      const events = heads()
        .filter((row) => !row.dead && row.availableAt <= now())
        .slice(0, limit)
        .map((row): ClaimedEvent => {
          const leased = { ...row, token, availableAt, attempts: row.attempts + 1 }
          put(leased)
          return isolate({ event: leased.event, attempts: leased.attempts })
        })
      return { token, events, epoch: new Date(epoch.beganAt) }
    },
    async extend(events, leaseMs) {
      expectOpen()
      const availableAt = now() + parseLease(leaseMs)
      const its = held(events)
      if (its.length === 0) throw new StoreError('LEASE_LOST', {})
      for (const row of its) put({ ...row, availableAt })
    },
    async ack(events) {
      expectOpen()
      settle(events)
    },
    async nack({ token, eventId, delayMs, dead }) {
      expectOpen()
      if (!Number.isInteger(delayMs) || delayMs < 0)
        throw new TypeError('A delay is 0 ms or more, in whole ms.')
      const [row] = held({ token, eventIds: [eventId] })
      if (row === undefined) throw new StoreError('LEASE_LOST', {})
      put({ ...row, token: null, dead, availableAt: now() + delayMs })
    },
    async redrive(eventIds) {
      expectOpen()
      const asked = new Set<string>(eventIds)
      const found = [...rows.values()].filter((row) => row.dead && asked.has(row.id))
      for (const row of found) put({ ...row, dead: false, attempts: 0, availableAt: now() })
      return found.length
    },
    async startEpoch() {
      expectOpen()
      epoch.beganAt = Math.max(now(), epoch.beganAt + 1)
      return new Date(epoch.beganAt)
    },
    async state() {
      expectOpen()
      return countOutbox(base, now())
    },
  }
}

export function countOutbox(base: Layer, now: number): OutboxState {
  const rows = [...base.rows.outboxEvents.values()]
  const count = (state: string) => rows.filter((row) => stateOf(row, now) === state).length
  const oldest = rows.reduce((least, row) => Math.min(least, row.appendedAt), Infinity)
  return {
    pending: count('pending'),
    leased: count('leased'),
    dead: count('dead'),
    oldestAgeMs: rows.length === 0 ? null : Math.max(0, now - oldest),
  }
}

function comesBefore(one: OutboxRow, other: OutboxRow): boolean {
  const versions = one.event.aggregateVersion - other.event.aggregateVersion
  return versions === 0 ? one.event.ordinal < other.event.ordinal : versions < 0
}

function parseLease(leaseMs: number): number {
  if (leaseMs >= SHORTEST_LEASE_MS && leaseMs <= LONGEST_LEASE_MS) return leaseMs
  throw new TypeError(`A lease lasts from ${SHORTEST_LEASE_MS} ms to one hour.`)
}
