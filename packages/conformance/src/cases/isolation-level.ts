import { directoryScope, tenantScope } from '@user-engine/store'

import type { Case } from '../case.ts'

const FIRST = { after: null, limit: 100 } as const

/** What a transaction may see of others while they are at work. */
export const isolationLevel: readonly Case[] = [
  {
    id: 'UE-TRANSACTION-011/no-dirty-read',
    title: 'What a transaction has written is invisible to another handle until it commits',
    preconditions: ['the writer sees its own write', 'the reader sees it after the commit'],
    async run(ctx) {
      const { user } = await ctx.seed()
      const added = ctx.make.user()
      const second = await ctx.second()
      const read = () =>
        ctx.commit(directoryScope(), async (tx) => (await tx.users.list(FIRST)).items, second)
      const changed = ctx.make.next(user, { state: 'suspended' })
      // Its connection is there: the reader is in time.
      await read()
      let committing = false
      await ctx.race(2, async (index, meet) => {
        if (index === 1) {
          await meet('written')
          const early = await read()
          ctx.must(
            'UE-TRANSACTION-011',
            committing || (early.length === 1 && early[0]?.version === 1),
            `${committing ? 'while it commits' : 'before the commit'} a reader found ${ctx.show(early)}`,
          )
          await meet('read')
          return
        }
        await ctx.commit(directoryScope(), async (tx) => {
          await tx.users.insert(added)
          await tx.nested((nested) => nested.users.update(changed))
          const own = await tx.users.list(FIRST)
          ctx.precondition(
            'the writer sees its own write',
            own.items.length === 2 && own.items[0]?.version === 2,
          )
          await meet('written')
          await meet('read')
          committing = true
        })
      })
      const after = await read()
      ctx.precondition('the reader sees it after the commit', after.length === 2)
      ctx.equal('UE-TRANSACTION-011', after, [changed, added], 'users after the commit')
    },
  },
  {
    id: 'UE-TRANSACTION-011/rolled-back',
    title: 'What is rolled back was never seen by anybody',
    preconditions: ['the writer sees its own write'],
    async run(ctx) {
      const { tenant } = await ctx.seed()
      const second = await ctx.second()
      const refusal = new Error('the work changes its mind')
      const scope = tenantScope(tenant.id)
      await ctx.race(2, async (index, meet) => {
        if (index === 1) {
          await meet('written')
          for (let look = 0; look < 10; look += 1) {
            const counts = await ctx.commit(scope, (tx) => tx.recordCounts(), second)
            ctx.equal(
              'UE-TRANSACTION-011',
              [counts.tenantAccounts, counts.pendingEvents],
              [1, 0],
              `look ${look}`,
            )
            const claim = await second.outbox.claim({ limit: 10, leaseMs: 60_000, ack: null })
            ctx.equal('UE-TRANSACTION-011', claim.events, [], `events claimed at look ${look}`)
            if (look === 4) await meet('looked')
          }
          return
        }
        await ctx
          .commit(scope, async (tx) => {
            const account = ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id })
            await tx.tenantAccounts.insert(account)
            await tx.outbox.append(ctx.make.event('tenant_account', account))
            const own = await tx.tenantAccounts.list(FIRST)
            ctx.precondition('the writer sees its own write', own.items.length === 2)
            await meet('written')
            await meet('looked')
            throw refusal
          })
          .catch((error: unknown) => {
            if (error !== refusal) throw error
          })
      })
    },
  },
  {
    id: 'UE-CAPABILITY-002/repeated-read',
    title: 'A record that changes meanwhile is read again as the declared isolation has it',
    async run(ctx) {
      const { user } = await ctx.seed()
      const changed = ctx.make.next(user, { state: 'suspended' })
      const second = await ctx.second()
      const allowed = ctx.capabilities.isolation === 'read-committed' ? [1, 2] : [1]
      let committed = false
      await ctx.race(2, async (index, meet) => {
        if (index === 1) {
          await meet('read')
          await ctx.commit(directoryScope(), (tx) => tx.users.update(changed), second)
          committed = true
          await meet('changed')
          return
        }
        await ctx.commit(directoryScope(), async (tx) => {
          const before = await tx.users.find(user.id)
          if (!committed) ctx.equal('UE-CAPABILITY-002', before, user, 'the first read')
          await meet('read')
          await meet('changed')
          const again = await tx.users.find(user.id)
          const version = again?.version ?? 0
          ctx.must(
            'UE-CAPABILITY-002',
            version >= (before?.version ?? 0) && (before?.version !== 1 || allowed.includes(version)),
            `with isolation ${ctx.capabilities.isolation} version ${version} was read after ${ctx.show(before?.version)}`,
          )
        })
      })
    },
  },
  {
    id: 'UE-CAPABILITY-002/write-skew',
    title: 'Two transactions that each decide on what the other writes both commit only below serializable',
    async run(ctx) {
      const [one, other] = [ctx.make.user(), ctx.make.user()]
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.users.insert(one)
        await tx.users.insert(other)
      })
      const pairs = [
        { reads: one, writes: other },
        { reads: other, writes: one },
      ] as const
      const handles = [ctx.store, await ctx.second()] as const
      await ctx.race(2, async (index, meet) => {
        const { reads, writes } = pairs[index === 0 ? 0 : 1]
        await ctx.commit(
          directoryScope(),
          async (tx) => {
            const read = await tx.users.find(reads.id)
            await meet('read')
            const current = await tx.users.find(writes.id)
            if (read?.state !== 'active' || current === null) return
            await tx.users.update(ctx.make.next(current, { state: 'suspended' }))
          },
          handles[index === 0 ? 0 : 1],
        )
      })
      const { items } = await ctx.commit(directoryScope(), (tx) => tx.users.list(FIRST))
      const active = items.filter(({ state }) => state === 'active').length
      const least = ctx.capabilities.isolation === 'serializable' ? 1 : 0
      ctx.must(
        'UE-CAPABILITY-002',
        active >= least && active < 2,
        `with isolation ${ctx.capabilities.isolation}, ${active} of two users stayed active`,
      )
    },
  },
]
