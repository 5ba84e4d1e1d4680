import { withheld } from './canaries.ts'
import { createPatience } from './deadline.ts'
import type { PlannedCase } from './plan.ts'
import { createSession, type CaseResult, type RunOptions } from './session.ts'
import type { Target } from './target.ts'
import { writeReports } from './reports/write.ts'

export interface BindingOptions extends RunOptions {
  /** The folder for the reports, as `writeReports` writes them; none are written where absent. */
  readonly out?: string
}

/** What a test may do about itself. */
export interface HostTest {
  skip(reason?: string): void
}

/** A test framework, as far as it is needed. The caller passes its own: a second copy would collect nothing, silently. */
export interface Host {
  describe(name: string, body: () => void): void
  it(name: string, timeoutMs: number, body: (test: HostTest) => Promise<void>): void
}

/**
 * Declares one test for each planned case, in the order of the plan, and a last one that passes only when each of them was
 * run or skipped for a reason, and the run conforms. It writes the reports.
 */
export function declareTests(host: Host, target: Target, options: BindingOptions): void {
  const session = createSession(target, options)
  const { order, profiles } = session.plan
  const { caseMs } = createPatience(options.timeScale ?? 1)
  // A case that fails by chance is run three times, and each time a store is opened and destroyed.
  const timeoutMs = 10 * caseMs
  host.describe(`${target.identity.name} ${target.identity.version}: ${profiles.join(', ')}`, () => {
    for (const planned of order) {
      host.it(nameOf(planned), timeoutMs, async (test) => {
        const result = await session.run(planned)
        if (isSkipped(result)) test.skip(result.reason ?? result.verdict)
        else if (result.verdict !== 'pass') throw new Error(withheld(`${result.verdict}: ${result.reason}`))
      })
    }
    host.it(`all ${order.length} cases were run or skipped for a reason`, timeoutMs, async () => {
      const report = session.finish()
      const paths = options.out === undefined ? [] : await writeReports(report, options.out)
      if (report.exitCode === 0 || report.verdict === 'partial') return
      const { notRun } = report.counts.cases
      const why = [
        ...report.problems,
        ...(notRun > 0 ? [`${notRun} of ${order.length} cases were not run.`] : []),
        ...(paths.length > 0 ? [`See ${paths.join(' and ')}.`] : []),
      ]
      throw new Error(withheld([`${target.identity.name} is ${report.verdict}.`, ...why].join('\n')))
    })
  })
}

function nameOf({ case: { id, title } }: PlannedCase): string {
  return `${id}: ${title}`
}

function isSkipped({ verdict }: CaseResult): boolean {
  return verdict === 'unsupported' || verdict === 'filtered'
}
