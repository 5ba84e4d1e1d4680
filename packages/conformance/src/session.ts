import { buildReport } from './build-report.ts'
import { describeError } from './canaries.ts'
import { catalogue } from './catalogue/index.ts'
import type { Profile } from './catalogue/requirement.ts'
import { createPatience } from './deadline.ts'
import { isCurrent, parseDeviations, type Deviation } from './deviations.ts'
import { KitError } from './kit-error.ts'
import { planConformance, type Plan, type PlannedCase, type PlanOptions } from './plan.ts'
import { createRandom } from './random.ts'
import type { Json } from './script.ts'
import type { Report } from './report.ts'
import { runCase, type CaseOutcome } from './run-case.ts'
import { createSubject } from './subject.ts'
import type { Target } from './target.ts'

export interface RunOptions extends PlanOptions {
  /** Multiplies every deadline: 2 on a machine that is twice as slow. 1 where absent. */
  readonly timeScale?: number
  /** What cases play again, by their ids: the scripts of an earlier run, as its replay files have them. */
  readonly scripts?: Readonly<Record<string, Json>>
  /** Cases that are known to fail, as `parseDeviations` reads them. */
  readonly deviations?: unknown
}

export interface CaseResult extends CaseOutcome {
  readonly planned: PlannedCase
  readonly deviation: Deviation | null
}

/** What is asked there has one answer, however often it is asked. */
const REPEATS: ReadonlySet<Profile> = new Set(['store-core', 'provider-postgres'])

/**
 * One run, case by case: what the command, the bindings and `runConformance` have in common. Each case is run once; asked
 * for again it answers what it answered.
 */
export interface Session {
  readonly plan: Plan
  run(planned: PlannedCase): Promise<CaseResult>
  /** Judges the run. What was never run counts as `notRun`. */
  finish(): Report
}

/** Throws a KitError where the run makes no sense. */
export function createSession(target: Target, options: RunOptions): Session {
  const plan = planConformance(target, options)
  const { timeScale = 1, deviations: listed = [], scripts = {} } = options
  if (!(timeScale > 0 && Number.isFinite(timeScale)))
    throw new KitError('The time scale is a positive number.')
  const deviations = parseDeviations(
    listed,
    plan.cases.map((planned) => planned.case),
  )
  const patience = createPatience(timeScale)
  const subject = createSubject(target, patience)
  const startedAt = new Date()
  const problems: string[] = []
  const results = new Map<PlannedCase, Promise<CaseResult>>()
  const settled = new Map<PlannedCase, CaseResult>()
  const stamp = createRandom(`${startedAt.getTime()} ${process.pid} ${performance.now()}`).hex(10)
  let universes = 0
  const universe = () => `ue_${stamp}_${(universes += 1)}`
  let apart: Promise<void> | null = null

  /** Before the first case, once: can what a case sees be its own doing? */
  async function checkApart(): Promise<void> {
    try {
      await subject.checkApart([universe(), universe()], new AbortController().signal)
    } catch (error) {
      problems.push(`before the first case: ${describeError(error)}`)
    }
  }

  const once = (planned: PlannedCase) =>
    runCase({
      target,
      subject,
      planned,
      universe: universe(),
      seed: plan.seed,
      budget: plan.budget,
      script: scripts[planned.case.id] ?? null,
      patience,
      onProblem: (problem) => void problems.push(problem),
    })

  /** Run again only to tell what fails now and then from what fails: neither conforms. */
  async function retried(planned: PlannedCase, first: CaseOutcome): Promise<CaseOutcome> {
    const proof = catalogue.get(planned.requirements[0])?.proof
    const byChance = proof === 'race' || proof === 'fault' || !REPEATS.has(planned.profile)
    if (first.verdict !== 'fail' || !byChance) return first
    for (let again = 1; again <= 2; again += 1) {
      if (problems.length > 0) return first
      if ((await once(planned)).verdict === 'pass') {
        return { ...first, verdict: 'flaky', reason: `it passed when run again; at first ${first.reason}` }
      }
    }
    return first
  }

  async function judge(planned: PlannedCase): Promise<CaseResult> {
    const deviation =
      deviations.find((one) => one.case === planned.case.id && isCurrent(one, startedAt)) ?? null
    if (planned.skip !== null) return skipped(planned, planned.skip.verdict, planned.skip.reason)
    await (apart ??= checkApart())
    if (problems.length > 0) return skipped(planned, 'notRun', 'the run was already invalid')
    const outcome = await retried(planned, await once(planned))
    if (deviation !== null && outcome.verdict === 'pass') {
      const reason = `it is listed as known to fail (${deviation.issue}), and it passes: take it off the list`
      return { ...outcome, planned, deviation, verdict: 'unexpectedPass', reason }
    }
    return { ...outcome, planned, deviation }
  }

  return {
    plan,
    run(planned) {
      const running =
        results.get(planned) ??
        judge(planned).then((result) => {
          settled.set(planned, result)
          return result
        })
      results.set(planned, running)
      return running
    },
    finish() {
      const all = plan.cases.map((planned) => settled.get(planned) ?? unstarted(planned))
      return buildReport({
        target,
        plan,
        results: all,
        powers: subject.powers,
        capabilities: subject.capabilities,
        problems,
        timeScale,
        startedAt,
      })
    },
  }
}

/** What the plan leaves out is left out, whoever did not ask for it. */
function unstarted(planned: PlannedCase): CaseResult {
  const { verdict, reason } = planned.skip ?? { verdict: 'notRun', reason: 'it was never started' }
  return skipped(planned, verdict, reason)
}

function skipped(planned: PlannedCase, verdict: CaseResult['verdict'], reason: string): CaseResult {
  return {
    planned,
    deviation: null,
    verdict,
    reason,
    failures: [],
    observations: {},
    notes: [],
    script: null,
    durationMs: 0,
    openMs: 0,
    destroyMs: 0,
  }
}

/**
 * Runs what the options plan, one case after the other, and answers the report. Whatever a target does
 * stands in the report; a KitError says what is wrong with the options.
 */
export async function runConformance(
  target: Target,
  options: RunOptions,
  onResult: (result: CaseResult) => void = () => {},
): Promise<Report> {
  const session = createSession(target, options)
  for (const planned of session.plan.order) onResult(await session.run(planned))
  return session.finish()
}
