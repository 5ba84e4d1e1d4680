import { StoreError, type VersionedRecord } from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayRepositories } from './overlay.ts'

export const faultyReplicas: readonly FaultyStore[] = [
  {
    name: 'reads-from-a-copy-that-lags',
    defect: 'Reads that may go to a replica go there, whatever it has replayed.',
    breaks: 'UE-REPLICA-001',
    expect: 'the tenant account in turn 1',
    corrupt: () => {
      const copies = new Map<string, VersionedRecord | null>()
      return (good) => {
        const lagging = overlayRepositories(good, (repository, name) => ({
          async find(id) {
            const key = `${name} ${id}`
            const copy = copies.get(key) ?? (await repository.find(id))
            copies.set(key, copy)
            return copy
          },
        }))
        return overlay(good, {
          transaction: (scope, work, reads) =>
            (reads === undefined ? good : lagging).transaction(scope, work, reads),
        })
      }
    },
  },
  {
    name: 'writes-where-it-only-reads',
    defect: 'A transaction that only reads is one like any other.',
    breaks: 'UE-REPLICA-002',
    expect: 'an insert: ',
    corrupt: () => (good) => overlay(good, { transaction: (scope, work) => good.transaction(scope, work) }),
  },
  {
    name: 'guards-states-where-it-only-reads',
    defect: 'In a transaction that only reads a guard by states passes, and holds nothing.',
    breaks: 'UE-REPLICA-002',
    expect: 'a guard by states: ',
    corrupt: () => (good) => {
      const lenient = overlayRepositories(good, () => ({ guardState: async () => {} }))
      return overlay(good, {
        transaction: (scope, work, reads) =>
          (reads === undefined ? good : lenient).transaction(scope, work, reads),
      })
    },
  },
  {
    name: 'takes-offence-at-a-position',
    defect: 'A position that is not its own is an error.',
    breaks: 'UE-REPLICA-003',
    expect: 'the user after a strange position',
    corrupt: () => (good) => {
      const given = new Set<string | null>([null])
      return overlay(good, {
        async transaction(scope, work, reads) {
          if (reads !== undefined && !given.has(reads.after)) {
            throw new StoreError('UNAVAILABLE', { reason: 'connection' })
          }
          return good.transaction(scope, work, reads)
        },
        async position() {
          const position = await good.position()
          given.add(position)
          return position
        },
      })
    },
  },
]
