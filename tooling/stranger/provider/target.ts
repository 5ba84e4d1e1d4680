import { defineTarget, type Instance } from '@user-engine/conformance'
import { createFaultyTarget, faultyStores } from '@user-engine/conformance/faulty'
import { createMemoryDatabase, type MemoryDatabase } from '@user-engine/memory'

interface Opened extends Instance {
  readonly database: MemoryDatabase
  ahead: number
}

const good = defineTarget<Opened>({
  identity: { name: 'acme', version: '1.2.3' },
  async open({ id }) {
    const time = { ahead: 0 }
    const database = createMemoryDatabase({ clock: () => new Date(Date.now() + time.ahead) })
    return Object.assign(time, { universe: id, database, store: database.open() })
  },
  second: async ({ database }) => database.open(),
  destroy: ({ store }) => store.close(),
  clock: {
    async advance(instance, ms) {
      instance.ahead += ms
    },
  },
})

const [faulty] = faultyStores.filter(({ breaks }) => breaks === 'UE-TRANSACTION-002')
if (faulty === undefined) throw new Error('The kit publishes no store that breaks UE-TRANSACTION-002.')

export const target = process.env['BROKEN'] === '1' ? createFaultyTarget(good, faulty) : good
