import {
  isStoreError,
  type Claim,
  type ClaimedEvent,
  type EventId,
  type LeasedEvents,
  type OutboxRelay,
  type Refusal,
} from '@user-engine/store'
import { z } from 'zod'

import { fromStoreError } from './errors.ts'
import { parseInput } from './input.ts'
import { observedPublication } from './telemetry.ts'
import { toCloudEvent, type CloudEvent } from './outbox.ts'

export interface DrainOptions {
  /** Hands one event over; it resolves when the receiver has it for good. It may see an event again: ids are stable. */
  readonly publish: (event: CloudEvent, signal: AbortSignal) => Promise<void>
  /** Events of one claim, 1 to 1,000. Default 100. */
  readonly batchSize?: number | undefined
  /** Events that are under way at once. Default 10. */
  readonly concurrency?: number | undefined
  /** How long a claim holds unless it is prolonged, which happens at half time. Default 30,000. */
  readonly leaseMs?: number | undefined
  /** After so many refusals an event is a dead letter, and blocks its record's later events. Default 20. */
  readonly maxAttempts?: number | undefined
  /** How long `publish` may take for one event; longer counts as a refusal. Default 30,000. */
  readonly publishTimeoutMs?: number | undefined
  /** Wait after the first refusal; it doubles with each, up to an hour. Default 1,000. */
  readonly retryDelayMs?: number | undefined
  /** Stops after the events that are under way, and gives the others back. */
  readonly signal?: AbortSignal | undefined
}

export interface DrainReport {
  readonly delivered: number
  /** Refused by the receiver, to be tried again. */
  readonly refused: number
  /** Became dead letters. */
  readonly dead: number
  /** Leases that were lost: others deliver those events. */
  readonly lost: number
}

const LONGEST_DELAY_MS = 3_600_000

const schema = z.strictObject({
  publish: z.custom<DrainOptions['publish']>((value) => typeof value === 'function', {
    params: { rule: 'not_a_function' },
  }),
  batchSize: z.int().min(1).max(1000).default(100),
  concurrency: z.int().min(1).max(1000).default(10),
  leaseMs: z.int().min(100).max(3_600_000).default(30_000),
  maxAttempts: z.int().min(1).max(1000).default(20),
  publishTimeoutMs: z.int().min(1).max(3_600_000).default(30_000),
  retryDelayMs: z.int().min(0).max(3_600_000).default(1000),
  signal: z.instanceof(AbortSignal).optional(),
})

type Settings = z.output<typeof schema>
type Tally = { -readonly [Name in keyof DrainReport]: number }

/** One drain, of which two claims at the most are under way. */
interface Course {
  readonly settings: Settings
  readonly tally: Tally
  /** One of them failed. */
  halted: boolean
  /** The events of one claim are delivered at a time. */
  turn: Promise<unknown>
}

/**
 * Delivers until nothing can be claimed, acknowledging each batch in the same round trip that claims another. While one
 * batch is delivered the next is claimed, where more wait than one claim takes.
 */
export async function drain(relay: OutboxRelay, options: DrainOptions): Promise<DrainReport> {
  const settings = parseInput<Settings>(schema, options)
  const tally: Tally = { delivered: 0, refused: 0, dead: 0, lost: 0 }
  const course: Course = { settings, tally, halted: false, turn: Promise.resolve() }
  try {
    await claimAndDeliver(relay, course, false)
    return tally
  } catch (error) {
    throw fromStoreError(error, [])
  }
}

async function claimAndDeliver(relay: OutboxRelay, course: Course, beside: boolean): Promise<void> {
  const { settings, tally } = course
  let other: Promise<void> | null = null
  let ack: LeasedEvents | null = null
  try {
    while (!isStopped(course)) {
      const claim = await claimNext(relay, settings, ack, tally)
      if (claim.events.length === 0) return
      if (!beside && claim.events.length === settings.batchSize && other === null) {
        other = claimAndDeliver(relay, course, true)
        // It is awaited at the end, and may have failed long before.
        other.catch(() => {})
      }
      ack = await deliver(relay, course, claim)
    }
    if (ack !== null) await acknowledge(relay, ack, tally)
  } catch (error) {
    course.halted = true
    throw error
  } finally {
    await other
  }
}

function isStopped({ settings: { signal }, halted }: Course): boolean {
  return halted || (signal?.aborted ?? false)
}

async function claimNext(
  relay: OutboxRelay,
  { batchSize, leaseMs }: Settings,
  ack: LeasedEvents | null,
  tally: Tally,
): Promise<Claim> {
  const request = { limit: batchSize, leaseMs }
  const claim = await held(relay.claim({ ...request, ack }))
  if (claim !== null) tally.delivered += ack?.eventIds.length ?? 0
  else tally.lost += ack?.eventIds.length ?? 0
  return claim ?? relay.claim({ ...request, ack: null })
}

