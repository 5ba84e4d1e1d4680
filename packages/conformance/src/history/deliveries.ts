import { z } from 'zod'

import { findDoubleHolding } from './holdings.ts'

const span = z.strictObject({ began: z.number(), ended: z.number() })

/** An event that a relay was given, and what it did with it, by the order of all that began and ended. */
export const deliverySchema = z.strictObject({
  event: z.string(),
  /** The claim that gave it. */
  by: z.string(),
  claimed: span.readonly(),
  /** `lost`: the store said that it was not the claim's any more. */
  settled: span.extend({ outcome: z.enum(['acknowledged', 'given back', 'lost']) }).readonly(),
})

export type Delivery = Readonly<z.infer<typeof deliverySchema>>

const isAcknowledged = ({ settled }: Delivery) => settled.outcome === 'acknowledged'

/** What was not delivered as it was appended, stream by stream: in words, or null where all is in order. */
export function findLoss(
  streams: readonly (readonly string[])[],
  deliveries: readonly Delivery[],
): string | null {
  const appended = new Set(streams.flat())
  const stranger = deliveries.find(({ event }) => !appended.has(event))
  if (stranger !== undefined) return `${stranger.by} was given ${stranger.event}, which nobody has appended`
  for (const event of appended) {
    const times = deliveries.filter((one) => one.event === event && isAcknowledged(one)).length
    if (times !== 1) return `${event} was acknowledged ${times} times`
  }
  return null
}

/** An event that two had at a time, or that one had lost before its time: in words, or null where there is none. */
export function findShared(deliveries: readonly Delivery[]): string | null {
  for (const [event, own] of Map.groupBy(deliveries, (one) => one.event)) {
    const found = findDoubleHolding(
      own.map(({ by, claimed, settled }) => ({ by, ...claimed, outcome: 'got', release: settled })),
    )
    if (found !== null) return `${event}: ${found}`
  }
  const lost = deliveries.find(({ settled }) => settled.outcome === 'lost')
  return lost === undefined
    ? null
    : `${lost.by} could not settle ${lost.event}, which it had been given for an hour`
}

/** An event that was given to somebody before the one that comes first in its stream: in words, or null. */
export function findDisorder(
  streams: readonly (readonly string[])[],
  deliveries: readonly Delivery[],
): string | null {
  for (const events of streams) {
    for (const [place, event] of events.slice(1).entries()) {
      const before = deliveries.find((one) => one.event === events[place] && isAcknowledged(one))
      const early = deliveries.find(
        (one) => one.event === event && (before === undefined || one.claimed.ended < before.settled.began),
      )
      if (early !== undefined)
        return `${early.by} was given ${event} before ${events[place]} was acknowledged`
    }
  }
  return null
}
