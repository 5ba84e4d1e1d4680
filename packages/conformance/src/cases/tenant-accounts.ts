import { directoryScope, tenantScope } from '@user-engine/store'

import type { Case } from '../case.ts'

const FIRST = { after: null, limit: 100 } as const

export const tenantAccounts: readonly Case[] = [
  {
    id: 'UE-TENANT-007/in-each-tenant',
    title: 'A user has one account in each of several tenants, and each tenant finds its own',
    async run(ctx) {
      const { tenant, user, tenantAccount } = await ctx.seed()
      const other = ctx.make.tenant()
      const there = ctx.make.tenantAccount({
        scopeId: other.id,
        userId: user.id,
        externalId: tenantAccount.externalId,
      })
      await ctx.commit(directoryScope(other.id), async (tx) => {
        await tx.tenants.insert(other)
        await tx.tenantAccounts.insert(there)
      })
      for (const expected of [tenantAccount, there]) {
        const scope = tenantScope(expected.scopeId)
        const found = await ctx.commit(scope, (tx) => tx.tenantAccounts.findByUser(user.id))
        ctx.equal('UE-TENANT-007', found, expected, 'the account of the user in one of its tenants')
      }
      const bound = await ctx.commit(directoryScope(tenant.id), (tx) => tx.tenantAccounts.list(FIRST))
      ctx.equal(
        'UE-TENANT-007',
        bound.items,
        [tenantAccount],
        'what the directory sees with one tenant beside',
      )
      const none = await ctx.commit(directoryScope(), (tx) => tx.tenantAccounts.list(FIRST))
      ctx.equal('UE-TENANT-007', none.items, [], 'what the directory sees without a tenant')
    },
  },
  {
    id: 'UE-TENANT-007/whatever-its-state',
    title: 'An account that was left keeps its place, and is found by its user',
    async run(ctx) {
      const { tenant, user, tenantAccount } = await ctx.seed()
      const scope = tenantScope(tenant.id)
      const left = ctx.make.next(tenantAccount, { state: 'deprovisioned' })
      await ctx.commit(scope, (tx) => tx.tenantAccounts.update(left))
      await ctx.rejects(
        'UE-TENANT-007',
        () =>
          ctx.commit(scope, (tx) =>
            tx.tenantAccounts.insert(ctx.make.tenantAccount({ scopeId: tenant.id, userId: user.id })),
          ),
        { code: 'CONFLICT', details: { constraint: 'tenant_account_user' } },
        'a second account beside one that was left',
      )
      const found = await ctx.commit(scope, (tx) => tx.tenantAccounts.findByUser(user.id))
      ctx.equal('UE-TENANT-007', found, left, 'the account of the user')
    },
  },
  {
    id: 'UE-TENANT-008/without-external-id',
    title: 'Any number of accounts have no external id',
    async run(ctx) {
      const { tenant, tenantAccount } = await ctx.seed()
      const scope = tenantScope(tenant.id)
      const made = [1, 2, 3].map(() =>
        ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id, externalId: null }),
      )
      await ctx.commit(scope, async (tx) => {
        for (const account of made) await tx.tenantAccounts.insert(account)
      })
      const page = await ctx.commit(scope, (tx) => tx.tenantAccounts.list(FIRST))
      ctx.equal('UE-TENANT-008', page.items, [tenantAccount, ...made], 'tenant accounts')
    },
  },
  {
    id: 'UE-TENANT-008/swapped',
    title: 'External ids are compared exactly, and an update may not take one that is taken',
    async run(ctx) {
      const { tenant } = await ctx.seed()
      const scope = tenantScope(tenant.id)
      const texts = ['E-1', 'e-1', 'E-1 ', 'E_1', 'É-1', 'E\u0301-1']
      const made = texts.map((externalId) =>
        ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id, externalId }),
      )
      await ctx.commit(scope, async (tx) => {
        for (const account of made) await tx.tenantAccounts.insert(account)
      })
      const [first, second] = made
      if (first === undefined || second === undefined) throw new Error('none was made')
      const found = await ctx.commit(scope, (tx) => tx.tenantAccounts.find(second.id))
      ctx.equal('UE-TENANT-008', found, second, 'the account that differs in case')
      await ctx.rejects(
        'UE-TENANT-008',
        () =>
          ctx.commit(scope, (tx) => tx.tenantAccounts.update(ctx.make.next(second, { externalId: 'E-1' }))),
        { code: 'CONFLICT', details: { constraint: 'tenant_account_external_id' } },
        'an update to an external id that is taken',
      )
    },
  },
]
