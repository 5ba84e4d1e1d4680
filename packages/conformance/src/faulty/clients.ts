import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { StoreError, type StoreTransaction } from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayRepositories, overlayTransactions } from './overlay.ts'

/** Between the two commits of what should be one. */
const BETWEEN_MS = 300

/** What shows when a process dies. */
export const faultyClients: readonly FaultyStore[] = [
  {
    name: 'lock-files',
    defect: 'What is updated is locked by a file, which whoever made it removes when its transaction ends.',
    breaks: 'UE-TRANSACTION-013',
    expect: 'a write that waited for a process that was killed did not answer',
    by: 'UE-TRANSACTION-013/held',
    needs: ['faults.client', 'observer'],
    corrupt: () => (good) => {
      const files = new Set<string>()
      let closed = false
      /** Of a transaction, by what it is called with. */
      async function lock(id: string, held: Set<string>): Promise<void> {
        const file = join(tmpdir(), `user-engine-lock-${id}`)
        files.add(file)
        while (!held.has(file)) {
          if (closed) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
          try {
            writeFileSync(file, '', { flag: 'wx' })
            held.add(file)
          } catch {
            await wait(5)
          }
        }
      }
      return overlay(good, {
        async transaction(scope, work, reads) {
          const held = new Set<string>()
          const locking = overlayRepositories(good, (repository) => ({
            async update(record) {
              await lock(record.id, held)
              await repository.update(record)
            },
          }))
          try {
            return await locking.transaction(scope, work, reads)
          } finally {
            for (const file of held) rmSync(file, { force: true })
          }
        },
        async close() {
          closed = true
          await good.close()
          // Of those that died, so that nothing is left of this one.
          for (const file of files) rmSync(file, { force: true })
        },
      })
    },
  },
  {
    name: 'trail-in-a-second-commit',
    defect: 'Audit records and events are committed by themselves, once the rest of their transaction is.',
    breaks: 'UE-TRANSACTION-013',
    expect: 'rows of key, user, audit and events of a process that was killed while it wrote',
    by: 'UE-TRANSACTION-013/writing',
    disturbs: ['UE-TRANSACTION-001', 'UE-TRANSACTION-004', 'UE-TRANSACTION-007'],
    needs: ['faults.client', 'observer'],
    corrupt: () => (good) =>
      overlay(good, {
        async transaction(scope, work, reads) {
          const trail: ((tx: StoreTransaction) => Promise<void>)[] = []
          const parting = overlayTransactions(good, (tx) => ({
            audit: overlay(tx.audit, {
              append: async (record) => void trail.push(({ audit }) => audit.append(record)),
            }),
            outbox: overlay(tx.outbox, {
              append: async (event) => void trail.push(({ outbox }) => outbox.append(event)),
            }),
          }))
          const result = await parting.transaction(scope, work, reads)
          if (trail.length === 0) return result
          await wait(BETWEEN_MS)
          await good.transaction(scope, async (tx) => {
            for (const append of trail) await append(tx)
          })
          return result
        },
      }),
  },
]
