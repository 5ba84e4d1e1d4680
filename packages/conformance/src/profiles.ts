import { decidingCases } from './conclude.ts'
import type { Report, ReportCase } from './report.ts'
import { judgeRun, type RunVerdict } from './verdict.ts'

export interface ProfileVerdict {
  readonly profile: string
  readonly verdict: RunVerdict | 'unverified'
  readonly passed: number
  readonly red: number
  readonly skipped: number
  /** Requirements of the profile that no case was run for. */
  readonly unverified: number
}

/** What the report says of each of its profiles. One without a case that was run is unverified, not conformant. */
export function profileVerdicts(report: Report): readonly ProfileVerdict[] {
  return report.profiles.map((profile) => {
    const cases = report.cases.filter((one) => one.profile === profile)
    const skipped = cases.filter(isSkipped).length
    const passed = cases.filter(({ verdict }) => verdict === 'pass').length
    const deciding = decidingCases({ ...report, cases }).map(({ verdict }) => verdict)
    const filtered = cases.some(({ verdict }) => verdict === 'filtered')
    const judged = judgeRun(deciding, filtered, report.problems)
    return {
      profile,
      verdict: judged === 'conformant' && passed === 0 ? 'unverified' : judged,
      passed,
      red: cases.length - skipped - passed,
      skipped,
      unverified: report.requirements.filter((one) => one.profile === profile && one.verdict === 'unverified')
        .length,
    }
  })
}

export function isSkipped({ verdict }: Pick<ReportCase, 'verdict'>): boolean {
  return verdict === 'unsupported' || verdict === 'filtered'
}

/** The cases that were skipped, by why. */
export function skipsByReason(report: Report): ReadonlyMap<string, readonly string[]> {
  const skips = new Map<string, string[]>()
  for (const { id, verdict, reason } of report.cases.filter(isSkipped)) {
    const why = `${verdict}: ${reason ?? ''}`
    skips.set(why, [...(skips.get(why) ?? []), id])
  }
  return skips
}
