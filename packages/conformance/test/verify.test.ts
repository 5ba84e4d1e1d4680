import { describe, expect, it } from 'vitest'

import { runConformance, verifyReport, type Report } from '../src/index.ts'
import { createMemoryTarget } from '../src/demo/memory-target.ts'
import { soundCase, toyCase } from './toy-cases.ts'

const cases = [
  soundCase,
  toyCase(async (ctx) => ctx.must('UE-AUDIT-001', false, 'no'), { id: 'UE-AUDIT-001/fails' }),
  toyCase(soundCase.run, { id: 'UE-AUDIT-004/crashes', needs: ['faults.crash'] }),
]
const honest = await runConformance(createMemoryTarget(), { profiles: ['store-core'], cases })
const repaint = (id: string, change: Partial<Report['cases'][number]>): Report => ({
  ...honest,
  cases: honest.cases.map((one) => (one.id === id ? { ...one, ...change } : one)),
})

describe("somebody else's report", () => {
  it('is in order as it was written', () => {
    expect(verifyReport(honest, cases)).toEqual({ report: honest, problems: [] })
  })

  it.each<[string, unknown, string]>([
    [
      'a better verdict',
      { ...honest, verdict: 'conformant', exitCode: 0 },
      'Its verdicts and counts do not follow from its cases.',
    ],
    ['a failure painted over', repaint('UE-AUDIT-001/fails', { verdict: 'pass' }), 'do not follow'],
    [
      'a failing case left out',
      { ...honest, cases: honest.cases.filter(({ verdict }) => verdict !== 'fail') },
      'It has no UE-AUDIT-001/fails, which its profiles have.',
    ],
    [
      'a requirement left out',
      { ...honest, requirements: honest.requirements.filter(({ id }) => id !== 'UE-AUDIT-001') },
      'It does not list UE-AUDIT-001, which its profiles promise.',
    ],
    [
      'a MUST made a MAY',
      {
        ...honest,
        requirements: honest.requirements.map((one) =>
          one.id === 'UE-AUDIT-001' ? { ...one, level: 'MAY' } : one,
        ),
      },
      'UE-AUDIT-001 is not what the catalogue says.',
    ],
    [
      'a requirement that it does not list',
      repaint('UE-TRANSACTION-001/toy', { requirements: ['UE-OTHER-001'] }),
      'names UE-OTHER-001, which it does not list',
    ],
    ['a power that no case used', { ...honest, powers: ['faults.crash'] }, 'faults.crash is declared'],
  ])('is found to have %s', (_, report, problem) => {
    expect(verifyReport(report, cases).problems.join('\n')).toContain(problem)
  })

  it('is none where its schema does not say so', () => {
    expect(verifyReport({ verdict: 'conformant' }, cases)).toEqual({
      report: null,
      problems: [expect.stringContaining('It is no report: ')],
    })
  })

  it('of another release is compared with nothing but itself', () => {
    const old = { ...honest, kit: { ...honest.kit, version: '0.0.0-other' }, cases: honest.cases.slice(0, 1) }
    const { problems } = verifyReport(old, cases)
    expect(problems).toEqual(['Its verdicts and counts do not follow from its cases.'])
  })
})
