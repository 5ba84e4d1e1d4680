import type { UserEngineStore } from '@user-engine/store'

import type { CaseContext } from '../case.ts'

/** Where in a round a transaction is made. */
export type Turn = 'early' | 'between' | 'late'

/** How often somebody waits in vain, before nobody waits any more. */
const PATIENCE = 12

/** One transaction of a round. `between` calls `meet` once, after it has read and before it writes. */
export type Work = (store: UserEngineStore, meet: () => Promise<void>) => Promise<void>

export interface Worker {
  readonly turn: Turn
  readonly work: Work
}

/**
 * Rounds, of which each runs its workers at once. Between what a transaction has read and what it writes, all early ones
 * commit, and the late ones begin only afterwards: so those between decide on what is not so any more, in every round and
 * not by luck. A store that lets them in one by one is made to wait a few times only.
 */
export async function openRounds(ctx: CaseContext): Promise<(workers: readonly Worker[]) => Promise<void>> {
  const stores = [ctx.store, await ctx.second()] as const
  let round = 0
  let late = 0
  return async (workers) => {
    round += 1
    const ends = await ctx.race(workers.length, async (index, barrier) => {
      const { turn, work } = workers[index] as Worker
      const store = stores[index % 2 === 0 ? 0 : 1]
      const meet = async () => {
        if (late < PATIENCE && !(await barrier(`round ${round}`))) late += 1
      }
      if (turn === 'late') await meet()
      await work(store, turn === 'between' ? meet : async () => {})
      // Also who was refused before it came to meet: the others wait for it.
      if (turn !== 'late') await meet()
    })
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }
}
