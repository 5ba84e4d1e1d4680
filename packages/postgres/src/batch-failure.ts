import { StoreError } from '@user-engine/store'

import { BatchError } from './batch-error.ts'
import type { Unmet } from './flush.ts'
import { isDoubtful, isUnmet, meaningOf } from './sqlstate.ts'

/**
 * The store's word for a batch that did not succeed. `commits`: it would have committed, so that a lost answer leaves the
 * outcome unknown. `unmet`: what the failed statement's own expectation means.
 */
export function batchFailure(error: unknown, commits: boolean, unmet: Unmet | null = null): unknown {
  if (!(error instanceof BatchError)) return error
  const { outcome, fault, atCommit } = error
  const doubtful = outcome === 'unknown' || (fault !== null && isDoubtful(fault, atCommit))
  if (commits && outcome !== 'not-sent' && doubtful) {
    return new StoreError('UNKNOWN_OUTCOME', {}, causeOf(error))
  }
  if (outcome !== 'failed' || fault === null) {
    return new StoreError('UNAVAILABLE', { reason: 'connection' }, causeOf(error))
  }
  return (isUnmet(fault) ? unmet?.(fault.subject) : undefined) ?? meaningOf(fault)
}

function causeOf({ fault }: BatchError): { readonly cause?: unknown } {
  return fault === null ? {} : { cause: { sqlState: fault.sqlState } }
}
