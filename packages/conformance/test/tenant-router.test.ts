import { createEngineRouter, createUserEngine, type UserEngineService } from '@user-engine/core'
import { StoreError, type UserEngineStore } from '@user-engine/store'
import { testPostgres } from '@user-engine/test-postgres/vitest'
import { afterAll, describe, it } from 'vitest'

import type { PostgresTarget } from '../src/postgres.ts'
import { describeStore } from '../src/vitest.ts'
import { createStoreTarget } from './postgres-target.ts'
import { topology } from './topology.ts'

/**
 * Database-per-tenant: every call of the kit goes through a router that keeps one engine open. A database has two names, which
 * take turns after some calls: then one engine is closed and the other opened, in the middle of whatever is under way.
 */
const databases = await createStoreTarget(testPostgres())
const CALLS_OF_A_NAME = 10

function routed(opened: UserEngineStore, open: () => Promise<UserEngineStore>): UserEngineStore {
  const stores = new WeakMap<UserEngineService, UserEngineStore>()
  const router = createEngineRouter({
    maxOpen: 1,
    async open() {
      const store = await open()
      const engine = createUserEngine({
        store,
        authorize: () => ({ allow: true }),
        requestHashKeys: ['k'.repeat(32)],
      })
      stores.set(engine, store)
      return engine
    },
  })
  let calls = 0
  let closed = false
  async function on<Result>(work: (store: UserEngineStore) => Promise<Result>): Promise<Result> {
    if (closed) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
    calls += 1
    return router.on(calls % (2 * CALLS_OF_A_NAME) < CALLS_OF_A_NAME ? 'one' : 'other', (engine) => {
      const store = stores.get(engine)
      if (store === undefined) throw new Error('It was opened above.')
      return work(store)
    })
  }
  return {
    capabilities: opened.capabilities,
    denials: { append: (record) => on((store) => store.denials.append(record)) },
    outbox: {
      claim: (request) => on((store) => store.outbox.claim(request)),
      extend: (events, leaseMs) => on((store) => store.outbox.extend(events, leaseMs)),
      ack: (events) => on((store) => store.outbox.ack(events)),
      nack: (refusal) => on((store) => store.outbox.nack(refusal)),
      redrive: (eventIds) => on((store) => store.outbox.redrive(eventIds)),
      startEpoch: () => on((store) => store.outbox.startEpoch()),
      state: () => on((store) => store.outbox.state()),
    },
    transaction: (scope, work, reads) => on((store) => store.transaction(scope, work, reads)),
    position: () => on((store) => store.position()),
    // These two answer when it is closed, too.
    readiness: () => (closed ? opened.readiness() : on((store) => store.readiness())),
    schemaVersion: () => on((store) => store.schemaVersion()),
    diagnostics: () => (closed ? opened.diagnostics() : on((store) => store.diagnostics())),
    async close() {
      closed = true
      await router.close()
      await opened.close()
    },
  }
}

const target: PostgresTarget = {
  ...databases,
  identity: { name: '@user-engine/postgres behind a router', version: '0.0.0' },
  async open(request) {
    const instance = await databases.open(request)
    const open = async () => databases.second({ ...instance, beside: instance.proxy })
    return { ...instance, store: routed(instance.store, open) }
  },
  async second(instance) {
    const open = async () => databases.second(instance)
    return routed(await open(), open)
  },
}

afterAll(() => databases.dispose())

// The scripts of the model are hundreds of calls each: most of their time would go into opening.
describeStore({ describe, it }, target, {
  profiles: ['store-core'],
  not: ['UE-SEQUENCE'],
  ...topology('tenant-router'),
})
