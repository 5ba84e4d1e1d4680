import { parseArgs } from 'node:util'

import type { Budget } from '../budget.ts'
import { faultyStores } from '../faulty/index.ts'
import { asPostgresTarget } from '../faulty/postgres/faulty-postgres.ts'
import { faultyPostgres } from '../faulty/postgres/index.ts'
import { selftest } from '../faulty/selftest.ts'
import { lineOf, summarize } from '../faulty/summary.ts'
import { faultyUnderEngine } from '../faulty/under-engine.ts'
import { hasStore } from '../no-store.ts'
import { EXIT_CODES } from '../verdict.ts'
import { DEFAULT_PROFILES, dispose, disposeWhenStopped, loadConfig } from './config.ts'

export const SELFTEST_USAGE = `user-engine-conformance selftest [<config>] [--seed <text>] [--time-scale <n>] [--budget smoke]

Spoils your store in each of the published ways, one at a time, and demands that the kit finds it: by the promise that is
broken, with the observation that is expected, and leaves green what it does not break. Where your target is a server under
@user-engine/postgres, its database is spoiled as well: policies, keys, statements. Of a provider without a store it is what is
handed over, and, where you give administer, the database, which is mended again. What your target has no power for stays untried.

With the budget smoke it tells what a smoke run finds of them, which is not all.

Exit code: 0 all were found, 1 one was not, or a stable MUST of your profiles is not watched, 3 the run says nothing.`

export async function selftestCommand(
  args: readonly string[],
  print: (line: string) => void,
): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      'time-scale': { type: 'string', default: '0.2' },
      budget: { type: 'string', default: 'full' },
    },
  })
  const config = await loadConfig(positionals[0])
  const { target, cases, profiles = DEFAULT_PROFILES } = config
  const faulty = profiles.includes('engine') ? [...faultyStores, ...faultyUnderEngine] : faultyStores
  const release = disposeWhenStopped(config, print)
  const kills = await selftest(
    target,
    {
      faulty,
      seed: values.seed,
      timeScale: Number(values['time-scale']),
      budget: values.budget as Budget,
      ...(cases && { cases }),
    },
    (kill) => print(lineOf(kill)),
  )
  await release()
  const undisposed = await dispose(config)
  if (hasStore(target) && asPostgresTarget(target) === null) {
    print(
      `${faultyPostgres.length} more are databases of @user-engine/postgres and were left out: they are made of a target of ` +
        'createPostgresTarget with userEngineSchema, given the address of a server',
    )
  }
  const { lines, sound } = summarize(kills, profiles)
  for (const line of lines) print(line)
  if (undisposed !== null) {
    print(`INVALID: ${undisposed}`)
    return EXIT_CODES.invalid
  }
  return sound ? 0 : 1
}
