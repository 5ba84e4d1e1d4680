import { describe, expect, it } from 'vitest'

import { KitError, runConformance, type RunOptions } from '../src/index.ts'
import { createMemoryTarget } from '../src/demo/memory-target.ts'
import { timeless } from './timeless.ts'
import { judge, soundCase, toyCase } from './toy-cases.ts'

describe('a run', () => {
  it('is invalid when nothing was run', async () => {
    const report = await judge([])
    expect(report).toMatchObject({ exitCode: 3, problems: ['No case was run, of 0 that were planned.'] })
  })

  it('is partial when it is filtered and finds nothing, not conformant when it does', async () => {
    const failing = toyCase(async (ctx) => ctx.must('UE-TRANSACTION-001', false, 'no'), {
      id: 'UE-TRANSACTION-001/failing',
    })
    const only = (prefix: string) => judge([soundCase, failing], createMemoryTarget(), { only: [prefix] })
    expect(await only('UE-TRANSACTION-001/toy')).toMatchObject({ exitCode: 2, verdict: 'partial' })
    expect(await only('UE-TRANSACTION-001/failing')).toMatchObject({ exitCode: 1 })
  })

  it('says of each known deviation that it is known, until it expires or passes', async () => {
    const failing = toyCase(async (ctx) => ctx.must('UE-TRANSACTION-001', false, 'no'))
    const known = (expires: string) => ({
      deviations: [{ case: failing.id, issue: 'https://example.com/1', expires }],
    })
    const current = await judge([failing], createMemoryTarget(), known('2999-01-01'))
    expect(current).toMatchObject({ exitCode: 1, cases: [{ knownDeviation: { expires: '2999-01-01' } }] })
    const expired = await judge([failing], createMemoryTarget(), known('2000-01-01'))
    expect(expired).toMatchObject({ exitCode: 1, cases: [{ knownDeviation: null }] })
    const passing = await judge([soundCase], createMemoryTarget(), known('2999-01-01'))
    expect(passing).toMatchObject({ exitCode: 1, cases: [{ verdict: 'unexpectedPass' }] })
  })

  it.each<[string, Partial<RunOptions>, string]>([
    ['no profile', { profiles: [] }, 'No profile is chosen.'],
    ['a filter that matches nothing', { only: ['UE-NOTHING'] }, 'No case is called UE-NOTHING.'],
    [
      'a case of no requirement',
      { cases: [toyCase(soundCase.run, { id: 'UE-TENANT-999/x' as never })] },
      'UE-TENANT-999',
    ],
    ['a case twice', { cases: [soundCase, soundCase] }, 'is there twice'],
    [
      'a deviation of no case',
      { deviations: [{ case: 'x', issue: 'https://example.com', expires: '2999-01-01' }] },
      'which is no case',
    ],
    [
      'a deviation without an end',
      { deviations: [{ case: soundCase.id, issue: 'https://example.com' }] },
      'expires',
    ],
    ['a time scale of nothing', { timeScale: 0 }, 'The time scale is a positive number.'],
  ])('does not start with %s', async (_, options, message) => {
    await expect(judge([soundCase], createMemoryTarget(), options)).rejects.toThrow(KitError)
    await expect(judge([soundCase], createMemoryTarget(), options)).rejects.toThrow(message)
  })

  it('with one seed differs in times only, with another in its order too', async () => {
    const cases = ['a', 'b', 'c', 'd', 'e'].map((name) =>
      toyCase(soundCase.run, { id: `UE-TRANSACTION-001/${name}` }),
    )
    const run = async (seed: string) => {
      const order: string[] = []
      const options = { profiles: ['store-core'] as const, cases, seed }
      const report = await runConformance(createMemoryTarget(), options, (result) =>
        order.push(result.planned.case.id),
      )
      return { order, text: timeless(report) }
    }
    const [first, again, other] = [await run('1'), await run('1'), await run('2')]
    expect(again).toEqual(first)
    expect(other.order).not.toEqual(first.order)
  })
})
