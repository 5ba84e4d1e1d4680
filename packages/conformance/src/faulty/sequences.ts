import type { StoreTransaction } from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayTransactions, REPOSITORIES, repositoryOf } from './overlay.ts'

/** Every call by itself is in order: only what came before makes it wrong. */
export const faultySequences: readonly FaultyStore[] = [
  {
    name: 'forgets-guards-once-undone',
    defect: 'Once a nested transaction was undone, guards of the one around it do nothing.',
    breaks: 'UE-SEQUENCE-001',
    expect: 'was kept, and not refused with VERSION_CONFLICT',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => {
        let undone = false
        const forgetful = REPOSITORIES.map((name) => {
          const repository = repositoryOf(tx, name)
          const members: Partial<typeof repository> = {
            async guard(seen) {
              if (!undone) await repository.guard(seen)
            },
            async guardState(seen) {
              if (!undone) await repository.guardState(seen)
            },
          }
          return [name, overlay(repository, members)]
        })
        return {
          ...(Object.fromEntries(forgetful) as Partial<StoreTransaction>),
          async nested(work) {
            try {
              return await tx.nested(work)
            } catch (error) {
              undone = true
              throw error
            }
          },
        }
      }),
  },
]
