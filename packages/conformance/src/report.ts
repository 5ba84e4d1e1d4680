import { createHash } from 'node:crypto'

import type { StoreCapabilities } from '@user-engine/store'
import { z } from 'zod'

import manifest from '../package.json' with { type: 'json' }
import { BUDGETS } from './budget.ts'
import { canonicalJson } from './canonical-json.ts'
import { catalogue, CATALOGUE_VERSION, type RequirementId } from './catalogue/index.ts'
import type { Need } from './need.ts'
import type { Plan } from './plan.ts'
import { scriptSchema } from './script.ts'
import type { CaseResult } from './session.ts'
import type { Target } from './target.ts'
import {
  CASE_VERDICTS,
  decides,
  EXIT_CODES,
  isFiltered,
  judgeRequirement,
  judgeRun,
  type CaseVerdict,
} from './verdict.ts'

const caseVerdict = z.enum(CASE_VERDICTS)
const requirementVerdict = z.enum([...CASE_VERDICTS, 'unverified'])
const count = z.int().nonnegative()

/**
 * The report as it is written. Two runs of one kit on one target with one seed differ in `startedAt` and in what is called
 * `durationMs`, and in nothing else.
 */
export const reportSchema = z.strictObject({
  schemaVersion: z.literal(1),
  kit: z.strictObject({ name: z.string(), version: z.string() }),
  /** `digest` is the SHA-256 of every requirement: two reports with the same one mean the same. */
  catalogue: z.strictObject({ version: z.string(), digest: z.string() }),
  target: z.strictObject({ name: z.string(), version: z.string(), url: z.string().nullable() }),
  /** As the store declared them; null where none was opened. */
  capabilities: z.record(z.string(), z.union([z.string(), z.boolean()])).nullable(),
  powers: z.array(z.string()),
  profiles: z.array(z.string()),
  seed: z.string(),
  budget: z.enum(BUDGETS),
  /** The filters; none for a whole run. */
  only: z.array(z.string()),
  not: z.array(z.string()),
  shard: z.strictObject({ index: count, count }).nullable(),
  timeScale: z.number(),
  environment: z.strictObject({ node: z.string(), platform: z.string() }),
  startedAt: z.iso.datetime(),
  durationMs: count,
  verdict: z.enum(['conformant', 'not conformant', 'partial', 'invalid']),
  exitCode: z.int(),
  /** Why the run says nothing, where it is invalid. */
  problems: z.array(z.string()),
  /** Of each verdict how many, none left out. */
  counts: z.strictObject({
    cases: z.record(caseVerdict, count),
    requirements: z.record(requirementVerdict, count),
  }),
  requirements: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      level: z.enum(['MUST', 'SHOULD', 'MAY']),
      status: z.enum(['provisional', 'stable', 'retired']),
      profile: z.string(),
      verdict: requirementVerdict,
      cases: z.array(z.string()),
      /** What a provider hands over where no case can show it. */
      artefact: z.string().nullable(),
    }),
  ),
  cases: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      profile: z.string(),
      requirements: z.array(z.string()),
      verdict: caseVerdict,
      reason: z.string().nullable(),
      /** The requirements that it contradicts, and by what. */
      failures: z.array(z.strictObject({ requirement: z.string(), observation: z.string() })),
      /** How many observations held, of each requirement. */
      observations: z.record(z.string(), count),
      notes: z.array(z.string()),
      /** How it came to fail, where the case has kept that. */
      script: scriptSchema.nullable(),
      knownDeviation: z.strictObject({ issue: z.string(), expires: z.string() }).nullable(),
      durationMs: count,
    }),
  ),
})

export type Report = Readonly<z.infer<typeof reportSchema>>

export interface ReportFacts {
  readonly target: Target
  readonly plan: Plan
  readonly results: readonly CaseResult[]
  readonly powers: ReadonlySet<Need>
  readonly capabilities: StoreCapabilities | null
  readonly problems: readonly string[]
  readonly timeScale: number
  readonly startedAt: Date
}

export function buildReport(facts: ReportFacts): Report {
  const { target, plan, results, problems, capabilities, startedAt } = facts
  const requirements = plan.requirements.map((id) => {
    const own = results.filter(({ planned }) => planned.requirements.includes(id))
    const { title, level, status, profile, artefact } = requirementOf(id)
    return {
      id,
      title,
      level,
      status,
      profile,
      verdict: judgeRequirement(own.map((result) => verdictFor(id, result))),
      cases: own.map(({ planned }) => planned.case.id).toSorted(),
      artefact,
    }
  })
  const deciding = results
    .filter(({ planned }) => planned.requirements.some((id) => decides(requirementOf(id))))
    .map(({ verdict }) => verdict)
  const verdict = judgeRun(deciding, results.some(isFiltered), problems)
  return {
    schemaVersion: 1,
    kit: { name: manifest.name, version: manifest.version },
    catalogue: { version: CATALOGUE_VERSION, digest: catalogueDigest() },
    target: {
      name: target.identity.name,
      version: target.identity.version,
      url: target.identity.url ?? null,
    },
    capabilities: capabilities === null ? null : { ...capabilities },
    powers: [...facts.powers].toSorted(),
    profiles: [...plan.profiles],
    seed: plan.seed,
    budget: plan.budget,
    only: [...plan.only],
    not: [...plan.not],
    shard: plan.shard === null ? null : { ...plan.shard },
    timeScale: facts.timeScale,
    environment: { node: process.version, platform: `${process.platform} ${process.arch}` },
    startedAt: startedAt.toISOString(),
    durationMs: Math.max(0, Date.now() - startedAt.getTime()),
    verdict,
    exitCode: EXIT_CODES[verdict],
    problems: [...problems],
    counts: {
      cases: countBy(CASE_VERDICTS, results),
      requirements: countBy([...CASE_VERDICTS, 'unverified'], requirements),
    },
    requirements,
    cases: results.map(reportCase),
  }
}

/** What a case says of one of its requirements: one that failed by others is not a pass of this one. */
function verdictFor(id: RequirementId, { verdict, failures }: CaseResult): CaseVerdict {
  return verdict === 'fail' && failures.every(({ requirement }) => requirement !== id) ? 'notRun' : verdict
}

function reportCase(result: CaseResult): Report['cases'][number] {
  const { planned, deviation, verdict, reason, failures, observations, notes, script, durationMs } = result
  return {
    id: planned.case.id,
    title: planned.case.title,
    profile: planned.profile,
    requirements: [...planned.requirements],
    verdict,
    reason,
    failures: failures.map((failure) => ({ ...failure })),
    observations: { ...observations },
    notes: [...notes],
    script: script === null ? null : { steps: [...script.steps], data: script.data },
    knownDeviation: deviation === null ? null : { issue: deviation.issue, expires: deviation.expires },
    durationMs,
  }
}

function countBy<Verdict extends string>(
  verdicts: readonly Verdict[],
  items: readonly { readonly verdict: string }[],
): Record<Verdict, number> {
  return Object.fromEntries(
    verdicts.map((verdict) => [verdict, items.filter((item) => item.verdict === verdict).length]),
  ) as Record<Verdict, number>
}

function requirementOf(id: RequirementId) {
  const requirement = catalogue.get(id)
  if (requirement === undefined) throw new TypeError(`${id} is not in the catalogue.`)
  return requirement
}

/** What the catalogue says, as one number. */
export function catalogueDigest(): string {
  return createHash('sha256')
    .update(canonicalJson(Object.fromEntries(catalogue)))
    .digest('hex')
}
