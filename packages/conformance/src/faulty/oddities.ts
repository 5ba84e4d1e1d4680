import { StoreError, type UserEngineStore } from '@user-engine/store'

import { createRandom } from '../random.ts'
import { overlay, overlayRepositories } from './overlay.ts'

/** A store that is odd, and keeps every promise: the kit must find nothing in it. */
export interface OddStore {
  readonly name: string
  readonly oddity: string
  readonly corrupt: () => (good: UserEngineStore) => UserEngineStore
}

const LATENCY_MS = 2

export const oddStores: readonly OddStore[] = [
  {
    name: 'global-lock',
    oddity: 'Transactions run one after the other.',
    corrupt: () => {
      let last: Promise<unknown> = Promise.resolve()
      return (good) =>
        overlay(good, {
          transaction(scope, work, reads) {
            const own = last.then(() => good.transaction(scope, work, reads))
            last = own.catch(() => {})
            return own
          },
        })
    },
  },
  {
    name: 'latency',
    oddity: `Everything takes ${LATENCY_MS} ms longer.`,
    corrupt: () => (good) => {
      const pause = () => new Promise((resolve) => setTimeout(resolve, LATENCY_MS))
      return overlayRepositories(
        overlay(good, {
          async transaction(scope, work, reads) {
            await pause()
            const result = await good.transaction(scope, work, reads)
            await pause()
            return result
          },
          denials: {
            async append(record) {
              await pause()
              await good.denials.append(record)
              await pause()
            },
          },
        }),
        (repository) => ({
          async find(id) {
            await pause()
            return repository.find(id)
          },
        }),
      )
    },
  },
  {
    name: 'aborts',
    oddity: 'Three in ten transactions are rolled back as a serialization failure.',
    corrupt: () => {
      const random = createRandom('aborts')
      return (good) =>
        overlay(good, {
          transaction: (scope, work, reads) =>
            good.transaction(
              scope,
              async (tx) => {
                const result = await work(tx)
                if (random.below(10) < 3) throw new StoreError('SERIALIZATION', {})
                return result
              },
              reads,
            ),
        })
    },
  },
  {
    name: 'frozen',
    oddity: 'Every record that is found is frozen.',
    corrupt: () => (good) =>
      overlayRepositories(good, (repository) => ({
        async find(id) {
          const found = await repository.find(id)
          return found === null ? null : Object.freeze(found)
        },
      })),
  },
  {
    name: 'any-order',
    oddity: 'A claim gives its events, each of another aggregate, in no order.',
    corrupt: () => {
      const random = createRandom('any order')
      return (good) =>
        overlay(good, {
          outbox: overlay(good.outbox, {
            async claim(request) {
              const claim = await good.outbox.claim(request)
              return { ...claim, events: random.shuffle(claim.events) }
            },
          }),
        })
    },
  },
]
