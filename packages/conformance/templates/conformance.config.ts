import { defineTarget } from '@user-engine/conformance'
import type { UserEngineStore } from '@user-engine/store'

/** Put your adapter here: a handle on the data called `name`. New data are empty, and shared with no other name. */
function openYourStore(name: string): Promise<UserEngineStore> {
  throw new Error(`openYourStore of conformance.config.ts opens nothing yet for ${name}`)
}

const target = defineTarget({
  identity: { name: 'your-store', version: '0.0.0' },
  async open({ id }) {
    return { universe: id, store: await openYourStore(id) }
  },
  // Another handle on the same data, as a second process would have one.
  second: ({ universe }) => openYourStore(universe),
  // Closes what is open, and removes all that open made.
  async destroy({ store }) {
    await store.close()
  },
})

export default { target, profiles: ['store-core', 'store-concurrent'] as const }
