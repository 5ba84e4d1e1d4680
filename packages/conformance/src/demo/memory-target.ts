import { createMemoryDatabase, type MemoryDatabase, type MemoryStoreOptions } from '@user-engine/memory'

import { defineTarget, type Instance, type Observer, type Target } from '../target.ts'

export interface MemoryInstance extends Instance {
  readonly database: MemoryDatabase
  /** What the store's clock is ahead by. */
  ahead: number
}

/** The reference store as a target: each handle is a store of its own on the same data. */
export function createMemoryTarget(options: MemoryStoreOptions = {}): Target<MemoryInstance> {
  return defineTarget<MemoryInstance>({
    identity: { name: '@user-engine/memory', version: options.writes ?? 'eager' },
    async open({ id }) {
      const time = { ahead: 0 }
      const clock = () => new Date(Date.now() + time.ahead)
      const database = createMemoryDatabase({ clock, ...options })
      return Object.assign(time, { universe: id, database, store: database.open() })
    },
    second: async ({ database }) => database.open(),
    destroy: ({ store }) => store.close(),
    observer: ({ database }) => observe(database),
    clock: {
      async advance(instance, ms) {
        instance.ahead += ms
      },
    },
  })
}

/** Reads the rows of a database without a store. */
export function observe(database: MemoryDatabase): Observer {
  return {
    async rows(noun) {
      return database.rows(noun).map((row) => ({
        scopeId: row.scopeId,
        id: 'record' in row && 'expiresAt' in row ? row.record.commandId : row.id,
        version: 'version' in row ? row.version : null,
        raw: JSON.stringify(row),
      }))
    },
  }
}
