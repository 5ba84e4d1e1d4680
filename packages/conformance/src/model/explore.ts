import fc, { type AsyncCommand } from 'fast-check'

import type { CaseContext } from '../case.ts'
import { Divergence, Tally } from './divergence.ts'
import { steps, type Emphasis } from './generate.ts'
import { beginRun, compareEnd, endRun, takeStep } from './run.ts'
import { describeScript, type Script, type Step } from './script.ts'
import { shrink } from './shrink.ts'
import { createStatistics, lengthOf, type Statistics } from './statistics.ts'

export interface Exploration {
  readonly emphasis: Emphasis
  /** How many scripts are drawn at once, and what has to be seen; until it is, a bounded number of times as many are. */
  readonly scripts: number
  isEnough(statistics: Statistics): boolean
  /** Played before any is drawn, and not counted as drawn. */
  readonly first: readonly Script[]
}

export interface Explored {
  readonly tally: Tally
  readonly statistics: Statistics
  /** The shortest script on which store and model part, and where; null where they never did. */
  readonly failure: Failure | null
}

export interface Failure {
  readonly script: Script
  readonly divergence: Divergence
}

/** Calls in a script, at most. */
const LENGTH = 40
const ROUNDS = 4
/** Plays scripts on the store and the model until they part, and then looks for the shortest that makes them. */
export async function explore(
  ctx: CaseContext,
  { emphasis, scripts, isEnough, first }: Exploration,
): Promise<Explored> {
  const tally = new Tally()
  let statistics = createStatistics()
  let failure: Failure | null = null
  /** What is no answer to a call: it ends the exploration. */
  let trouble: { readonly error: unknown } | null = null
  let runs = 0

  /** Answers where store and model part; null where they don't. */
  async function play(
    take: (taken: (step: Step) => Promise<void>) => Promise<void>,
  ): Promise<Failure | null> {
    const script: Step[] = []
    const run = await beginRun(ctx, (runs += 1), tally)
    let parted: Failure | null = null
    try {
      await take(async (step) => {
        script.push(step)
        const frame = await takeStep(run, step)
        if (frame !== null) statistics.transaction(frame)
      })
      await compareEnd(run)
      statistics.script(run.longest)
    } catch (error) {
      if (!(error instanceof Divergence)) throw error
      parted = { script, divergence: error }
    }
    // A store that parted from the model may not even bear to be tidied.
    await endRun(run, emphasis === 'time').catch((error: unknown) => {
      if (parted === null) throw error
    })
    return parted
  }

  const replay = (script: Script) =>
    play(async (taken) => {
      for (const step of script) await taken(step)
    })

  for (const script of first) failure ??= await replay(script)
  statistics = createStatistics()

  const commands = steps(emphasis).map((step) => step.map(createCommand))
  const property = fc.asyncProperty(
    fc.commands(commands, { maxCommands: LENGTH, size: 'max' }),
    async (drawn) => {
      try {
        failure = await play((taken) =>
          fc.asyncModelRun(() => ({ model: { length: 0 }, real: { taken } }), drawn),
        )
      } catch (error) {
        trouble = { error }
      }
      return failure === null && trouble === null
    },
  )
  for (let round = 0; round < ROUNDS && scripts > 0 && failure === null; round += 1) {
    const seed = ctx.random.below(0x7fff_ffff)
    await fc.check(property, { numRuns: scripts, seed, endOnFailure: true })
    if (trouble !== null) throw (trouble as { readonly error: unknown }).error
    if (isEnough(statistics)) break
  }
  return { tally, statistics, failure: failure === null ? null : await shortest(failure, replay) }
}

/** The same divergence, by the shortest script that comes to it. */
async function shortest(
  failure: Failure,
  replay: (script: Script) => Promise<Failure | null>,
): Promise<Failure> {
  let last = failure
  await shrink(failure.script, async (shorter) => {
    const found = await replay(shorter).catch(() => null)
    if (found?.divergence.requirement !== failure.divergence.requirement) return false
    last = found
    return true
  })
  return last
}

interface Played {
  length: number
}
interface Real {
  taken(step: Step): Promise<void>
}

function createCommand(step: Step): AsyncCommand<Played, Real> {
  return {
    check: (played) => played.length + lengthOf(step) <= LENGTH,
    async run(played, { taken }) {
      played.length += lengthOf(step)
      await taken(step)
    },
    toString: () => describeScript([step]).join(),
  }
}
