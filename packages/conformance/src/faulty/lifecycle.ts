import { StoreError } from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayTransactions } from './overlay.ts'

/** How a store ends, and what it declares. */
export const faultyLifecycle: readonly FaultyStore[] = [
  {
    name: 'open-after-closing',
    defect: 'A closed store goes on.',
    breaks: 'UE-LIFECYCLE-001',
    expect: 'transaction after close resolved',
    corrupt: () => (good) => overlay(good, { close: async () => {} }),
  },
  {
    name: 'waits-for-one',
    defect: 'close waits for the first of the open transactions that ends.',
    breaks: 'UE-LIFECYCLE-001',
    expect: 'transactions that were open when close resolved: it has',
    by: 'UE-LIFECYCLE-001/waits',
    corrupt: () => (good) => {
      const open = new Set<Promise<unknown>>()
      return overlay(good, {
        transaction(scope, work, reads) {
          const running = good.transaction(scope, work, reads)
          open.add(running)
          const end = () => void open.delete(running)
          running.then(end, end)
          return running
        },
        close: () => Promise.race([good.close(), ...open]).then(ignore, ignore),
      })
    },
  },
  {
    name: 'closes-once-only',
    defect: 'Closing a closed store fails.',
    breaks: 'UE-LIFECYCLE-002',
    expect: 'close, again was rejected with StoreError UNAVAILABLE',
    corrupt: () => (good) => {
      let closed = false
      return overlay(good, {
        async close() {
          if (closed) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
          closed = true
          await good.close()
        },
      })
    },
  },
  {
    name: 'closes-for-everybody',
    defect: 'Closing one handle closes the others.',
    breaks: 'UE-LIFECYCLE-003',
    expect: 'the store unexpectedly answered StoreError UNAVAILABLE',
    corrupt: () => {
      let closed = false
      return (good) =>
        overlay(good, {
          async transaction(scope, work) {
            if (closed) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
            return good.transaction(scope, work)
          },
          async close() {
            closed = true
            await good.close()
          },
        })
    },
  },
  {
    name: 'capabilities-can-be-changed',
    defect: 'The capabilities are an object that anybody can change.',
    breaks: 'UE-CAPABILITY-001',
    expect: 'the declaration is frozen',
    corrupt: () => (good) => overlay(good, { capabilities: { ...good.capabilities } }),
  },
  {
    name: 'claims-to-be-serializable',
    defect: 'It declares serializable, and is not.',
    breaks: 'UE-CAPABILITY-002',
    expect: 'with isolation serializable',
    corrupt: () => (good) => {
      const capabilities = Object.freeze({ ...good.capabilities, isolation: 'serializable' as const })
      return overlay(good, {
        capabilities,
        diagnostics: async () => ({ ...(await good.diagnostics()), capabilities }),
      })
    },
  },
  {
    name: 'claims-to-be-durable',
    defect: 'It declares durable, and every handle begins with nothing of what was there.',
    breaks: 'UE-CAPABILITY-003',
    expect: 'the user and the denials: [0] is',
    corrupt: () => {
      let closed = false
      return (good) => {
        const capabilities = Object.freeze({ ...good.capabilities, durable: true })
        const forgotten = closed
        return overlayTransactions(
          overlay(good, {
            capabilities,
            diagnostics: async () => ({ ...(await good.diagnostics()), capabilities }),
            async close() {
              closed = true
              await good.close()
            },
          }),
          (tx) => (forgotten ? { users: overlay(tx.users, { find: async () => null }) } : {}),
        )
      }
    },
  },
]

function ignore(): void {}
