import { describe, expect, it } from 'vitest'

import { faultyStores, findGaps, selftest, type Kill } from '../src/faulty.ts'
import { runConformance, storeCases } from '../src/index.ts'
import { createServedTarget } from './served-target.ts'

const PROFILES = ['store-core', 'store-concurrent', 'store-durable', 'store-relational'] as const

describe('the store that is spoiled', () => {
  it('is good, and has every power', { timeout: 120_000 }, async () => {
    const report = await runConformance(createServedTarget(), { profiles: PROFILES })
    expect(report.cases.filter(({ verdict }) => verdict !== 'pass')).toEqual([])
    expect(report).toMatchObject({ verdict: 'conformant', problems: [] })
    expect(report.cases).toHaveLength(storeCases.length)
  })
})

describe('a faulty store is found by the promise that it breaks', () => {
  const kills: Kill[] = []

  it.each(faultyStores)('$name ($breaks)', async (faulty) => {
    const [kill] = await selftest(createServedTarget(), { faulty: [faulty], timeScale: 0.1 })
    if (kill !== undefined) kills.push(kill)
    expect(kill).toMatchObject({
      result: 'killed',
      observation: expect.stringContaining(faulty.expect) as unknown,
    })
  })

  it('and every stable MUST is watched by at least one', () => {
    expect(kills).toHaveLength(faultyStores.length)
    expect(findGaps(kills)).toEqual([])
  })
})
