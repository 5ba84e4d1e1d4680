import { describe, expect, it } from 'vitest'

import { createFaultyTarget, oddStores } from '../src/faulty.ts'
import { runConformance, storeCases } from '../src/index.ts'
import { createServedTarget } from './served-target.ts'

const PROFILES = ['store-core', 'store-concurrent', 'store-durable', 'store-relational'] as const
/** What only a full run has is more of the same. */
const cases = storeCases.filter(({ budget }) => budget !== 'full')

describe('an odd store is found nothing in', () => {
  it.each(oddStores)('$name: $oddity', { timeout: 120_000 }, async (odd) => {
    const report = await runConformance(createFaultyTarget(createServedTarget(), odd), {
      profiles: PROFILES,
      timeScale: 0.5,
      cases,
    })
    const found = report.cases.filter(({ verdict }) => verdict !== 'pass')
    expect(found.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([])
    expect(report.verdict).toBe('conformant')
  })
})
