import { NEEDS } from './need.ts'
import type { Report, ReportCase, ReportRequirement } from './report.ts'
import {
  CASE_VERDICTS,
  decides,
  EXIT_CODES,
  isFiltered,
  judgeRequirement,
  judgeRun,
  type CaseVerdict,
} from './verdict.ts'

/** A report without what follows from the rest of it. */
export interface Findings extends Omit<Report, 'requirements' | 'counts' | 'verdict' | 'exitCode'> {
  readonly requirements: readonly Omit<ReportRequirement, 'verdict' | 'cases'>[]
}

/** Draws the conclusion. A report can be recomputed by it, and shards are made one by it. */
export function conclude(findings: Findings): Report {
  const { cases, problems } = findings
  const requirements = findings.requirements.map(({ id, title, level, status, profile, artefact }) => {
    const own = cases.filter((one) => one.requirements.includes(id))
    const verdict = judgeRequirement(own.map((one) => verdictFor(id, one)))
    return {
      id,
      title,
      level,
      status,
      profile,
      verdict,
      cases: own.map((one) => one.id).toSorted(),
      artefact,
    }
  })
  const verdict = judgeRun(
    decidingCases({ cases, requirements }).map((one) => one.verdict),
    cases.some(isFiltered),
    problems,
  )
  return {
    ...findings,
    verdict,
    exitCode: EXIT_CODES[verdict],
    counts: {
      cases: countBy(CASE_VERDICTS, cases),
      requirements: countBy([...CASE_VERDICTS, 'unverified'], requirements),
    },
    requirements,
  }
}

/** The cases that decide a verdict: those of stable MUSTs. */
export function decidingCases({
  cases,
  requirements,
}: {
  readonly cases: readonly ReportCase[]
  readonly requirements: readonly Pick<ReportRequirement, 'id' | 'level' | 'status'>[]
}): readonly ReportCase[] {
  const deciding = new Set(requirements.filter(decides).map(({ id }) => id))
  return cases.filter((one) => one.requirements.some((id) => deciding.has(id)))
}

/** What makes a run worthless in which nothing went wrong: nothing was run, or not what is claimed. */
export function findHollow({
  cases,
  profiles,
  powers,
  capabilities,
  problems,
}: Pick<Report, 'cases' | 'profiles' | 'powers' | 'capabilities' | 'problems'>): string[] {
  const ran = cases.filter(({ verdict }) => !['unsupported', 'filtered', 'notRun'].includes(verdict))
  if (ran.length === 0) return [`No case was run, of ${cases.length} that were planned.`]
  if (problems.length > 0 || cases.some(isFiltered)) return []
  const claimed = [...powers, ...(capabilities?.['durable'] === true ? ['durable'] : [])]
  const needed = (need: string, among: readonly ReportCase[]) =>
    among.some(({ needs }) => needs.includes(need))
  const unshown = profiles.filter((name) => ran.every(({ profile }) => profile !== name))
  const idle = NEEDS.filter((need) => claimed.includes(need) && needed(need, cases) && !needed(need, ran))
  return [
    ...unshown.map((name) => `The profile ${name} is claimed, and no case of it was run.`),
    ...idle.map((need) => `${need} is declared, and no case that needs it was run`),
  ]
}

/** What a case says of one of its requirements: one that failed by others is not a pass of this one. */
function verdictFor(id: string, { verdict, failures }: ReportCase): CaseVerdict {
  return verdict === 'fail' && failures.every(({ requirement }) => requirement !== id) ? 'notRun' : verdict
}

function countBy<Verdict extends string>(
  verdicts: readonly Verdict[],
  items: readonly { readonly verdict: string }[],
): Record<Verdict, number> {
  return Object.fromEntries(
    verdicts.map((verdict) => [verdict, items.filter((item) => item.verdict === verdict).length]),
  ) as Record<Verdict, number>
}
