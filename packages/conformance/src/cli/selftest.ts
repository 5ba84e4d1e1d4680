import { parseArgs } from 'node:util'

import { catalogue } from '../catalogue/index.ts'
import { faultyStores } from '../faulty/index.ts'
import { findGaps, selftest, type Kill } from '../faulty/selftest.ts'
import { faultyUnderEngine } from '../faulty/under-engine.ts'
import { EXIT_CODES } from '../verdict.ts'
import { DEFAULT_PROFILES, dispose, loadConfig } from './config.ts'

export const SELFTEST_USAGE = `user-engine-conformance selftest [<config>] [--seed <text>] [--time-scale <n>]

Spoils your store in each of the published ways, one at a time, and demands that the kit finds it: by the promise that is
broken, with the observation that is expected. What your target has no power for stays untried.

Exit code: 0 all were found, 1 one was not, or a stable MUST of your profiles is not watched, 3 the run says nothing.`

export async function selftestCommand(
  args: readonly string[],
  print: (line: string) => void,
): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { seed: { type: 'string', default: '1' }, 'time-scale': { type: 'string', default: '0.2' } },
  })
  const config = await loadConfig(positionals[0])
  const { target, cases, profiles = DEFAULT_PROFILES } = config
  const faulty = profiles.includes('engine') ? [...faultyStores, ...faultyUnderEngine] : faultyStores
  const kills = await selftest(
    target,
    { faulty, seed: values.seed, timeScale: Number(values['time-scale']), ...(cases && { cases }) },
    (kill) => print(lineOf(kill)),
  )
  const undisposed = await dispose(config)
  // What the target has no power for is unverified in every run of it, and said to be.
  const untried = new Set(
    kills.filter(({ result }) => result === 'untried').map((kill) => kill.faulty.breaks),
  )
  const gaps = findGaps(kills, profiles).filter((id) => !untried.has(id))
  const count = (result: Kill['result']) => kills.filter((kill) => kill.result === result).length
  for (const id of gaps) print(`GAP       ${id} ${catalogue.get(id)?.title ?? ''}`)
  print(
    `${count('killed')} killed, ${count('survived')} survived, ${count('astray')} led astray, ` +
      `${count('untried')} untried; ${gaps.length} stable MUSTs unwatched`,
  )
  if (undisposed !== null) {
    print(`INVALID: ${undisposed}`)
    return EXIT_CODES.invalid
  }
  return count('survived') + count('astray') + gaps.length === 0 ? 0 : 1
}

function lineOf({ faulty, result, caseId, observation }: Kill): string {
  const line = `${result.padEnd(9)} ${faulty.breaks.padEnd(19)} ${faulty.name}`
  if (result === 'untried') return `${line} (needs ${(faulty.needs ?? []).join(', ')})`
  return caseId === null ? line : `${line}\n          ${caseId}: ${observation ?? ''}`
}
