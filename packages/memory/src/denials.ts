import type { DenialLog } from '@user-engine/store'

import { accept } from './isolate.ts'
import { keyOf, type DenialRows } from './tables.ts'

/** Writes at once, beside all transactions: nothing queues here, so nothing can be full. */
export function createDenialLog(denials: DenialRows, expectOpen: () => void): DenialLog {
  return {
    async append(record) {
      expectOpen()
      const key = keyOf(record.scopeId, record.id)
      if (!denials.has(key)) denials.set(key, accept(record))
    },
  }
}
