import { findDoubleHolding } from './holdings.ts'

/** An event that a relay was given, and what it did with it, by the order of all that began and ended. */
export interface Delivery {
  readonly event: string
  /** The claim that gave it. */
  readonly by: string
  readonly claimed: { readonly began: number; readonly ended: number }
  readonly settled: { readonly began: number; readonly ended: number; readonly acknowledged: boolean }
}

/** What was not delivered as it was appended, stream by stream: in words, or null where all is in order. */
export function findLoss(
  streams: readonly (readonly string[])[],
  deliveries: readonly Delivery[],
): string | null {
  const appended = new Set(streams.flat())
  const stranger = deliveries.find(({ event }) => !appended.has(event))
  if (stranger !== undefined) return `${stranger.by} was given an event that nobody has appended`
  for (const event of appended) {
    const times = deliveries.filter((one) => one.event === event && one.settled.acknowledged).length
    if (times !== 1) return `an event was acknowledged ${times} times`
  }
  return null
}

/** An event that two had at a time: in words, or null where there is none. */
export function findShared(deliveries: readonly Delivery[]): string | null {
  for (const own of Map.groupBy(deliveries, ({ event }) => event).values()) {
    const found = findDoubleHolding(
      own.map(({ by, claimed, settled }) => ({ by, ...claimed, outcome: 'got', release: settled })),
    )
    if (found !== null) return found
  }
  return null
}

/** An event that was given to somebody before the one that comes first in its stream: in words, or null. */
export function findDisorder(
  streams: readonly (readonly string[])[],
  deliveries: readonly Delivery[],
): string | null {
  for (const events of streams) {
    for (const [place, event] of events.slice(1).entries()) {
      const before = deliveries.find((one) => one.event === events[place] && one.settled.acknowledged)
      const early = deliveries.find(
        (one) => one.event === event && (before === undefined || one.claimed.ended < before.settled.began),
      )
      if (early !== undefined)
        return `${early.by} was given event ${place + 2} of a stream before event ${place + 1} was acknowledged`
    }
  }
  return null
}
