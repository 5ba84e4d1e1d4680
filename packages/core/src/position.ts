import type { UserEngineStore } from '@user-engine/store'

import { fromStoreError } from './errors.ts'

/** How far the store has come. UNAVAILABLE or TIMEOUT where it can't be told. */
export function createPosition(store: UserEngineStore) {
  return (): Promise<string> =>
    store.position().catch((error: unknown) => {
      throw fromStoreError(error, [])
    })
}
