import { LATE, within } from './deadline.ts'

/** Lets `count` parties pass together. Who waits longer than `quietMs` goes on alone, and so does everybody after. */
export interface Barrier {
  /** False where they did not all come in time. */
  meet(party: number, round: string): Promise<boolean>
}

export function createBarrier(count: number, quietMs: number, onLate: () => void): Barrier {
  const rounds = new Map<
    string,
    { readonly arrived: Set<number>; readonly all: PromiseWithResolvers<void>; open: boolean }
  >()
  return {
    async meet(party, name) {
      const round = rounds.get(name) ?? {
        arrived: new Set(),
        all: Promise.withResolvers<void>(),
        open: false,
      }
      rounds.set(name, round)
      if (round.open || round.arrived.has(party)) return round.arrived.size === count
      round.arrived.add(party)
      // The last one waits as all others do: who goes on a few turns earlier has won a race that was not one.
      const met = within(round.all.promise, quietMs)
      if (round.arrived.size === count) {
        round.open = true
        round.all.resolve()
      }
      if ((await met) !== LATE) return true
      round.open = true
      onLate()
      return false
    },
  }
}
