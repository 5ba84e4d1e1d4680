import { isStoreError, StoreError, type StoreErrorCode } from '@user-engine/store'

import { describeError } from './canaries.ts'
import type { ExpectedError } from './case.ts'
import { differences, show } from './show.ts'

const MEMBERS: Readonly<Record<StoreErrorCode, readonly string[]>> = {
  CONFLICT: ['constraint'],
  VERSION_CONFLICT: ['kind', 'id'],
  SCOPE_MISSING: [],
  TENANT_BOUNDARY: ['kind'],
  SERIALIZATION: [],
  UNKNOWN_OUTCOME: [],
  LEASE_LOST: [],
  NOT_READY: ['check'],
  UNAVAILABLE: ['reason'],
  TIMEOUT: [],
}

/** What of an error is not as the port has it for its code. */
function oddityOf(error: StoreError): string | null {
  const { code, details, retryable } = error
  const strange = Object.keys(details).filter((name) => !MEMBERS[code].includes(name))
  if (strange.length > 0) return `its details have ${strange.join(', ')}`
  return retryable === new StoreError(code, details).retryable ? null : `retryable is ${retryable}`
}

export function expectationName(expected: ExpectedError): string {
  return expected === 'TypeError'
    ? expected
    : [expected.code, ...Object.values(expected.details ?? {}).map(show)].join(' ')
}

/** What is wrong with an error, or null where it is the expected one. */
export function mismatchOf(error: unknown, expected: ExpectedError): string | null {
  const instead = `was rejected with ${describeError(error)}, and not with ${expectationName(expected)}`
  if (expected === 'TypeError') return error instanceof TypeError ? null : instead
  if (!isStoreError(error, expected.code)) return instead
  const oddity = oddityOf(error)
  if (oddity !== null) return `was rejected with ${expected.code}, but ${oddity}`
  const found = expected.details === undefined ? [] : differences(error.details, expected.details)
  return found.length === 0 ? null : `was rejected with ${expected.code}, but ${found.join('; ')}`
}
