import { describe, expect, it } from 'vitest'

import { createFaultyTarget, oddStores } from '../src/faulty.ts'
import { runConformance } from '../src/index.ts'
import { createServedTarget } from './served-target.ts'

const PROFILES = ['store-core', 'store-concurrent', 'store-durable', 'store-relational'] as const

describe('an odd store is found nothing in', () => {
  it.each(oddStores)('$name: $oddity', async (odd) => {
    const report = await runConformance(createFaultyTarget(createServedTarget(), odd), {
      profiles: PROFILES,
      timeScale: 0.5,
    })
    const found = report.cases.filter(({ verdict }) => verdict !== 'pass')
    expect(found.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([])
    expect(report.verdict).toBe('conformant')
  })
})
