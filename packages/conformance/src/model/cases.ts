import type { Budget } from '../budget.ts'
import type { Case, CaseContext } from '../case.ts'
import { KitError } from '../kit-error.ts'
import type { Json } from '../script.ts'
import { examples } from './examples.ts'
import { explore } from './explore.ts'
import type { Emphasis } from './generate.ts'
import { regressions } from './regressions.ts'
import {
  CLOCK_REQUIREMENTS,
  MODEL_REQUIREMENTS,
  RELAY_REQUIREMENTS,
  type ModelRequirement,
} from './requirements.ts'
import { describeScript, parseScript, type Script } from './script.ts'
import { EXPECTED } from './statistics.ts'

/** Scripts of a run at each budget. */
const SCRIPTS: Readonly<Record<Emphasis, Readonly<Record<Budget, number>>>> = {
  work: { smoke: 16, full: 30 },
  relay: { smoke: 6, full: 40 },
  time: { smoke: 6, full: 40 },
}

/** What each emphasis is to show, and what has to be seen for that to mean anything. */
const WATCHED: Readonly<Record<Emphasis, readonly ModelRequirement[]>> = {
  work: MODEL_REQUIREMENTS,
  relay: RELAY_REQUIREMENTS,
  time: CLOCK_REQUIREMENTS,
}
const expectations = (emphasis: Emphasis) => (emphasis === 'work' ? EXPECTED : [])

function readScript(script: Json): Script {
  const read = parseScript(script)
  if (read === null) throw new KitError('The replay holds no script of steps.')
  return read
}

const recheck: Case['recheck'] = (script) => {
  readScript(script)
  return null
}

/** Plays scripts, and says of each promise how often a comparison showed that it holds. */
async function run(ctx: CaseContext, emphasis: Emphasis): Promise<void> {
  const watched = WATCHED[emphasis]
  const replay = ctx.script === null ? null : readScript(ctx.script)
  const { tally, statistics, failure } = await explore(ctx, {
    emphasis,
    scripts: replay === null ? SCRIPTS[emphasis][ctx.budget] : 0,
    first: replay === null ? [...examples[emphasis], ...regressions[emphasis]] : [replay],
    isEnough: (seen) => expectations(emphasis).every((one) => seen.judge(one)),
  })
  if (failure !== null) {
    const { script, divergence } = failure
    ctx.keepScript(structuredClone(script) as never, describeScript(script))
    const seen = `after ${script.length} steps, ${divergence.observation}`
    if (watched.includes(divergence.requirement)) ctx.must(divergence.requirement, false, seen)
    ctx.must('UE-SEQUENCE-001', false, seen)
    return
  }
  ctx.must('UE-SEQUENCE-001', true, 'every step had the outcome of the model')
  if (replay === null) ctx.note(statistics.describe())
  else ctx.note('nothing was played but the script that was given')
  for (const id of watched) {
    const count = tally.of(id)
    if (count > 0 || replay !== null) ctx.must(id, true, `${count} comparisons held`)
  }
  for (const one of expectations(emphasis)) ctx.precondition(one, replay !== null || statistics.judge(one))
}

/**
 * Every call of the port by itself is shown elsewhere. Here they are put together as nobody would think of, with names
 * that are easily taken for one another, and compared after each step with a model that keeps plain lists.
 */
export const model: readonly Case[] = [
  // Each on a store of its own, so that none takes long even where a transaction does.
  ...['work', 'work-2', 'work-3', 'work-4', 'work-5', 'work-6'].map((name, place): Case => ({
    id: `UE-SEQUENCE-001/${name}`,
    title:
      'Units of work, nested ones, refusals and denials, drawn at random, come to what a model of the port says, in every scope',
    also: MODEL_REQUIREMENTS,
    preconditions: EXPECTED,
    recheck,
    ...(place > 0 && { budget: 'full' }),
    patience: 4,
    run: (ctx) => run(ctx, 'work'),
  })),
  {
    id: 'UE-SEQUENCE-001/relay',
    title:
      'Claims, acknowledgements, refusals and redrives, drawn at random, come to what a model of the outbox says',
    also: RELAY_REQUIREMENTS,
    recheck,
    patience: 4,
    run: (ctx) => run(ctx, 'relay'),
  },
  {
    id: 'UE-SEQUENCE-001/time',
    title: 'Leases, delays and idempotency records run out between calls as a model says',
    also: CLOCK_REQUIREMENTS,
    recheck,
    needs: ['clock'],
    patience: 4,
    run: (ctx) => run(ctx, 'time'),
  },
]
