import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { findMark } from '../canaries.ts'
import { canonicalJson } from '../canonical-json.ts'
import { KitError } from '../kit-error.ts'
import { toReplays } from '../replay.ts'
import { reportSchema, type Report } from '../report.ts'
import { toHtml } from './html.ts'
import { toJUnit } from './junit.ts'
import { toMarkdown } from './markdown.ts'

/** What a run writes, and so what of an earlier run is removed before anything is judged. */
const OWN = /^(?:report\.(?:json|md|html)|junit\.xml|UE-[\w.-]+\.replay\.json)$/

/**
 * Writes `report.json`, `junit.xml`, `report.md`, `report.html` and a replay for each case that is not in order into the
 * folder, and answers their paths. Those of an earlier run are removed first: nobody takes them for this one's. Throws a
 * KitError, and leaves none, where they can not be written, are not what the schema says, or would carry a value that must
 * not be shown.
 */
export async function writeReports(report: Report, folder: string): Promise<readonly string[]> {
  await attempt(folder, async () => {
    await mkdir(folder, { recursive: true })
    const earlier = (await readdir(folder)).filter((name) => OWN.test(name))
    await Promise.all(earlier.map((name) => rm(join(folder, name))))
  })
  const files = render(report)
  return attempt(folder, () =>
    Promise.all(
      files.map(async ([name, text]) => {
        const path = join(folder, name)
        await writeFile(path, text)
        return path
      }),
    ),
  )
}

function render(report: Report): (readonly [name: string, text: string])[] {
  if (!reportSchema.safeParse(report).success)
    throw new KitError('The report is not what its own schema says.')
  const files = [
    ['report.json', canonicalJson(report)],
    ['junit.xml', toJUnit(report)],
    ['report.md', toMarkdown(report)],
    ['report.html', toHtml(report)],
    ...toReplays(report),
  ] as const
  for (const [name, text] of files) {
    const encoding = findMark(text)
    if (encoding !== null)
      throw new KitError(`${name} would carry a canary as ${encoding}. No report was written.`)
  }
  return [...files]
}

async function attempt<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new KitError(`The reports could not be written to ${folder} (${code}).`)
  }
}
