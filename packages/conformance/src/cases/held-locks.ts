import { directoryScope, isStoreError, type StoreTransaction, type UserEngineStore } from '@user-engine/store'

import type { Case, CaseContext, Seed } from '../case.ts'

/** What a nested transaction decides, and what another transaction does that goes against it. */
interface Dispute {
  readonly name: string
  /** Whether only one of the two can ever commit; otherwise the other one can, afterwards. */
  readonly exclusive: boolean
  decide(ctx: CaseContext, tx: StoreTransaction, seed: Seed): Promise<void>
  oppose(ctx: CaseContext, tx: StoreTransaction, seed: Seed): Promise<void>
}

const DISPUTES: readonly Dispute[] = [
  {
    name: 'guard',
    exclusive: false,
    decide: (_ctx, tx, { user }) => tx.users.guard(user),
    oppose: (ctx, tx, { user }) => tx.users.update(ctx.make.next(user, { state: 'suspended' })),
  },
  {
    name: 'guard-by-state',
    exclusive: false,
    decide: (_ctx, tx, { user: { scopeId, id, state } }) =>
      tx.users.guardState({ scopeId, id, states: [state] }),
    oppose: (ctx, tx, { user }) => tx.users.update(ctx.make.next(user, { state: 'suspended' })),
  },
  {
    name: 'update',
    exclusive: true,
    decide: (ctx, tx, { user }) => tx.users.update(ctx.make.next(user, { kind: 'service' })),
    oppose: (ctx, tx, { user }) => tx.users.update(ctx.make.next(user, { state: 'suspended' })),
  },
  {
    name: 'unique',
    exclusive: true,
    decide: (ctx, tx, { tenant }) =>
      tx.tenants.insert(ctx.make.tenant({ externalRef: `${tenant.externalRef} 2` })),
    oppose: (ctx, tx, { tenant }) =>
      tx.tenants.insert(ctx.make.tenant({ externalRef: `${tenant.externalRef} 2` })),
  },
  {
    name: 'idempotency',
    exclusive: true,
    decide: (ctx, tx, { user }) => tx.idempotency.insert(keyOf(ctx, user.id), 60_000),
    oppose: (ctx, tx, { user }) => tx.idempotency.insert(keyOf(ctx, user.id), 60_000),
  },
]

const keyOf = (ctx: CaseContext, key: string) => ctx.make.idempotencyRecord({ actor: 'service:kit', key })

/** Lets the other one try while the nested transaction has settled and the outer one has not. */
async function dispute(
  ctx: CaseContext,
  { decide, oppose }: Dispute,
  second: UserEngineStore,
  round: number,
) {
  const seed = await ctx.seed()
  let opposed = false
  const [outer, other] = await ctx.race(2, async (index, meet) => {
    if (index === 1) {
      await meet(`settled ${round}`)
      try {
        await second.transaction(directoryScope(), (tx) => oppose(ctx, tx, seed))
        opposed = true
      } finally {
        await meet(`tried ${round}`)
      }
      return false
    }
    return ctx.store.transaction(directoryScope(), async (tx) => {
      await tx.nested((nested) => nested.nested((deep) => decide(ctx, deep, seed)))
      await meet(`settled ${round}`)
      await meet(`tried ${round}`)
      await tx.audit.append(ctx.make.auditRecord())
      return opposed
    })
  })
  return { outer, other }
}

/** What a settled nested transaction has decided holds: no conflict of it may surface at the end of the outer one. */
export const heldLocks: readonly Case[] = DISPUTES.map((one): Case => ({
  id: `UE-TRANSACTION-006/held-${one.name}`,
  title: `What a nested transaction has settled (${one.name}) can not be upset by another one before the outer one commits`,
  profile: 'store-concurrent',
  async run(ctx) {
    const second = await ctx.second()
    let decided = 0
    for (let round = 0; round < 5; round += 1) {
      const { outer, other } = await dispute(ctx, one, second, round)
      const error: unknown = outer?.status === 'rejected' ? outer.reason : null
      const retryable = isStoreError(error) && error.retryable
      ctx.must(
        'UE-TRANSACTION-006',
        error === null || retryable,
        `the outer one ended with ${ctx.show(error)}`,
      )
      if (error !== null) continue
      decided += 1
      const upset = outer?.status === 'fulfilled' && outer.value
      ctx.must(
        'UE-TRANSACTION-006',
        !upset,
        `the other one ${upset ? 'committed' : 'did not commit'} while the outer one was open`,
      )
      const both = one.exclusive && other?.status === 'fulfilled'
      ctx.must(
        'UE-TRANSACTION-006',
        !both,
        `of two that exclude each other ${both ? 'both' : 'one'} committed`,
      )
      if (decided === 2) break
    }
    if (decided === 0) ctx.note('the store told the outer one to run again each time')
  },
}))
