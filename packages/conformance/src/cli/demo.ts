import { parseArgs } from 'node:util'

import { createMemoryTarget } from '../demo/memory-target.ts'
import { createFaultyTarget, type FaultyStore } from '../faulty/faulty-store.ts'
import { faultyStores } from '../faulty/index.ts'
import { KitError } from '../kit-error.ts'
import { createSession } from '../session.ts'
import type { Target } from '../target.ts'
import { EXIT_CODES } from '../verdict.ts'
import { DEFAULT_PROFILES } from './config.ts'
import { play } from './play.ts'
import { summaryLines } from './summary.ts'

const SPOILT = 'finds-by-id-alone'

export const DEMO_USAGE = `user-engine-conformance demo [--faulty <name>]

Judges the reference store, in memory, then the same one spoilt in one of the published ways: how a green run looks, and a
red one. explain names the faulty stores of a requirement; ${SPOILT} where absent. Writes nothing.

Exit code: 0 the first is green, and the second is red by the promise that it breaks; 1 otherwise.`

export async function demoCommand(args: readonly string[], print: (line: string) => void): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { faulty: { type: 'string', default: SPOILT } },
  })
  const faulty = faultyStores.find(({ name }) => name === values.faulty)
  if (faulty === undefined) throw new KitError(`No faulty store is called ${values.faulty}.`)
  const good = createMemoryTarget()

  print('1. The reference store, in memory.')
  print('')
  const green = await judge(good, print)
  print('')
  print('2. The same store, spoilt. It says nothing of that, and its types are right.')
  print('')
  const red = await judge(createFaultyTarget(good, faulty), print)
  print('')
  print(`What had been done to it: ${faulty.defect}`)
  const found = red.cases.some(({ failures }) => failures.some((failure) => isOf(faulty, failure)))
  print(found ? `It was found by ${faulty.breaks}, the promise that this breaks.` : 'That was not found.')
  print('')
  print(`What is required, and why:  npx user-engine-conformance explain ${faulty.breaks}`)
  print('Your own store:             npx user-engine-conformance init')
  return green.exitCode === 0 && found ? 0 : EXIT_CODES['not conformant']
}

async function judge(target: Target, print: (line: string) => void) {
  const report = await play(createSession(target, { profiles: DEFAULT_PROFILES }), print)
  for (const line of summaryLines(report)) print(line)
  return report
}

function isOf(
  { breaks, expect }: FaultyStore,
  { requirement, observation }: { readonly requirement: string; readonly observation: string },
): boolean {
  return requirement === breaks && observation.includes(expect)
}
