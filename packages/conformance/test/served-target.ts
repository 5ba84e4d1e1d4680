import { createMemoryDatabase } from '@user-engine/memory'

import { defineTarget, type Instance, type Target } from '../src/index.ts'
import { startServedClient } from './served-client.ts'
import { connect, createServer, type Connections, type Server } from './served-store.ts'
import { observe } from '../src/demo/memory-target.ts'

/** What still fits on a disk that is full: there is room left on pages that were begun. */
const SLACK = 8

export interface ServedInstance extends Instance {
  readonly server: Server
  readonly connections: Connections
  /** What the store's clock is ahead by. */
  ahead: number
}

/** A store in memory behind a link, with every power: all cases can be run on it, and each faulty store found. */
export function createServedTarget(): Target<ServedInstance> {
  return defineTarget<ServedInstance>({
    identity: { name: 'a store behind a link', version: '1' },
    async open({ id }) {
      const time = { ahead: 0 }
      const server = createServer(createMemoryDatabase({ clock: () => new Date(Date.now() + time.ahead) }))
      const connections = { exhausted: false }
      const store = connect(server, connections)
      return Object.assign(time, { universe: id, server, connections, store })
    },
    second: async ({ server }) => connect(server),
    async destroy({ server, connections, store }) {
      connections.exhausted = false
      Object.assign(server, { suspended: false, demoted: false, room: Infinity, cut: null })
      server.endSessions()
      await store.close()
    },
    observer: ({ server }) => observe(server.database),
    clock: {
      async advance(instance, ms) {
        instance.ahead += ms
      },
    },
    migrations: {
      async put({ server }, fault) {
        server.schema = fault
        return async () => {
          server.schema = null
        }
      },
    },
    faults: {
      async suspend({ server }) {
        server.suspended = true
        return async () => {
          server.suspended = false
        }
      },
      async cut({ server }, point) {
        server.cut = point
        return async () => {
          server.cut = null
        }
      },
      terminate: async ({ server }) => server.endSessions(),
      crash: async ({ server }) => server.endSessions(),
      async demote({ server }) {
        server.demoted = true
        return async () => {
          server.demoted = false
        }
      },
      client: ({ server }) => startServedClient(server),
      async fill({ server }) {
        server.room = SLACK
        return async () => {
          server.room = Infinity
        }
      },
      async exhaust({ connections }) {
        connections.exhausted = true
        return async () => {
          connections.exhausted = false
        }
      },
    },
  })
}
