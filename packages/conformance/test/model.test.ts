import { describe, expect, it } from 'vitest'

import { createFaultyTarget, faultyStores } from '../src/faulty.ts'
import { runConformance, type Json } from '../src/index.ts'
import type { Call, Script, Step } from '../src/model/script.ts'
import { shrink } from '../src/model/shrink.ts'
import { createStatistics, EXPECTED } from '../src/model/statistics.ts'
import { createMemoryTarget } from '../src/demo/memory-target.ts'

const ID = 'UE-SEQUENCE-001/work'
const run = (name: string | null, options: object = {}) => {
  const good = createMemoryTarget()
  const faulty = faultyStores.find((one) => one.name === name)
  return runConformance(faulty === undefined ? good : createFaultyTarget(good, faulty), {
    profiles: ['store-core'],
    budget: 'smoke',
    only: [ID],
    ...options,
  })
}
const caseOf = (report: Awaited<ReturnType<typeof run>>) => report.cases.find(({ id }) => id === ID)

describe('a store that parts from the model', () => {
  it('is told by the shortest script, which parts them again and leaves a good store alone', async () => {
    const found = caseOf(await run('wraps-the-callers-error'))
    expect(found?.verdict).toBe('fail')
    expect(found?.failures.map(({ requirement }) => requirement)).toEqual([
      'UE-TRANSACTION-009',
      'UE-SEQUENCE-001',
    ])
    expect(found?.script?.steps).toHaveLength(1)

    const scripts = { [ID]: found?.script?.data as Json }
    const again = caseOf(await run('wraps-the-callers-error', { scripts }))
    expect([again?.verdict, again?.reason]).toEqual([found?.verdict, found?.reason])
    expect(caseOf(await run(null, { scripts }))).toMatchObject({
      verdict: 'pass',
      notes: ['nothing was played but the script that was given'],
    })
  })

  it('is told in the same way by the same seed, and by another one in its own', async () => {
    const options = { seed: 'two' }
    const [one, other] = [await run('flat-nesting', options), await run('flat-nesting', options)]
    expect(caseOf(one)?.script).not.toBeNull()
    expect(caseOf(one)?.script).toEqual(caseOf(other)?.script)
  })
})

describe('a script that fails', () => {
  const call = (about: number): Call => ({ do: 'deny', about })
  const nested = (...body: Call[]): Call => ({
    do: 'nested',
    caught: true,
    body,
    end: 'resolve',
    swallow: false,
  })
  const step = (...body: Call[]): Step => ({
    do: 'transaction',
    scope: 0,
    handle: 0,
    limit: 1,
    body,
    end: 'resolve',
    swallow: true,
  })
  const seven = (calls: readonly Call[]): boolean =>
    calls.some((one) => (one.do === 'nested' ? seven(one.body) : one.do === 'deny' && one.about === 7))
  const fails = async (script: Script) =>
    script.some((one) => one.do === 'transaction' && seven(one.body)) &&
    script.some((one) => one.do === 'elapse')

  it('is left with nothing that could be left out', async () => {
    const script = [
      step(call(1)),
      { do: 'elapse' },
      { do: 'redrive' },
      step(call(2), nested(call(3), nested(call(7), call(4)))),
      { do: 'elapse' },
    ] as const satisfies Script
    const shortest = await shrink(script, fails)
    expect(shortest).toEqual([{ ...step(call(7)), swallow: false }, { do: 'elapse' }])
  })
})

describe('what was drawn', () => {
  it('means nothing where nothing was seen', () => {
    const statistics = createStatistics()
    expect(EXPECTED.filter((one) => statistics.judge(one))).toEqual([])
  })

  it('means nothing where all was of one kind', () => {
    const statistics = createStatistics()
    for (let script = 0; script < 10; script += 1) {
      statistics.transaction({
        depth: 0,
        moves: [],
        calls: ['insert'],
        swallow: false,
        outcome: { kind: 'kept' },
        denied: false,
      })
      statistics.script(0)
    }
    expect(EXPECTED.filter((one) => statistics.judge(one))).toEqual([EXPECTED[0]])
  })
})
