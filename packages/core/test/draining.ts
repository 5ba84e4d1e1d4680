import type { OutboxRelay, UserEngineStore } from '@user-engine/store'

import type { World } from './world.ts'

/** A relay with some of its calls replaced. */
export function relaying(change: (relay: OutboxRelay) => Partial<OutboxRelay>) {
  return (store: UserEngineStore): UserEngineStore => ({
    ...store,
    outbox: { ...store.outbox, ...change(store.outbox) },
  })
}

export const NOTHING = { delivered: 0, refused: 0, dead: 0, lost: 0 }

/** Some users with a history: streams of several versions. */
export async function history(world: World, users = 5): Promise<string[]> {
  const ids: string[] = []
  for (let index = 0; index < users; index += 1) {
    const userId = (await world.provision()).user
    ids.push(userId)
    await world.directory.suspendUser({ userId })
    await world.directory.reactivateUser({ userId })
  }
  return ids
}
