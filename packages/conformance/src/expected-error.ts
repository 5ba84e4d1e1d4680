import { isStoreError } from '@user-engine/store'

import { describeError } from './canaries.ts'
import type { ExpectedError } from './case.ts'
import { differences, show } from './show.ts'

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
  const found = expected.details === undefined ? [] : differences(error.details, expected.details)
  return found.length === 0 ? null : `was rejected with ${expected.code}, but ${found.join('; ')}`
}
