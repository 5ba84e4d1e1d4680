import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { findMark } from './canaries.ts'
import { canonicalJson } from './canonical-json.ts'
import { toJUnit } from './junit.ts'
import { KitError } from './kit-error.ts'
import { toReplays } from './replay.ts'
import { reportSchema, type Report } from './report.ts'

/**
 * Writes `report.json`, `junit.xml` and a replay for each case that is not in order into the folder, and answers their
 * paths. Replays of an earlier run are removed. Throws a KitError, and writes nothing,
 * where they can not be written, are not what the schema says, or would carry a value that must not be shown.
 */
export async function writeReports(report: Report, folder: string): Promise<readonly string[]> {
  const parsed = reportSchema.safeParse(report)
  if (!parsed.success) throw new KitError('The report is not what its own schema says.')
  const files = [
    ['report.json', canonicalJson(report)],
    ['junit.xml', toJUnit(report)],
    ...toReplays(report),
  ] as const
  for (const [name, text] of files) {
    const encoding = findMark(text)
    if (encoding !== null)
      throw new KitError(`${name} would carry a canary as ${encoding}. No report was written.`)
  }
  try {
    await mkdir(folder, { recursive: true })
    const earlier = (await readdir(folder)).filter((name) => /^UE-[\w.-]+\.replay\.json$/.test(name))
    await Promise.all(earlier.map((name) => rm(join(folder, name))))
    return await Promise.all(
      files.map(async ([name, text]) => {
        const path = join(folder, name)
        await writeFile(path, text)
        return path
      }),
    )
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new KitError(`The reports could not be written to ${folder} (${code}).`)
  }
}
