import { catalogue } from '../catalogue/index.ts'
import type { Report } from '../report.ts'
import type { CaseResult } from '../session.ts'

const QUIET: readonly CaseResult['verdict'][] = ['pass', 'unsupported', 'filtered']

/** What is said at once of a case that is not in order: requirement, case and observation. */
export function failureLines({ planned, verdict, reason, failures, deviation }: CaseResult): string[] {
  if (QUIET.includes(verdict)) return []
  const found =
    failures.length > 0
      ? failures
      : [{ requirement: planned.requirements[0], observation: reason ?? verdict }]
  return [
    `${verdict.toUpperCase()} ${planned.case.id}: ${planned.case.title}`,
    ...found.flatMap(({ requirement, observation }) => [
      `  requirement  ${requirement} ${catalogue.get(requirement)?.title ?? ''}`,
      `  observation  ${observation}`,
    ]),
    ...(verdict === 'flaky' || verdict === 'unexpectedPass' ? [`  why          ${reason ?? ''}`] : []),
    ...(deviation === null ? [] : [`  known        ${deviation.issue}, until ${deviation.expires}`]),
    '',
  ]
}

/** What is said at the end: what was skipped and why, what is not known, the counts, and the verdict. */
export function summaryLines(report: Report): string[] {
  const { counts, requirements, cases, problems } = report
  const skips = new Map<string, string[]>()
  for (const { id, verdict, reason } of cases) {
    if (verdict !== 'unsupported' && verdict !== 'filtered') continue
    const why = `${verdict}: ${reason ?? ''}`
    skips.set(why, [...(skips.get(why) ?? []), id])
  }
  const unverified = requirements.filter(({ verdict }) => verdict === 'unverified')
  return [
    ...[...skips].flatMap(([why, ids]) => [`${ids.length} cases ${why}`, ...ids.map((id) => `  ${id}`)]),
    ...(unverified.length === 0
      ? []
      : [`${unverified.length} requirements unverified: no case that speaks of them was run`]),
    ...unverified.map(
      ({ id, title, artefact }) => `  ${id} ${title}${artefact === null ? '' : ` (${artefact})`}`,
    ),
    ...problems.map((problem) => `INVALID: ${problem}`),
    `cases         ${countLine(counts.cases)}, ${cases.length} in all`,
    `requirements  ${countLine(counts.requirements)}, ${requirements.length} in all`,
    `verdict       ${report.verdict.toUpperCase()} (exit code ${report.exitCode})`,
  ]
}

function countLine(counts: Readonly<Record<string, number>>): string {
  const present = Object.entries(counts).filter(([verdict, count]) => count > 0 || verdict === 'pass')
  return present
    .toReversed()
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', ')
}
