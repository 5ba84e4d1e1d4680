import { BUDGETS, type Budget } from './budget.ts'
import type { Case } from './case.ts'

/** One of `count` runs that divide the cases among themselves; the first has the index 1. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/** Which of the planned cases are run. Whatever leaves one out makes the verdict partial at best. */
export interface Selection {
  /** Only these: whole ids of cases, or what ids begin with, up to a hyphen or a slash. */
  readonly only?: readonly string[]
  /** All but these, named in the same way. */
  readonly not?: readonly string[]
  /** This part of what is left. */
  readonly shard?: Shard
  /** `full` where absent; `smoke` takes one case for each requirement of those that are left, and lets it do less. */
  readonly budget?: Budget
}

export const IN_ANOTHER_SHARD = 'in another shard'
export const NOT_FOR_SMOKE = 'left out by the budget smoke'

/** Why the case is not run, whatever the target can do; null where it is. */
export function leftOut(one: Case, { only = [], not = [] }: Selection): string | null {
  const left = only.length > 0 && !only.some((name) => isCalled(one, name))
  return left || not.some((name) => isCalled(one, name)) ? 'left out by a filter' : null
}

/** Reads `1/4`. What it is not is said by `checkSelection`. */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  return { index: Number(index), count: Number(count) }
}

export function isInShard(place: number, { index, count }: Shard): boolean {
  return place % count === index - 1
}

/** What is wrong with a selection from these cases. */
export function checkSelection(
  { only = [], not = [], shard, budget }: Selection,
  cases: readonly Case[],
): string[] {
  const unknown = [...only, ...not].filter((name) => !cases.some((one) => isCalled(one, name)))
  const { index = 1, count = 1 } = shard ?? {}
  const shards = Number.isInteger(index) && Number.isInteger(count) && index >= 1 && index <= count
  return [
    ...unknown.map((name) => `No case is called ${name}.`),
    ...(shards ? [] : [`A shard is 1/4, 2/4, 3/4 or 4/4, and not ${index}/${count}.`]),
    ...(budget === undefined || BUDGETS.includes(budget)
      ? []
      : [`A budget is ${BUDGETS.join(' or ')}, and not ${String(budget)}.`]),
  ]
}

function isCalled({ id }: Case, name: string): boolean {
  return id === name || (!name.includes('/') && (id.startsWith(`${name}-`) || id.startsWith(`${name}/`)))
}
