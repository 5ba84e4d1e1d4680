import { StoreError, type UserEngineStore } from '@user-engine/store'

import type { Case } from '../case.ts'
import { denied } from './denials.ts'
import { counts, createWorld, growth, outcomeOf, readTrail } from './world.ts'

export const attempts: readonly Case[] = [
  {
    id: 'UE-ENGINE-003/run-again',
    title: 'Work that is refused, and run again by collisions, leaves one denial under one id',
    preconditions: ['the work was run four times'],
    async run(ctx) {
      let collisions = 0
      const around = (store: UserEngineStore): UserEngineStore => ({
        ...store,
        transaction: (scope, work) =>
          store.transaction(scope, async (tx) => {
            const answer = await work(tx)
            if (collisions === 0) return answer
            collisions -= 1
            throw new StoreError('SERIALIZATION', {})
          }),
      })
      const world = await createWorld(ctx, around)
      const { userId } = await world.provision()
      const before = await counts(ctx, world)
      world.refuse('user.suspend')
      const ids: string[] = []
      collisions = 3
      await world.tenant.transaction(async (unit) => {
        ids.push(await denied(ctx, 'UE-ENGINE-003', unit.suspendUser({ userId }), `the refused command`))
        await unit.linkIdentity({ userId, ...world.identity() })
      })
      ctx.precondition('the work was run four times', ids.length >= 4)
      const { denials: kept } = await readTrail(ctx, world)
      ctx.equal('UE-ENGINE-003', new Set(ids).size, 1, 'ids that were told')
      ctx.equal(
        'UE-ENGINE-003',
        kept.map(({ id }) => id),
        ids.slice(0, 1),
        'denials',
      )
      const { auditRecords, pendingEvents } = growth(await counts(ctx, world), before)
      ctx.equal('UE-ENGINE-003', [auditRecords, pendingEvents], [1, 1], 'audit records and events')
    },
  },
  {
    id: 'UE-ENGINE-003/true-collisions',
    title: 'Twelve compositions that fight for one record, each refused once, leave twelve denials',
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId } = await world.provision()
      world.refuse('tenant.suspend')
      const count = 12
      const refused: string[] = []
      const settled = await ctx.race(count, (index, meet) =>
        outcomeOf(
          world.tenant.transaction(async (unit) => {
            await meet()
            const attempt = unit.suspendTenant({ tenantId: world.tenantId })
            refused[index] = await denied(ctx, 'UE-ENGINE-003', attempt, `the command of worker ${index}`)
            await unit.suspendUser({ userId })
            await unit.reactivateUser({ userId })
          }),
        ),
      )
      ctx.must('UE-ENGINE-003', settled.length === count, `${settled.length} compositions have ended`)
      const { denials: kept } = await readTrail(ctx, world)
      ctx.equal('UE-ENGINE-003', kept.map(({ id }) => id).toSorted(), refused.toSorted(), 'denials')
    },
  },
]
