import { directoryScope } from '@user-engine/store'

import {
  runConformance,
  type Case,
  type Profile,
  type Report,
  type RunOptions,
  type Target,
} from '../src/index.ts'
import { createMemoryTarget } from '../src/demo/memory-target.ts'

/** A case about UE-TRANSACTION-001 that does what a test says. */
export function toyCase(run: Case['run'], rest: Partial<Case> = {}): Case {
  return { id: 'UE-TRANSACTION-001/toy', title: 'A toy', run, ...rest }
}

/** Passes on every good store. */
export const soundCase = toyCase(async (ctx) => {
  const user = ctx.make.user()
  await ctx.commit(directoryScope(), (tx) => tx.users.insert(user))
  const found = await ctx.commit(directoryScope(), (tx) => tx.users.find(user.id))
  ctx.equal('UE-TRANSACTION-001', found, user, 'the user')
})

/** Deadlines of some tens of milliseconds. */
export const IMPATIENT = 0.001

function profileIn({ profile = 'store-core' }: Case): Profile {
  return profile
}

/** Runs cases of a test on a store in memory, or on another target. */
export function judge(
  cases: readonly Case[],
  target: Target = createMemoryTarget(),
  options: Partial<RunOptions> = {},
): Promise<Report> {
  const profiles = cases.length === 0 ? (['store-core'] as const) : [...new Set(cases.map(profileIn))]
  return runConformance(target, { profiles, cases, ...options })
}
