import { describe, expect, it } from 'vitest'

import { KitError, mergeReports, runConformance, type Report, type Shard } from '../src/index.ts'
import { createMemoryTarget } from '../src/demo/memory-target.ts'
import { timeless } from './timeless.ts'
import { soundCase, toyCase } from './toy-cases.ts'

const cases = [
  ...['a', 'b', 'c', 'd', 'e'].map((name) => toyCase(soundCase.run, { id: `UE-TRANSACTION-001/${name}` })),
  toyCase(async (ctx) => ctx.must('UE-AUDIT-001', false, 'no'), { id: 'UE-AUDIT-001/fails' }),
  toyCase(soundCase.run, { id: 'UE-AUDIT-004/crashes', needs: ['faults.crash'] }),
]
const run = (shard?: Shard, seed = '1'): Promise<Report> =>
  runConformance(createMemoryTarget(), {
    profiles: ['store-core'],
    cases,
    seed,
    ...(shard && { shard }),
  })
const shard = (index: number, seed?: string) => run({ index, count: 3 }, seed)
const [first, second, third] = [await shard(1), await shard(2), await shard(3)]
const whole = await run()
const elsewhere = await shard(3, '2')

describe('the reports of all shards', () => {
  it('are each partial or not conformant, and together what the whole run says', async () => {
    expect([first, second, third].filter(({ exitCode }) => exitCode === 1)).toHaveLength(1)
    for (const order of [
      [first, second, third],
      [third, first, second],
    ])
      expect(timeless(mergeReports(order))).toBe(timeless(whole))
  })

  it.each<[string, readonly Report[], string]>([
    ['one is missing', [first, third], 'Every shard is needed once, and here are 1/3, 3/3.'],
    ['one is there twice', [first, second, second], 'here are 1/3, 2/3, 2/3'],
    ['one is a whole run', [first, second, whole], 'here are 1/3, 2/3, a whole run'],
    ['there is none', [], 'Name the reports of all shards.'],
    ['one has another seed', [first, second, elsewhere], 'seed is "1" in one and "2" in another'],
    [
      'one is of another target',
      [first, second, { ...third, target: { ...third.target, version: '2' } }],
      'target is',
    ],
    [
      'one leaves a case out',
      [first, second, { ...third, cases: third.cases.slice(1) }],
      'they planned different cases',
    ],
    ['a case was run by two', [first, second, { ...third, cases: whole.cases }], 'Two shards have run'],
  ])('are refused where %s', (_, reports, message) => {
    expect(() => mergeReports(reports)).toThrow(KitError)
    expect(() => mergeReports(reports)).toThrow(message)
  })

  it('are invalid where one of them is', () => {
    const broken = { ...second, problems: ['The target failed at open.'] }
    expect(mergeReports([first, broken, third])).toMatchObject({
      exitCode: 3,
      problems: ['The target failed at open.'],
    })
  })
})
