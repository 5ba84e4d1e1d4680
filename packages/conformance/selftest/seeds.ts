import { parseArgs } from 'node:util'

import { isRed } from '../src/verdict.ts'
import { failureLines } from '../src/cli/summary.ts'
import { createMemoryTarget } from '../src/demo/memory-target.ts'
import { engineCases } from '../src/engine.ts'
import { runConformance, storeCases, type Profile, type Target } from '../src/index.ts'
import { startOwnServer } from '../test/own-server.ts'
import { createStoreTarget } from '../test/postgres-target.ts'

/**
 * The kit against good stores, one whole run for each seed: what is red is a false alarm, or a defect of the store.
 * Usage: pnpm seeds [--memory 100] [--postgres 20] [--first 1] [--only UE-RECORD-006,UE-OUTBOX]
 */
const { values } = parseArgs({
  options: {
    memory: { type: 'string', default: '100' },
    postgres: { type: 'string', default: '20' },
    first: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
})

const only = values.only?.split(',')

const IN_MEMORY: readonly Profile[] = ['store-core', 'store-concurrent', 'engine']
const ON_POSTGRES: readonly Profile[] = [...IN_MEMORY, 'store-durable', 'store-relational']

/** Answers whether all of it was in order. */
async function runSeeds(target: Target, profiles: readonly Profile[], count: number): Promise<boolean> {
  const { name } = target.identity
  const cases = [...storeCases, ...engineCases]
  const started = performance.now()
  let run = 0
  let red = 0
  let invalid = 0
  for (let seed = Number(values.first); seed < Number(values.first) + count; seed += 1) {
    const options = { profiles, cases, seed: String(seed), ...(only && { only }) }
    const report = await runConformance(target, options, (result) => {
      if (result.verdict !== 'unsupported' && result.verdict !== 'filtered') run += 1
      if (!isRed(result)) return
      red += 1
      console.log([`${name}, seed ${seed}`, ...failureLines(result)].join('\n'))
    })
    for (const problem of report.problems) console.log(`${name}, seed ${seed}: INVALID: ${problem}`)
    if (report.problems.length > 0) invalid += 1
  }
  const seconds = Math.round((performance.now() - started) / 1000)
  console.log(`${name}: ${count} runs, ${run} cases, ${red} red, ${invalid} runs invalid, ${seconds} s`)
  return red + invalid === 0
}

const inMemory = await runSeeds(createMemoryTarget(), IN_MEMORY, Number(values.memory))
const server = await startOwnServer()
const target = await createStoreTarget(server, server.own)
const onPostgres = await runSeeds(target, ON_POSTGRES, Number(values.postgres))
await target.dispose()
await server.stop()
process.exit(inMemory && onPostgres ? 0 : 1)
