import { parseArgs } from 'node:util'

import type { Case } from '../case.ts'
import { KitError } from '../kit-error.ts'
import { PROFILES } from '../catalogue/profiles.ts'
import { parseReplay, type Replay } from '../replay.ts'
import { catalogueDigest } from '../catalogue/digest.ts'
import { createSession } from '../session.ts'
import { EXIT_CODES, isRed } from '../verdict.ts'
import { dispose, loadConfig } from './config.ts'
import { readJson } from './read-json.ts'
import { failureLines } from './summary.ts'

export const REPLAY_USAGE = `user-engine-conformance replay <file> [<config>] [--time-scale <n>]

Runs one case again as it failed: with its seed, and with the script that it has kept. The file is one of those that a run
writes beside its report, <case>.replay.json. Where transactions ran at the same time, what they came to is judged again, and
the case is run anew.

Exit code: 1 it fails again, 2 it passes, 3 it could not be run.`

export async function replayCommand(args: readonly string[], print: (line: string) => void): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { 'time-scale': { type: 'string' } },
  })
  const [file, configFile] = positionals
  if (file === undefined) throw new KitError('Name the file to replay, e.g. results/UE-….replay.json.')
  const replay = parseReplay(await readJson(file))
  const config = await loadConfig(configFile)
  const timeScale = values['time-scale'] === undefined ? replay.timeScale : Number(values['time-scale'])
  const session = createSession(config.target, {
    ...(config.cases && { cases: config.cases }),
    profiles: PROFILES,
    seed: replay.seed,
    budget: replay.budget,
    only: [replay.case],
    scripts: replay.script === null ? {} : { [replay.case]: replay.script.data },
    timeScale,
  })
  if (replay.catalogueDigest !== catalogueDigest())
    print(`It is of another catalogue (kit ${replay.kit.version}): the case may have changed since.`)
  for (const step of replay.script?.steps ?? []) print(`  ${step}`)
  const planned = session.plan.order.find((one) => one.case.id === replay.case)
  if (planned === undefined) throw new KitError(`${replay.case} is not planned for this target.`)
  for (const line of recheckLines(planned.case, replay)) print(line)
  const result = await session.run(planned)
  for (const line of failureLines(result)) print(line)
  const undisposed = await dispose(config)
  const problems = [...session.finish().problems, ...(undisposed === null ? [] : [undisposed])]
  if (!isRed(result))
    print(`${replay.case}: ${result.verdict}${result.reason === null ? '' : `, ${result.reason}`}`)
  for (const problem of problems) print(`INVALID: ${problem}`)
  if (problems.length > 0) return EXIT_CODES.invalid
  if (isRed(result)) return EXIT_CODES['not conformant']
  return result.verdict === 'pass' ? EXIT_CODES.partial : EXIT_CODES.invalid
}

/** What the case has noted then, and can't do again the same way. */
function recheckLines({ recheck }: Case, { script }: Replay): readonly string[] {
  if (recheck === undefined || script === null) return []
  const failures = recheck(script.data)
  if (failures === null) return []
  const found = failures.map(({ requirement, observation }) => `${requirement}: ${observation}`)
  return [
    ...(found.length === 0
      ? ['Judged again, that contradicts nothing.']
      : ['Judged again:', ...found.map((one) => `  ${one}`)]),
    'The case is run anew.',
  ]
}
