import { describe, expect, it } from 'vitest'

import { engineCases } from '../src/engine.ts'
import { faultyUnderEngine, findGaps, selftest, type Kill } from '../src/faulty.ts'
import { createServedTarget } from './served-target.ts'

describe('a faulty store is found through the engine, by the promise that it breaks there', () => {
  const kills: Kill[] = []

  it.each(faultyUnderEngine)('$name ($breaks)', async (faulty) => {
    const options = { faulty: [faulty], cases: engineCases }
    const [kill] = await selftest(createServedTarget(), options)
    if (kill !== undefined) kills.push(kill)
    expect(kill).toMatchObject({
      result: 'killed',
      observation: expect.stringContaining(faulty.expect) as unknown,
    })
  })

  it('and every stable MUST of the engine is watched by at least one', () => {
    expect(findGaps(kills, ['engine'])).toEqual([])
  })
})
