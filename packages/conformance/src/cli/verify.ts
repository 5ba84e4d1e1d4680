import { KitError } from '../kit-error.ts'
import { isOfThisRelease } from '../verify.ts'
import { readReport } from './read-report.ts'
import { summaryLines } from './summary.ts'

export const VERIFY_USAGE = `user-engine-conformance verify <report.json>

Draws the conclusions of somebody else's report again, from its cases.

Exit code: the one of the report; 3 where it does not say what its cases say, or leaves some out.`

export async function verifyCommand(args: readonly string[], print: (line: string) => void): Promise<number> {
  const [path] = args
  if (path === undefined) throw new KitError('Name the report, e.g. results/report.json.')
  const report = await readReport(path)
  if (!isOfThisRelease(report)) {
    const { kit, catalogue } = report
    print(
      `It is of kit ${kit.version}, catalogue ${catalogue.digest}: that it agrees with itself was verified, no more.`,
    )
  }
  for (const line of summaryLines(report)) print(line)
  return report.exitCode
}
