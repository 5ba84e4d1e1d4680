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
      if (round.arrived.size === count) {
        round.open = true
        round.all.resolve()
        return true
      }
      if ((await within(round.all.promise, quietMs)) !== LATE) return true
      round.open = true
      onLate()
      return false
    },
  }
}