async function acknowledge(relay: OutboxRelay, ack: LeasedEvents, tally: Tally): Promise<void> {
  const settled = await held(relay.ack(ack))
  tally[settled === null ? 'lost' : 'delivered'] += ack.eventIds.length
}

/** What the relay answered, or null where the lease is lost: others deliver those events. */
async function held<Answer>(answer: Promise<Answer>): Promise<Answer | null> {
  try {
    return await answer
  } catch (error) {
    if (!isStoreError(error, 'LEASE_LOST')) throw error
    return null
  }
}

/** Of one claim: a receiver is told by its signal that it is lost. `AbortSignal.any` would take longer than all the rest. */
interface Lease {
  lost: boolean
  readonly publishing: Set<AbortController>
}

function lose(lease: Lease): void {
  lease.lost = true
  for (const each of lease.publishing) each.abort()
}

/** Answers which events of a claim are to be acknowledged. Its lease is prolonged while it waits for its turn, too. */
async function deliver(relay: OutboxRelay, course: Course, claim: Claim): Promise<LeasedEvents | null> {
  const { token } = claim
  const all = { token, eventIds: claim.events.map(({ event }) => event.id) }
  const { leaseMs } = course.settings
  const lease: Lease = { lost: false, publishing: new Set() }
  const prolong = setInterval(() => {
    relay.extend(all, leaseMs).catch(() => lose(lease))
  }, leaseMs / 2)
  try {
    const delivery = course.turn.then(() => publishAll(relay, course, claim, lease))
    course.turn = delivery.catch(() => undefined)
    const eventIds = await delivery
    return eventIds.length === 0 ? null : { token, eventIds }
  } finally {
    clearInterval(prolong)
  }
}

/** Publishes the events of a claim, several at once: no two are of one aggregate. Answers which were. */
async function publishAll(
  relay: OutboxRelay,
  course: Course,
  claim: Claim,
  lease: Lease,
): Promise<readonly EventId[]> {
  const { settings, tally } = course
  const epoch = claim.epoch.toISOString()
  const delivered: EventId[] = []
  const queue = claim.events[Symbol.iterator]()
  const worker = async () => {
    for (const claimed of queue) {
      if (lease.lost) tally.lost += 1
      else if (isStopped(course)) await refuse(relay, claim, claimed, { delayMs: 0, dead: false })
      else if (await publishes(settings, epoch, claimed, lease)) delivered.push(claimed.event.id)
      else await putOff(relay, settings, claim, claimed, tally)
    }
  }
  const stopAll = (error: unknown) => {
    lose(lease)
    throw error
  }
  const workers = Array.from({ length: settings.concurrency }, () => worker().catch(stopAll))
  const failed = (await Promise.allSettled(workers)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
  return delivered
}

async function publishes(
  { publish, maxAttempts, publishTimeoutMs }: Settings,
  epoch: string,
  { event, attempts }: ClaimedEvent,
  lease: Lease,
) {
  // More attempts than allowed means that whoever claimed it died each time: it is not tried again.
  if (attempts > maxAttempts) return false
  const publication = new AbortController()
  const late = Promise.withResolvers<never>()
  // A receiver that never answers must not hold the relay for ever: its lease would be prolonged each time.
  const timer = setTimeout(() => {
    publication.abort()
    late.reject()
  }, publishTimeoutMs)
  lease.publishing.add(publication)
  try {
    await observedPublication(event, () =>
      Promise.race([publish(toCloudEvent(event, epoch), publication.signal), late.promise]),
    )
    return true
  } catch {
    return false
  } finally {
    clearTimeout(timer)
    lease.publishing.delete(publication)
  }
}

async function putOff(
  relay: OutboxRelay,
  settings: Settings,
  claim: Claim,
  claimed: ClaimedEvent,
  tally: Tally,
) {
  const dead = claimed.attempts >= settings.maxAttempts
  const delayMs = Math.min(settings.retryDelayMs * 2 ** (claimed.attempts - 1), LONGEST_DELAY_MS)
  const settled = await refuse(relay, claim, claimed, { delayMs, dead })
  tally[settled ? (dead ? 'dead' : 'refused') : 'lost'] += 1
}

/** Gives an event back. False where the lease is lost. */
async function refuse(
  relay: OutboxRelay,
  { token }: Claim,
  { event }: ClaimedEvent,
  how: Pick<Refusal, 'delayMs' | 'dead'>,
): Promise<boolean> {
  const settled = await held(relay.nack({ token, eventId: event.id, ...how }).then(() => true))
  return settled ?? false
}
