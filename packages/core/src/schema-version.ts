import type { UserEngineStore } from '@user-engine/store'

import { fromStoreError } from './errors.ts'

/** Which schema is stored and how it relates to this release. UNAVAILABLE or TIMEOUT where it can't be read. */
export function createSchemaVersion(store: UserEngineStore) {
  return () =>
    store.schemaVersion().catch((error: unknown) => {
      throw fromStoreError(error, [])
    })
}
