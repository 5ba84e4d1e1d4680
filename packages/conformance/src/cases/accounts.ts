import { directoryScope } from '@user-engine/store'

import type { Case } from '../case.ts'

export const accounts: readonly Case[] = [
  {
    id: 'UE-RECORD-003/absent-user',
    title:
      'An account of a user that does not exist is refused, one of a user in the same transaction is not',
    preconditions: ['an account of a user that exists is kept'],
    async run(ctx) {
      const user = ctx.make.user()
      const account = ctx.make.account({ userId: user.id })
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.users.insert(user)
        await tx.accounts.insert(account)
      })
      const found = await ctx.commit(directoryScope(), (tx) => tx.accounts.findByUser(user.id))
      ctx.precondition('an account of a user that exists is kept', found !== null)
      const stray = ctx.make.account({ userId: ctx.make.user().id })
      await ctx.rejects(
        'UE-RECORD-003',
        () => ctx.commit(directoryScope(), (tx) => tx.accounts.insert(stray)),
        { code: 'CONFLICT', details: { constraint: 'reference' } },
        'an account without a user',
      )
      const given = ctx.make.next(account, { userId: stray.userId })
      await ctx.rejects(
        'UE-RECORD-003',
        () => ctx.commit(directoryScope(), (tx) => tx.accounts.update(given)),
        { code: 'CONFLICT', details: { constraint: 'reference' } },
        'an account that is given to no user',
      )
      const kept = await ctx.commit(directoryScope(), async (tx) => [
        await tx.accounts.find(stray.id),
        await tx.accounts.find(account.id),
      ])
      ctx.equal('UE-RECORD-003', kept, [null, account], 'the two accounts afterwards')
    },
  },
  {
    id: 'UE-RECORD-003/undone-user',
    title: 'A user that a nested transaction made and lost is no user for an account',
    async run(ctx) {
      const refusal = new Error('the nested work changes its mind')
      const user = ctx.make.user()
      await ctx.rejects(
        'UE-RECORD-003',
        () =>
          ctx.commit(directoryScope(), async (tx) => {
            await tx
              .nested(async (nested) => {
                await nested.users.insert(user)
                throw refusal
              })
              .catch((error: unknown) => {
                if (error !== refusal) throw error
              })
            await tx.accounts.insert(ctx.make.account({ userId: user.id }))
          }),
        { code: 'CONFLICT', details: { constraint: 'reference' } },
        'an account of a user that was undone',
      )
    },
  },
  {
    id: 'UE-IDENTITY-004/whatever-its-state',
    title: 'A closed account keeps its place: a second one is refused still',
    async run(ctx) {
      const { user, account } = await ctx.seed()
      const closed = ctx.make.next(account, { state: 'closed' })
      await ctx.commit(directoryScope(), (tx) => tx.accounts.update(closed))
      await ctx.rejects(
        'UE-IDENTITY-004',
        () => ctx.commit(directoryScope(), (tx) => tx.accounts.insert(ctx.make.account({ userId: user.id }))),
        { code: 'CONFLICT', details: { constraint: 'account_user' } },
        'a second account beside a closed one',
      )
      const found = await ctx.commit(directoryScope(), (tx) => tx.accounts.findByUser(user.id))
      ctx.equal('UE-IDENTITY-004', found, closed, 'the account of the user')
    },
  },
]
