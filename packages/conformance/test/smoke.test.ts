import { describe, expect, it } from 'vitest'

import { faultyStores, selftest } from '../src/faulty.ts'
import { catalogue, planConformance, runConformance, storeCases, type PlannedCase } from '../src/index.ts'
import { createMemoryTarget } from '../src/demo/memory-target.ts'
import { decides } from '../src/verdict.ts'
import { createServedTarget } from './served-target.ts'

const profiles = ['store-core', 'store-concurrent', 'store-durable', 'store-relational'] as const
const isRun = ({ skip }: PlannedCase) => skip === null
const plan = (options: object = {}) =>
  planConformance(createServedTarget(), { profiles, budget: 'smoke', ...options })

describe('a smoke run', () => {
  it('takes a case for every stable MUST, and few for each', () => {
    const taken = plan().cases.filter(isRun)
    const spoken = new Set(taken.flatMap(({ requirements }) => requirements))
    const musts = [...catalogue].filter(
      ([, one]) => decides(one) && one.proof !== 'evidence' && profiles.some((name) => name === one.profile),
    )
    expect(musts.length).toBeGreaterThan(100)
    expect(musts.map(([id]) => id).filter((id) => !spoken.has(id))).toEqual([])
    expect(taken.length).toBeLessThan(storeCases.length / 4)
  })

  it('takes those that are marked for it besides', () => {
    const taken = plan().cases.filter(isRun)
    const marked = storeCases.filter(({ budget }) => budget === 'smoke')
    expect(marked.filter((one) => !taken.some((planned) => planned.case === one))).toEqual([])
    expect(marked.length).toBeGreaterThan(0)
  })

  it('takes what it takes of all cases of some of them as well, so that each can be replayed', () => {
    for (const { case: one } of plan().cases.filter(isRun)) {
      const [again] = plan({ only: [one.id] }).cases.filter(isRun)
      expect(again?.case.id).toBe(one.id)
    }
  })

  it('takes another where the first can not be run', () => {
    const first = plan({ only: ['UE-TENANT-002'] })
      .cases.filter(isRun)
      .map((planned) => planned.case.id)
    const others = plan({ only: ['UE-TENANT-002'], not: first }).cases.filter(isRun)
    expect(others.some(({ requirements }) => requirements[0] === 'UE-TENANT-002')).toBe(true)
    const poor = planConformance(createMemoryTarget(), { profiles, budget: 'smoke' })
    expect(poor.cases.filter(({ skip }) => skip?.verdict === 'unsupported').length).toBeGreaterThan(0)
  })

  it('is partial at best, and says what was left out and why', async () => {
    const report = await runConformance(createMemoryTarget(), { profiles: ['store-core'], budget: 'smoke' })
    expect(report).toMatchObject({ budget: 'smoke', verdict: 'partial', exitCode: 2, problems: [] })
    expect(
      new Set(report.cases.filter((one) => one.verdict === 'filtered').map((one) => one.reason)),
    ).toEqual(new Set(['left out by the budget smoke']))
  })

  it('is what a selftest of that budget tries, in whatever order its plan lists the cases', async () => {
    const faulty = faultyStores.filter(({ name }) => name === 'begins-at-any-version')
    const kills = await selftest(createServedTarget(), { budget: 'smoke', landmarks: 0, faulty })
    expect(kills.map(({ caseId }) => caseId)).toEqual(['UE-RECORD-006/version'])
  })

  it('is red for more than nine in ten faulty stores', { timeout: 300_000 }, async () => {
    const kills = await selftest(createServedTarget(), { budget: 'smoke', landmarks: 0, timeScale: 0.1 })
    const red = kills.filter(({ result }) => result === 'killed' || result === 'astray')
    expect(red.length / kills.length).toBeGreaterThan(9 / 10)
  })
})
