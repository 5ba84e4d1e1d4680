import { createMemoryStore, type MemoryStoreOptions } from '@user-engine/memory'
import type { UserEngineStore } from '@user-engine/store'

import { defineTarget, type Instance, type Target } from '../src/index.ts'

export interface MemoryInstance extends Instance {
  /** What the store's clock is ahead by. */
  ahead: number
}

/** The reference store as a target. It has one process and one handle: a second one is the same, but for closing. */
export function createMemoryTarget(options: MemoryStoreOptions = {}): Target<MemoryInstance> {
  return defineTarget<MemoryInstance>({
    identity: { name: '@user-engine/memory', version: options.writes ?? 'eager' },
    async open({ id }) {
      const instance = { universe: id, ahead: 0 }
      const clock = () => new Date(Date.now() + instance.ahead)
      return Object.assign(instance, { store: createMemoryStore({ clock, ...options }) })
    },
    second: async ({ store }) => handleOf(store),
    destroy: ({ store }) => store.close(),
    clock: {
      async advance(instance, ms) {
        instance.ahead += ms
      },
    },
  })
}

/** Another handle on a store in the same process: it closes itself alone. */
function handleOf(store: UserEngineStore): UserEngineStore {
  return Object.freeze({ ...store, close: async () => {} })
}
