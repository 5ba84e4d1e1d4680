import { isDeepStrictEqual } from 'node:util'

import { canonicalJson } from './canonical-json.ts'
import { conclude, findHollow } from './conclude.ts'
import { KitError } from './kit-error.ts'
import type { Report, ReportCase } from './report.ts'
import { IN_ANOTHER_SHARD } from './selection.ts'

/** What has to be the same in every shard, or they are not parts of one run. */
const COMMON = [
  'kit',
  'catalogue',
  'target',
  'capabilities',
  'powers',
  'profiles',
  'seed',
  'budget',
  'only',
  'not',
  'timeScale',
  'environment',
] as const

/** Makes one report of those of all shards. Throws a KitError where they are not the parts of one run. */
export function mergeReports(reports: readonly Report[]): Report {
  const [first] = reports
  if (first === undefined) throw new KitError('Name the reports of all shards.')
  for (const name of COMMON) {
    const other = reports.find((one) => !isDeepStrictEqual(one[name], first[name]))
    if (other !== undefined) {
      throw new KitError(
        `They are not parts of one run: ${name} is ${line(first[name])} in one and ${line(other[name])} in another.`,
      )
    }
  }
  checkShards(reports)
  const ids = first.cases.map(({ id }) => id)
  if (
    reports.some(
      (one) =>
        !isDeepStrictEqual(
          one.cases.map(({ id }) => id),
          ids,
        ),
    )
  ) {
    throw new KitError('They are not parts of one run: they planned different cases.')
  }
  const starts = reports.map(({ startedAt }) => Date.parse(startedAt))
  const ends = reports.map(({ durationMs }, place) => (starts[place] ?? 0) + durationMs)
  const findings = {
    ...first,
    shard: null,
    startedAt: new Date(Math.min(...starts)).toISOString(),
    durationMs: Math.max(...ends) - Math.min(...starts),
    problems: [...new Set(reports.flatMap(({ problems }) => problems))],
    cases: ids.map((id) => pick(reports.flatMap(({ cases }) => cases.filter((one) => one.id === id)))),
  }
  return conclude({ ...findings, problems: [...findings.problems, ...findHollow(findings)] })
}

function checkShards(reports: readonly Report[]): void {
  const count = reports[0]?.shard?.count ?? 0
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter(
    (index) => reports.filter(({ shard }) => shard?.index === index && shard.count === count).length !== 1,
  )
  if (count === 0 || reports.length !== count || missing.length > 0) {
    const shards = reports.map(({ shard }) =>
      shard === null ? 'a whole run' : `${shard.index}/${shard.count}`,
    )
    throw new KitError(`Every shard is needed once, and here are ${shards.join(', ')}.`)
  }
}

/** The one that was not left to another shard; where all say the same, e.g. that it is unsupported, any. */
function pick(parts: readonly ReportCase[]): ReportCase {
  const own = parts.filter(({ reason }) => reason !== IN_ANOTHER_SHARD)
  const [one] = own
  if (one === undefined) throw new KitError(`No shard has run ${parts[0]?.id}.`)
  if (own.length > 1 && own.length < parts.length) throw new KitError(`Two shards have run ${one.id}.`)
  return one
}

function line(value: unknown): string {
  return canonicalJson(value).replaceAll(/\s+/g, ' ').trim()
}
