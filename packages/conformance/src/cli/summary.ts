import { catalogue } from '../catalogue/index.ts'
import { likelyCauses } from '../faulty/causes.ts'
import { skipsByReason } from '../profiles.ts'
import type { Report } from '../report.ts'
import { seconds, timesOf } from '../reports/times.ts'
import type { CaseResult } from '../session.ts'
import { isRed } from '../verdict.ts'

/** What is said at once of a case that is not in order: requirement, case and observation. */
export function failureLines({
  planned,
  verdict,
  reason,
  failures,
  script,
  deviation,
}: CaseResult): string[] {
  if (!isRed({ verdict })) return []
  const found =
    failures.length > 0
      ? failures
      : [{ requirement: planned.requirements[0], observation: reason ?? verdict }]
  return [
    `${verdict.toUpperCase()} ${planned.case.id}: ${planned.case.title}`,
    ...found.flatMap(({ requirement, observation }) => [
      `  requirement   ${requirement} ${catalogue.get(requirement)?.title ?? ''}`,
      `  observation   ${observation}`,
      ...likelyCauses(requirement, observation).map((cause) => `  likely cause  ${cause}`),
    ]),
    ...(script?.steps ?? []).map((step, place) => `  ${place === 0 ? 'script' : '      '}        ${step}`),
    ...(verdict === 'flaky' || verdict === 'unexpectedPass' ? [`  why           ${reason ?? ''}`] : []),
    ...(deviation === null ? [] : [`  known         ${deviation.issue}, until ${deviation.expires}`]),
    '',
  ]
}

/** What is said at the end: what was skipped and why, what is not known, the counts, and the verdict. */
export function summaryLines(report: Report): string[] {
  const { counts, requirements, cases, problems } = report
  const unverified = requirements.filter(({ verdict }) => verdict === 'unverified')
  return [
    ...[...skipsByReason(report)].flatMap(([why, ids]) => [
      `${counted(ids.length, 'case')} ${why}`,
      ...ids.map((id) => `  ${id}`),
    ]),
    ...(unverified.length === 0
      ? []
      : [`${counted(unverified.length, 'requirement')} unverified: no case that speaks of it was run`]),
    ...unverified.map(
      ({ id, title, artefact }) => `  ${id} ${title}${artefact === null ? '' : ` (${artefact})`}`,
    ),
    ...problems.map((problem) => `INVALID: ${problem}`),
    ...timeLines(report),
    `cases         ${countLine(counts.cases)}, ${cases.length} in all`,
    `requirements  ${countLine(counts.requirements)}, ${requirements.length} in all`,
    `verdict       ${report.verdict.toUpperCase()} (exit code ${report.exitCode})`,
  ]
}

function timeLines(report: Report): string[] {
  const { totalMs, openMs, caseMs, destroyMs, slowest } = timesOf(report)
  return [
    `time          ${seconds(totalMs)}: opening ${seconds(openMs)}, cases ${seconds(caseMs)}, destroying ${seconds(destroyMs)}`,
    ...slowest.map(({ id, durationMs }) => `  ${seconds(durationMs).padStart(6)} ${id}`),
  ]
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function countLine(counts: Readonly<Record<string, number>>): string {
  const present = Object.entries(counts).filter(([verdict, count]) => count > 0 || verdict === 'pass')
  return present
    .toReversed()
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', ')
}
