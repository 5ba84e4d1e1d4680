import { parseArgs } from 'node:util'

import { mergeReports } from '../merge.ts'
import { writeReports } from '../reports/write.ts'
import { readReport } from './read-report.ts'
import { summaryLines } from './summary.ts'

export const MERGE_USAGE = `user-engine-conformance merge <report.json>... [--out <folder>]

Makes one report of those of all shards: the verdict is that of the whole run. They have to be parts of one run: the same
target, profiles, seed, kit and machine type, each shard once.`

export async function mergeCommand(args: readonly string[], print: (line: string) => void): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { out: { type: 'string', default: 'conformance-results' } },
  })
  const report = mergeReports(await Promise.all(positionals.map(readReport)))
  for (const line of summaryLines(report)) print(line)
  for (const path of await writeReports(report, values.out)) print(`written: ${path}`)
  return report.exitCode
}
