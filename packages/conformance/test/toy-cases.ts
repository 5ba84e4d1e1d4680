import { directoryScope } from '@user-engine/store'

import type { Case } from '../src/index.ts'

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
