import { parseArgs } from 'node:util'

import type { Budget } from '../budget.ts'
import type { Profile } from '../catalogue/requirement.ts'
import { conclude } from '../conclude.ts'
import { KitError } from '../kit-error.ts'
import { parseShard } from '../selection.ts'
import { createSession } from '../session.ts'
import { EXIT_CODES } from '../verdict.ts'
import { writeReports } from '../reports/write.ts'
import { DEFAULT_PROFILES, dispose, disposeWhenStopped, loadConfig } from './config.ts'
import { play } from './play.ts'
import { readJson } from './read-json.ts'
import { summaryLines } from './summary.ts'

export const RUN_USAGE = `user-engine-conformance run [<config>] [options]

Judges the store that the configuration opens; conformance.config.ts where none is named.

  --profile <name>      a profile to claim, repeatable; the configuration's where absent
  --seed <text>         what the order and everything random follows from; 1 where absent
  --only <id>           only this case, or those of this requirement or area, repeatable: the verdict is partial at best
  --not <id>            all but these, likewise
  --shard <i/n>         this part of the cases, e.g. 1/4; the command merge makes one report of all
  --budget <name>       smoke, for every commit, or full; full where absent
  --out <folder>        where the reports are written: JSON, JUnit, Markdown, HTML; conformance-results where absent
  --time-scale <n>      multiplies every deadline, e.g. 3 on a slow machine
  --deviations <file>   a JSON list of cases that are known to fail: [{ "case", "issue", "expires" }]

Exit code: 0 conformant, 1 not conformant, 2 partial, 3 invalid: the run says nothing. Stopped by Ctrl-C or SIGTERM it writes
no report, takes down what the target has made, and is invalid.`

export async function runCommand(args: readonly string[], print: (line: string) => void): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      profile: { type: 'string', multiple: true },
      seed: { type: 'string' },
      only: { type: 'string', multiple: true },
      not: { type: 'string', multiple: true },
      shard: { type: 'string' },
      budget: { type: 'string' },
      out: { type: 'string', default: 'conformance-results' },
      'time-scale': { type: 'string' },
      deviations: { type: 'string' },
    },
  })
  const config = await loadConfig(positionals[0])
  const { target, timeScale = 1 } = config
  const session = createSession(target, {
    ...config,
    profiles: (values.profile as Profile[] | undefined) ?? config.profiles ?? DEFAULT_PROFILES,
    ...(values.seed === undefined ? {} : { seed: values.seed }),
    ...(values.only === undefined ? {} : { only: values.only }),
    ...(values.not === undefined ? {} : { not: values.not }),
    ...(values.shard === undefined ? {} : { shard: parseShard(values.shard) }),
    ...(values.budget === undefined ? {} : { budget: values.budget as Budget }),
    timeScale: values['time-scale'] === undefined ? timeScale : Number(values['time-scale']),
    deviations: values.deviations === undefined ? config.deviations : await readJson(values.deviations),
  })
  const { plan } = session
  print(`${target.identity.name} ${target.identity.version}`)
  print(`profiles ${plan.profiles.join(', ')}; ${plan.cases.length} cases planned; seed ${plan.seed}`)
  print('')
  const release = disposeWhenStopped(config, print)
  const played = await play(session, print)
  await release()
  const undisposed = await dispose(config)
  const report =
    undisposed === null ? played : conclude({ ...played, problems: [...played.problems, undisposed] })
  for (const line of summaryLines(report)) print(line)
  try {
    for (const path of await writeReports(report, values.out)) print(`written: ${path}`)
  } catch (error) {
    if (!(error instanceof KitError)) throw error
    print(`INVALID: ${error.message}`)
    return EXIT_CODES.invalid
  }
  return report.exitCode
}
