import { parseArgs } from 'node:util'

import { catalogue } from '../catalogue/index.ts'
import { findGaps, selftest, type Kill } from '../faulty/selftest.ts'
import { loadConfig } from './config.ts'

export const SELFTEST_USAGE = `user-engine-conformance selftest <config> [--seed <text>] [--time-scale <n>]

Spoils your store in each of the published ways, one at a time, and demands that the kit finds it: by the promise that is
broken, with the observation that is expected. Exit code 1 where it does not, or where a stable MUST is not watched.`

export async function selftestCommand(
  args: readonly string[],
  print: (line: string) => void,
): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { seed: { type: 'string', default: '1' }, 'time-scale': { type: 'string', default: '0.2' } },
  })
  const { target, cases } = await loadConfig(positionals[0])
  const kills = await selftest(
    target,
    { seed: values.seed, timeScale: Number(values['time-scale']), ...(cases && { cases }) },
    (kill) => print(lineOf(kill)),
  )
  const gaps = findGaps(kills)
  const count = (result: Kill['result']) => kills.filter((kill) => kill.result === result).length
  for (const id of gaps) print(`GAP       ${id} ${catalogue.get(id)?.title ?? ''}`)
  print(
    `${count('killed')} killed, ${count('survived')} survived, ${count('astray')} led astray, ` +
      `${count('untried')} untried; ${gaps.length} stable MUSTs unwatched`,
  )
  return count('survived') + count('astray') + gaps.length === 0 ? 0 : 1
}

function lineOf({ faulty, result, caseId, observation }: Kill): string {
  const line = `${result.padEnd(9)} ${faulty.breaks.padEnd(19)} ${faulty.name}`
  if (result === 'untried') return `${line} (needs ${(faulty.needs ?? []).join(', ')})`
  return caseId === null ? line : `${line}\n          ${caseId}: ${observation ?? ''}`
}
