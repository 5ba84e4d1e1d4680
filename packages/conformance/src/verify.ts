import { z } from 'zod'

import manifest from '../package.json' with { type: 'json' }
import type { Case } from './case.ts'
import { defaultCases } from './cases/index.ts'
import { canonicalJson } from './canonical-json.ts'
import { catalogueDigest } from './catalogue/digest.ts'
import { catalogue, isRequirementId } from './catalogue/index.ts'
import { conclude, findHollow } from './conclude.ts'
import { profileOf } from './plan.ts'
import { reportSchema, type Report } from './report.ts'

export interface Verification {
  /** Null where it can not even be read. */
  readonly report: Report | null
  /** What is wrong with it; none where it says what its own cases say. */
  readonly problems: readonly string[]
}

/**
 * Reads a report of somebody else, and draws its conclusions again from its cases: what was left out, added or painted over
 * is named. Of a report of another release only the conclusions can be checked.
 */
export function verifyReport(value: unknown, cases: readonly Case[] = defaultCases): Verification {
  const parsed = reportSchema.safeParse(value)
  if (!parsed.success) {
    return { report: null, problems: [`It is no report: ${z.prettifyError(parsed.error)}`] }
  }
  const report = parsed.data
  const problems = findHollow({ ...report, problems: [] }).filter((one) => !report.problems.includes(one))
  if (canonicalJson(conclude(report)) !== canonicalJson(report)) {
    problems.push('Its verdicts and counts do not follow from its cases.')
  }
  for (const { id, requirements } of report.cases) {
    const strangers = requirements.filter((one) => !report.requirements.some((known) => known.id === one))
    if (strangers.length > 0) problems.push(`${id} names ${strangers.join(', ')}, which it does not list.`)
  }
  return {
    report,
    problems: isOfThisRelease(report) ? [...problems, ...compareWithKit(report, cases)] : problems,
  }
}

/** Whether this release verifies more of the report than that it agrees with itself. */
export function isOfThisRelease({ kit, catalogue: { digest } }: Report): boolean {
  return kit.version === manifest.version && digest === catalogueDigest()
}

function compareWithKit(report: Report, cases: readonly Case[]): string[] {
  const planned = new Set(report.cases.map(({ id }) => id))
  const promised = new Map(report.requirements.map((one) => [one.id, one]))
  const missing = cases.filter((one) => report.profiles.includes(profileOf(one)) && !planned.has(one.id))
  const unpromised = [...catalogue].filter(
    ([id, { profile, status }]) =>
      status !== 'retired' && report.profiles.includes(profile) && !promised.has(id),
  )
  const changed = report.requirements.filter(({ id, level, status, profile }) => {
    const own = isRequirementId(id) ? catalogue.get(id) : undefined
    return own?.level !== level || own.status !== status || own.profile !== profile
  })
  return [
    ...missing.map(({ id }) => `It has no ${id}, which its profiles have.`),
    ...unpromised.map(([id]) => `It does not list ${id}, which its profiles promise.`),
    ...changed.map(({ id }) => `${id} is not what the catalogue says.`),
  ]
}
