import { expect } from 'vitest'

import { findMark } from '../src/canaries.ts'
import { runConformance, type Report, type Target } from '../src/index.ts'

/** The report of a provider whose passwords are canaries: none of them is in it. */
export async function judgeProvider(target: Target, only: readonly string[] = []): Promise<Report> {
  const report = await runConformance(target, { profiles: ['provider-postgres'], timeScale: 3, only })
  expect(findMark(JSON.stringify(report))).toBe(null)
  expect(report.problems).toEqual([])
  return report
}

export function casesOf(report: Report, ...verdicts: readonly string[]): readonly string[] {
  return report.cases.filter(({ verdict }) => verdicts.includes(verdict)).map(({ id }) => id)
}

export function redOf(report: Report): readonly string[] {
  return casesOf(report, 'error', 'fail', 'vacuous', 'flaky', 'notRun')
}

/** What a case says that found something. */
export function foundBy(report: Report, id: string): readonly string[] | undefined {
  return report.cases.find((one) => one.id === id)?.failures.map(({ observation }) => observation)
}
