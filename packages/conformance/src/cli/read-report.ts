import { KitError } from '../kit-error.ts'
import type { Report } from '../report.ts'
import { verifyReport } from '../verify.ts'
import { readJson } from './read-json.ts'

/** Throws a KitError where the file holds no report, or one that does not say what its own cases say. */
export async function readReport(path: string): Promise<Report> {
  const { report, problems } = verifyReport(await readJson(path))
  if (report === null || problems.length > 0) throw new KitError(`${path}: ${problems.join('\n')}`)
  return report
}
