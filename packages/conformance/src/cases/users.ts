import { directoryScope, tenantScope } from '@user-engine/store'

import type { Case } from '../case.ts'

const FIRST = { after: null, limit: 100 } as const

export const users: readonly Case[] = [
  {
    id: 'UE-TENANT-004/members',
    title: 'A tenant scope finds, lists and counts no user and no account, those of its members included',
    preconditions: ['the directory finds them'],
    async run(ctx) {
      const { tenant, user, account } = await ctx.seed()
      const look = (scope: ReturnType<typeof tenantScope>) =>
        ctx.commit(scope, async (tx) => {
          const counts = await tx.recordCounts()
          return {
            user: await tx.users.find(user.id),
            list: (await tx.users.list(FIRST)).items,
            account: await tx.accounts.find(account.id),
            ofUser: await tx.accounts.findByUser(user.id),
            counts: [counts.users, counts.accounts],
          }
        })
      const everything = { user, list: [user], account, ofUser: account, counts: [1, 1] }
      const directory = await look(directoryScope())
      ctx.precondition('the directory finds them', directory.user !== null && directory.account !== null)
      ctx.equal('UE-TENANT-004', directory, everything, 'what the directory sees')
      ctx.equal(
        'UE-TENANT-004',
        await look(directoryScope(tenant.id)),
        everything,
        'what it sees with a tenant beside',
      )
      const nothing = { user: null, list: [], account: null, ofUser: null, counts: [0, 0] }
      ctx.equal('UE-TENANT-004', await look(tenantScope(tenant.id)), nothing, 'what the tenant sees')
    },
  },
  {
    id: 'UE-TENANT-004/guard',
    title: 'A tenant scope can not find out by a guard whether a user exists',
    budget: 'smoke',
    preconditions: ['the directory can guard it'],
    async run(ctx) {
      const { tenant, user, account } = await ctx.seed()
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.users.guard(user)
        await tx.users.guardState({ ...user, states: [user.state] })
        await tx.accounts.guard(account)
      })
      ctx.precondition('the directory can guard it', true)
      const absent = ctx.make.user()
      for (const { id } of [user, absent]) {
        for (const call of ['guard', 'guardState'] as const) {
          await ctx.rejects(
            'UE-TENANT-004',
            () =>
              ctx.commit(tenantScope(tenant.id), (tx) =>
                tx.users[call]({ ...user, id, states: [user.state] }),
              ),
            { code: 'VERSION_CONFLICT', details: { kind: 'user', id } },
            `a guard${call === 'guard' ? '' : ' by states'} on ${id === absent.id ? 'an absent' : 'a stored'} user`,
          )
        }
      }
    },
  },
]
