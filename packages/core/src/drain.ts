import {
  isStoreError,
  type Acknowledgement,
  type Claim,
  type ClaimedEvent,
  type OutboxRelay,
} from '@user-engine/store'
import { z } from 'zod'

import { fromStoreError } from './errors.ts'
import { parseInput } from './input.ts'
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
  /** Wait after the first refusal; it doubles with each, up to an hour. Default 1,000. */
  readonly retryDelayMs?: number | undefined
  /** Stops after the events that are under way. */
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

const schema = z.strictObject({
  publish: z.custom<DrainOptions['publish']>((value) => typeof value === 'function'),
  batchSize: z.int().min(1).max(1000).default(100),
  concurrency: z.int().min(1).max(1000).default(10),
  leaseMs: z.int().min(100).max(3_600_000).default(30_000),
  maxAttempts: z.int().min(1).max(1000).default(20),
  retryDelayMs: z.int().min(0).max(3_600_000).default(1000),
  signal: z.instanceof(AbortSignal).optional(),
})

type Settings = z.output<typeof schema>
type Tally = { -readonly [Name in keyof DrainReport]: number }

/** Delivers until nothing can be claimed, acknowledging each batch in the same round trip that claims the next. */
export async function drain(relay: OutboxRelay, options: DrainOptions): Promise<DrainReport> {
  const settings = parseInput<Settings>(schema, options)
  const tally: Tally = { delivered: 0, refused: 0, dead: 0, lost: 0 }
  let ack: Acknowledgement | null = null
  try {
    for (;;) {
      const stopping = settings.signal?.aborted ?? false
      if (stopping) {
        if (ack !== null) await settle(() => relay.ack(ack as Acknowledgement), ack, tally)
        return tally
      }
      const claim = await claimNext(relay, settings, ack, tally)
      if (claim.events.length === 0) return tally
      ack = await deliver(relay, settings, claim, tally)
    }
  } catch (error) {
    throw fromStoreError(error, [])
  }
}

async function claimNext(
  relay: OutboxRelay,
  { batchSize, leaseMs }: Settings,
  ack: Acknowledgement | null,
  tally: Tally,
): Promise<Claim> {
  try {
    const claim = await relay.claim({ limit: batchSize, leaseMs, ack })
    tally.delivered += ack?.eventIds.length ?? 0
    return claim
  } catch (error) {
    if (ack === null || !isStoreError(error, 'LEASE_LOST')) throw error
    tally.lost += ack.eventIds.length
    return relay.claim({ limit: batchSize, leaseMs, ack: null })
  }
}

/** Publishes the events of a claim and answers which of them are to be acknowledged. */
async function deliver(relay: OutboxRelay, settings: Settings, claim: Claim, tally: Tally) {
  const { token } = claim
  const lease = new AbortController()
  const prolong = setInterval(() => {
    relay.extend(token, settings.leaseMs).catch(() => lease.abort())
  }, settings.leaseMs / 2)
  const delivered: ClaimedEvent['event']['id'][] = []
  const queue = claim.events[Symbol.iterator]()
  const worker = async () => {
    for (const claimed of queue) {
      if (await publishOne(settings, claimed, lease.signal)) delivered.push(claimed.event.id)
      else await refuse(relay, settings, claim, claimed, tally)
    }
  }
  try {
    await Promise.all(Array.from({ length: settings.concurrency }, worker))
  } finally {
    clearInterval(prolong)
  }
  return delivered.length === 0 ? null : { token, eventIds: delivered }
}

async function publishOne(settings: Settings, claimed: ClaimedEvent, lease: AbortSignal): Promise<boolean> {
  // More attempts than allowed means that whoever claimed it died each time: it is not tried again.
  if (claimed.attempts > settings.maxAttempts || lease.aborted) return false
  try {
    await settings.publish(toCloudEvent(claimed.event), lease)
    return true
  } catch {
    return false
  }
}

async function refuse(relay: OutboxRelay, settings: Settings, claim: Claim, claimed: ClaimedEvent, tally: Tally) {
  const { attempts, event } = claimed
  const dead = attempts >= settings.maxAttempts
  const delayMs = Math.min(settings.retryDelayMs * 2 ** (attempts - 1), 3_600_000)
  const ids = { token: claim.token, eventIds: [event.id] }
  const refusal = { token: claim.token, eventId: event.id, delayMs, dead }
  const settled = await settle(() => relay.nack(refusal), ids, tally)
  if (settled) tally[dead ? 'dead' : 'refused'] += 1
}

async function settle(work: () => Promise<void>, { eventIds }: Acknowledgement, tally: Tally): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (!isStoreError(error, 'LEASE_LOST')) throw error
    tally.lost += eventIds.length
    return false
  }
}
