import type { Call, Script, Step } from './script.ts'

/** How often a script is tried shorter. Each try is a run. */
const MOST_TRIES = 200

/**
 * The shortest script that still fails: steps, and then calls, are left out one by one for as long as it does. What is
 * left can't be left out.
 */
export async function shrink(script: Script, fails: (shorter: Script) => Promise<boolean>): Promise<Script> {
  let shortest = script
  let tries = 0
  for (let found = true; found;) {
    found = false
    for (const shorter of shorterThan(shortest)) {
      if (tries === MOST_TRIES) return shortest
      tries += 1
      if (!(await fails(shorter))) continue
      shortest = shorter
      found = true
      break
    }
  }
  return shortest
}

/** Everything with one thing less, the largest things first. */
function* shorterThan(script: Script): Generator<Script> {
  // What came last is what failed, so that what came first is the likeliest to matter least.
  for (const place of script.keys()) yield script.toSpliced(place, 1)
  for (const [place, step] of script.entries()) {
    if (step.do !== 'transaction') continue
    for (const body of shorterBodies(step.body)) {
      yield script.with(place, { ...step, body } satisfies Step)
    }
    if (step.swallow) yield script.with(place, { ...step, swallow: false })
  }
}

function* shorterBodies(body: readonly Call[]): Generator<readonly Call[]> {
  for (const place of body.keys()) yield body.toSpliced(place, 1)
  for (const [place, call] of body.entries()) {
    if (call.do === 'crowd' && call.count > 1) yield body.with(place, { ...call, count: call.count - 1 })
    if (call.do !== 'nested') continue
    if (call.end === 'resolve') yield body.toSpliced(place, 1, ...call.body)
    for (const inner of shorterBodies(call.body)) yield body.with(place, { ...call, body: inner })
  }
}
