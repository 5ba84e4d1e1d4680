import { directoryScope, tenantScope } from '@user-engine/store'

import type { Case } from '../case.ts'

const FIRST = { after: null, limit: 100 } as const

export const tenants: readonly Case[] = [
  {
    id: 'UE-TENANT-005/own-reference',
    title: 'A tenant scope finds, lists, counts and guards its own tenant, and sees no other',
    preconditions: ['the directory lists both'],
    async run(ctx) {
      const [{ tenant }, { tenant: other }] = [await ctx.seed(), await ctx.seed()]
      const all = await ctx.commit(directoryScope(), (tx) => tx.tenants.list(FIRST))
      ctx.precondition('the directory lists both', all.items.length === 2)
      const scope = tenantScope(tenant.id)
      const seen = await ctx.commit(scope, async (tx) => {
        await tx.tenants.guard(tenant)
        await tx.tenants.guardState({ ...tenant, states: [tenant.state] })
        return {
          own: await tx.tenants.find(tenant.id),
          other: await tx.tenants.find(other.id),
          list: await tx.tenants.list(FIRST),
          count: (await tx.recordCounts()).tenants,
        }
      })
      const expected = { own: tenant, other: null, list: { items: [tenant], next: null }, count: 1 }
      ctx.equal('UE-TENANT-005', seen, expected, 'what a tenant sees of tenants')
      const wrong = { ...tenant, version: 2, states: ['suspended'] } as const
      for (const call of ['guard', 'guardState'] as const) {
        await ctx.rejects(
          'UE-TENANT-005',
          () => ctx.commit(scope, (tx) => tx.tenants[call](wrong)),
          { code: 'VERSION_CONFLICT', details: { kind: 'tenant', id: tenant.id } },
          `a guard on another ${call === 'guard' ? 'version' : 'state'} of its own tenant`,
        )
      }
    },
  },
  {
    id: 'UE-TENANT-005/read-only',
    title: 'A tenant scope can neither change its own tenant nor make one',
    budget: 'smoke',
    preconditions: ['the directory can'],
    async run(ctx) {
      const { tenant } = await ctx.seed()
      const suspended = ctx.make.next(tenant, { state: 'suspended' })
      await ctx.commit(directoryScope(), (tx) => tx.tenants.update(suspended))
      const scope = tenantScope(tenant.id)
      const find = () => ctx.commit(scope, (tx) => tx.tenants.find(tenant.id))
      ctx.precondition('the directory can', (await find())?.state === 'suspended')
      const active = ctx.make.next(suspended, { state: 'active' })
      await ctx.rejects(
        'UE-TENANT-005',
        () => ctx.commit(scope, (tx) => tx.tenants.update(active)),
        { code: 'TENANT_BOUNDARY' },
        'an update of its own tenant',
      )
      await ctx.rejects(
        'UE-TENANT-005',
        () => ctx.commit(scope, (tx) => tx.tenants.insert(ctx.make.tenant())),
        { code: 'TENANT_BOUNDARY' },
        'an insert of a tenant',
      )
      ctx.equal('UE-TENANT-005', await find(), suspended, 'the tenant afterwards')
    },
  },
  {
    id: 'UE-TENANT-006/without-reference',
    title: 'Any number of tenants have no external reference',
    async run(ctx) {
      const made = [1, 2, 3].map(() => ctx.make.tenant({ externalRef: null }))
      await ctx.commit(directoryScope(), async (tx) => {
        for (const tenant of made) await tx.tenants.insert(tenant)
      })
      const page = await ctx.commit(directoryScope(), (tx) => tx.tenants.list(FIRST))
      ctx.equal('UE-TENANT-006', page.items, made, 'tenants')
    },
  },
  {
    id: 'UE-TENANT-006/moved',
    title: 'A reference that is given up is free, one that is taken by an update is not',
    async run(ctx) {
      const [one, other] = [ctx.make.tenant(), ctx.make.tenant({ externalRef: null })]
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.tenants.insert(one)
        await tx.tenants.insert(other)
      })
      const taken = ctx.make.next(other, { externalRef: one.externalRef })
      await ctx.rejects(
        'UE-TENANT-006',
        () => ctx.commit(directoryScope(), (tx) => tx.tenants.update(taken)),
        { code: 'CONFLICT', details: { constraint: 'tenant_external_ref' } },
        'an update to a reference that is taken',
      )
      const free = ctx.make.next(one, { externalRef: null })
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.tenants.update(free)
        await tx.tenants.update(taken)
      })
      const page = await ctx.commit(directoryScope(), (tx) => tx.tenants.list(FIRST))
      ctx.equal('UE-TENANT-006', page.items, [free, taken], 'tenants after the reference moved')
    },
  },
]
