import type { StoreCapabilities } from '@user-engine/store'

import manifest from '../package.json' with { type: 'json' }
import { catalogueDigest } from './catalogue/digest.ts'
import { catalogue, CATALOGUE_VERSION, type RequirementId } from './catalogue/index.ts'
import { conclude, findHollow, type Findings } from './conclude.ts'
import { likelyCauses } from './faulty/causes.ts'
import type { Need } from './need.ts'
import type { Plan } from './plan.ts'
import type { Report, ReportCase } from './report.ts'
import type { CaseResult } from './session.ts'
import type { Target } from './target.ts'

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

/** The report of a run that has ended. */
export function buildReport({
  target: { identity },
  plan,
  results,
  powers,
  capabilities,
  problems,
  timeScale,
  startedAt,
}: ReportFacts): Report {
  const findings: Findings = {
    schemaVersion: 1,
    kit: { name: manifest.name, version: manifest.version },
    catalogue: { version: CATALOGUE_VERSION, digest: catalogueDigest() },
    target: { name: identity.name, version: identity.version, url: identity.url ?? null },
    capabilities: capabilities === null ? null : { ...capabilities },
    powers: [...powers].toSorted(),
    profiles: [...plan.profiles],
    seed: plan.seed,
    budget: plan.budget,
    only: [...plan.only],
    not: [...plan.not],
    shard: plan.shard === null ? null : { ...plan.shard },
    timeScale,
    environment: { node: process.version, platform: `${process.platform} ${process.arch}` },
    startedAt: startedAt.toISOString(),
    durationMs: Math.max(0, Date.now() - startedAt.getTime()),
    problems: [...problems],
    requirements: plan.requirements.map((id) => ({ id, ...requirementOf(id) })),
    cases: results.map(reportCase),
  }
  return conclude({ ...findings, problems: [...findings.problems, ...findHollow(findings)] })
}

function reportCase({ planned, deviation, ...result }: CaseResult): ReportCase {
  const { verdict, reason, failures, observations, notes, script, durationMs, openMs, destroyMs } = result
  return {
    id: planned.case.id,
    title: planned.case.title,
    profile: planned.profile,
    requirements: [...planned.requirements],
    needs: [...planned.needs],
    verdict,
    reason,
    failures: failures.map(({ requirement, observation }) => ({
      requirement,
      observation,
      causes: [...likelyCauses(requirement, observation)],
    })),
    observations: { ...observations },
    notes: [...notes],
    script: script === null ? null : { steps: [...script.steps], data: script.data },
    knownDeviation: deviation === null ? null : { issue: deviation.issue, expires: deviation.expires },
    durationMs,
    openMs,
    destroyMs,
  }
}

function requirementOf(id: RequirementId) {
  const requirement = catalogue.get(id)
  if (requirement === undefined) throw new TypeError(`${id} is not in the catalogue.`)
  return requirement
}
