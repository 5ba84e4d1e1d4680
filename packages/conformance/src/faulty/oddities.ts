import { StoreError, type LeaseToken, type UserEngineStore } from '@user-engine/store'

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
  {
    name: 'tokens-of-its-own',
    oddity: 'The token of a lease is a text of another form.',
    corrupt: () => {
      const tokens = new Map<string, LeaseToken>()
      const issue = (token: LeaseToken) => {
        const own = `lease/${tokens.size}/of the store`
        tokens.set(own, token)
        return own as LeaseToken
      }
      const known = (own: LeaseToken) => tokens.get(own) ?? own
      return (good) =>
        overlay(good, {
          outbox: overlay(good.outbox, {
            async claim({ ack, ...request }) {
              const settled = ack === null ? null : { ...ack, token: known(ack.token) }
              const claim = await good.outbox.claim({ ...request, ack: settled })
              return { ...claim, token: issue(claim.token) }
            },
            extend: (events, leaseMs) =>
              good.outbox.extend({ ...events, token: known(events.token) }, leaseMs),
            ack: (events) => good.outbox.ack({ ...events, token: known(events.token) }),
            nack: (refusal) => good.outbox.nack({ ...refusal, token: known(refusal.token) }),
          }),
        })
    },
  },
  {
    name: 'connects-late',
    oddity: 'It connects when it is first used, and that takes a while.',
    corrupt: () => (good) => {
      let connected: Promise<unknown> | null = null
      const connect = () => (connected ??= new Promise((resolve) => setTimeout(resolve, 10 * LATENCY_MS)))
      return overlay(good, {
        async transaction(scope, work, reads) {
          await connect()
          return good.transaction(scope, work, reads)
        },
        outbox: overlay(good.outbox, {
          async claim(request) {
            await connect()
            return good.outbox.claim(request)
          },
        }),
      })
    },
  },
  {
    name: 'sends-denials-twice',
    oddity: 'A denial is sent twice, for what the first answer is worth.',
    corrupt: () => (good) =>
      overlay(good, {
        denials: {
          async append(record) {
            await good.denials.append(record)
            await good.denials.append(record)
          },
        },
      }),
  },
  {
    name: 'microseconds',
    oddity: 'Its clock counts microseconds: an age in milliseconds has a fraction.',
    corrupt: () => (good) =>
      overlay(good, {
        outbox: overlay(good.outbox, {
          async state() {
            const state = await good.outbox.state()
            return { ...state, oldestAgeMs: state.oldestAgeMs === null ? null : state.oldestAgeMs + 0.123 }
          },
        }),
      }),
  },
  {
    name: 'more-than-asked',
    oddity: 'Readiness has checks of its own, and diagnostics figures of its own.',
    corrupt: () => (good) =>
      overlay(good, {
        async readiness() {
          const report = await good.readiness()
          return {
            ...report,
            checks: [
              ...report.checks,
              { code: 'odd.weather', status: 'pass' as const, details: { clouds: 3 } },
            ],
          }
        },
        async diagnostics() {
          const report = await good.diagnostics()
          return { ...report, gauges: { ...report.gauges, 'odd.temperature': 21.5 } }
        },
      }),
  },
]
