import { describe, expect, it } from 'vitest'

import { likelyCauses } from '../src/faulty/causes.ts'

describe('the likely causes of a failure', () => {
  it('are what published faulty stores do that are found by the same observation', () => {
    expect(likelyCauses('UE-OUTBOX-016', 'counts: pending is 2, not 1')).toEqual([
      'The state of the outbox counts leased events as pending ones too.',
      'What is leased is counted as pending too.',
    ])
  })

  it('are none where no faulty store was found by what was seen', () => {
    expect(likelyCauses('UE-OUTBOX-016', 'something that nobody has seen')).toEqual([])
    expect(likelyCauses('UE-OUTBOX-001', 'counts: pending is 2, not 1')).toEqual([])
  })
})
