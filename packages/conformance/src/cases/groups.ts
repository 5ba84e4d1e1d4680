import { directoryScope, tenantScope } from '@user-engine/store'

import type { Case } from '../case.ts'

export const groups: readonly Case[] = [
  {
    id: 'UE-GROUP-001/update',
    title: 'An update may not take a key that is taken, and another tenant may use it',
    async run(ctx) {
      const { tenant, group } = await ctx.seed()
      const scope = tenantScope(tenant.id)
      const other = ctx.make.group({ scopeId: tenant.id })
      await ctx.commit(scope, (tx) => tx.groups.insert(other))
      await ctx.rejects(
        'UE-GROUP-001',
        () => ctx.commit(scope, (tx) => tx.groups.update(ctx.make.next(other, { key: group.key }))),
        { code: 'CONFLICT', details: { constraint: 'group_key' } },
        'an update to a key that is taken',
      )
      const elsewhere = ctx.make.tenant()
      const same = ctx.make.group({ scopeId: elsewhere.id, key: group.key })
      await ctx.commit(directoryScope(elsewhere.id), async (tx) => {
        await tx.tenants.insert(elsewhere)
        await tx.groups.insert(same)
      })
      for (const expected of [group, same]) {
        const found = await ctx.commit(tenantScope(expected.scopeId), (tx) => tx.groups.findByKey(group.key))
        ctx.equal('UE-GROUP-001', found, expected, 'the group of the key in one of two tenants')
      }
    },
  },
  {
    id: 'UE-GROUP-002/removed',
    title: 'A removed group is found by its id and not by its key, which is free again',
    preconditions: ['the group was found by its key'],
    async run(ctx) {
      const { tenant, group } = await ctx.seed()
      const scope = tenantScope(tenant.id)
      const byKey = () => ctx.commit(scope, (tx) => tx.groups.findByKey(group.key))
      ctx.precondition('the group was found by its key', (await byKey()) !== null)
      const removed = ctx.make.next(group, { state: 'removed' })
      await ctx.commit(scope, (tx) => tx.groups.update(removed))
      ctx.equal('UE-GROUP-002', await byKey(), null, 'what is found by the key of a removed group')
      const history = await ctx.commit(scope, (tx) => tx.groups.find(group.id))
      ctx.equal('UE-GROUP-002', history, removed, 'the removed group')
      const next = ctx.make.group({ scopeId: tenant.id, key: group.key })
      await ctx.commit(scope, (tx) => tx.groups.insert(next))
      ctx.equal('UE-GROUP-002', await byKey(), next, 'the group that has the key now')
      const { items } = await ctx.commit(scope, (tx) => tx.groups.list({ after: null, limit: 10 }))
      ctx.equal('UE-GROUP-002', items, [removed, next], 'the groups of the tenant')
    },
  },
]
