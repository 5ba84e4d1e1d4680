import { directoryScope, isStoreError, tenantScope, type StoreErrorCode } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'

const FIRST = { after: null, limit: 100 } as const
const RUNNERS = 16
const ROUNDS = 50

/** Judges the losers of a race: each by one of the codes, or by a retryable error. Answers how many won. */
function judge(
  ctx: CaseContext,
  id: RequirementId,
  results: readonly PromiseSettledResult<unknown>[],
  codes: readonly StoreErrorCode[],
): number {
  for (const result of results) {
    if (result.status === 'fulfilled') continue
    const error: unknown = result.reason
    const fair = isStoreError(error) && (error.retryable || codes.includes(error.code))
    ctx.must(id, fair, `a loser was answered ${ctx.show(error)}`)
  }
  return results.filter(({ status }) => status === 'fulfilled').length
}

const handleOf = <Handle>(handles: readonly [Handle, Handle], index: number) =>
  handles[index % 2 === 0 ? 0 : 1]

export const concurrency: readonly Case[] = [
  {
    id: 'UE-VERSION-002/one-wins',
    title: 'Of 16 updates to the same next version one commits, and the rest are told so',
    async run(ctx) {
      const { user } = await ctx.seed()
      const handles = [ctx.store, await ctx.second()] as const
      const results = await ctx.race(RUNNERS, (index, meet) =>
        handleOf(handles, index).transaction(directoryScope(), async (tx) => {
          const read = await tx.users.find(user.id)
          await meet('read')
          const kind = index % 2 === 0 ? 'service' : 'person'
          const next = ctx.make.next(read ?? user, { state: 'suspended', kind })
          await tx.users.update(next)
          await tx.audit.append(ctx.make.auditRecord())
          return next
        }),
      )
      const won = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value)
      const serialised = won.some(({ version }) => version > 2)
      judge(ctx, 'UE-VERSION-002', results, ['VERSION_CONFLICT'])
      const versions = new Set(won.map(({ version }) => version))
      ctx.equal(
        'UE-VERSION-002',
        versions.size,
        won.length,
        'versions that were made, of those that committed',
      )
      if (!serialised) ctx.must('UE-VERSION-002', won.length <= 1, `${won.length} committed the same version`)
      const found = await ctx.commit(directoryScope(), (tx) => tx.users.find(user.id))
      const last = won.toSorted((one, two) => two.version - one.version)[0] ?? user
      ctx.equal('UE-VERSION-002', found, last, 'the user afterwards')
      const counts = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      ctx.equal('UE-VERSION-002', counts.auditRecords, won.length, 'audit records of those that committed')
    },
  },
  {
    id: 'UE-VERSION-002/no-lost-update',
    title: 'Eight workers that each read, decide and write five times, again on a conflict, lose no update',
    async run(ctx) {
      const { tenant, tenantAccount } = await ctx.seed()
      const scope = tenantScope(tenant.id)
      const handles = [ctx.store, await ctx.second()] as const
      const made = await ctx.race(8, async (index, meet) => {
        await meet('start')
        let commits = 0
        for (let attempt = 0; commits < 5 && attempt < 1000; attempt += 1) {
          const written = await ctx
            .commit(
              scope,
              async (tx) => {
                const read = (await tx.tenantAccounts.find(tenantAccount.id)) ?? tenantAccount
                await tx.tenantAccounts.update(ctx.make.next(read, { externalId: `worker ${index}` }))
                return true
              },
              handleOf(handles, index),
            )
            .catch((error: unknown) => {
              if (isStoreError(error, 'VERSION_CONFLICT')) return false
              throw error
            })
          if (written) commits += 1
        }
        return commits
      })
      const commits = made.map((result) => (result.status === 'fulfilled' ? result.value : 0))
      ctx.equal(
        'UE-VERSION-002',
        commits,
        Array.from({ length: 8 }, () => 5),
        'updates that each worker committed',
      )
      const found = await ctx.commit(scope, (tx) => tx.tenantAccounts.find(tenantAccount.id))
      ctx.equal('UE-VERSION-002', found?.version, 41, 'the version after 40 committed updates')
    },
  },
  {
    id: 'UE-VERSION-004/crosswise',
    title: 'Fifty times two crosswise unlinks, each guarding the identity that is left, leave one linked',
    async run(ctx) {
      const handles = [ctx.store, await ctx.second()] as const
      let met = 0
      let committed = 0
      for (let round = 0; round < ROUNDS; round += 1) {
        const user = ctx.make.user()
        const pair = [
          ctx.make.externalIdentity({ userId: user.id }),
          ctx.make.externalIdentity({ userId: user.id }),
        ] as const
        await ctx.commit(directoryScope(), async (tx) => {
          await tx.users.insert(user)
          await tx.externalIdentities.insert(pair[0])
          await tx.externalIdentities.insert(pair[1])
        })
        const racing = ctx.race(2, (index, meet) =>
          handleOf(handles, index).transaction(directoryScope(), async (tx) => {
            const [own, other] = index === 0 ? pair : [pair[1], pair[0]]
            const { items } = await tx.externalIdentities.listByUser(user.id, FIRST)
            const linked = items.filter(({ state }) => state === 'linked')
            const together = await meet(`read ${round}`)
            if (linked.length < 2) return 'kept'
            if (together) met += 1
            await tx.externalIdentities.guard(other)
            await tx.externalIdentities.update(ctx.make.next(own, { state: 'unlinked' }))
            return 'unlinked'
          }),
        )
        const results = await ctx.answers('UE-VERSION-004', racing, `round ${round}`)
        judge(ctx, 'UE-VERSION-004', results, ['VERSION_CONFLICT'])
        const unlinked = results.filter(
          (one) => one.status === 'fulfilled' && one.value === 'unlinked',
        ).length
        committed += unlinked
        ctx.must(
          'UE-VERSION-004',
          unlinked <= 1,
          `${unlinked} of two crosswise unlinks committed in round ${round}`,
        )
        const { items } = await ctx.commit(directoryScope(), (tx) =>
          tx.externalIdentities.listByUser(user.id, FIRST),
        )
        const left = items.filter(({ state }) => state === 'linked').length
        ctx.equal('UE-VERSION-004', left, 2 - unlinked, `linked identities after round ${round}`)
      }
      if (met === 0) ctx.note('the store let the two in one by one each time')
      ctx.must('UE-VERSION-004', committed > 0, `${committed} unlinks of ${ROUNDS} rounds committed`)
    },
  },
  {
    id: 'UE-VERSION-003/suspended-tenant',
    title: 'Twenty times: nobody joins a tenant whose suspension was committed before the join was done',
    profile: 'store-concurrent',
    async run(ctx) {
      const handles = [ctx.store, await ctx.second()] as const
      for (let round = 0; round < 20; round += 1) {
        const tenant = ctx.make.tenant()
        const account = ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id })
        await ctx.commit(directoryScope(), (tx) => tx.tenants.insert(tenant))
        let suspended = false
        const [joining, suspending] = await ctx.race(2, async (index, meet) => {
          if (index === 1) {
            await meet(`read ${round}`)
            const next = ctx.make.next(tenant, { state: 'suspended' })
            await ctx.commit(directoryScope(), (tx) => tx.tenants.update(next), handles[1])
            suspended = true
            return false
          }
          return handles[0].transaction(tenantScope(tenant.id), async (tx) => {
            const read = await tx.tenants.find(tenant.id)
            await meet(`read ${round}`)
            if (read?.state !== 'active') return false
            await tx.tenants.guard(read)
            await tx.tenantAccounts.insert(account)
            return suspended
          })
        })
        const [join] = [joining].flatMap((one) => one ?? [])
        if (join !== undefined) judge(ctx, 'UE-VERSION-003', [join], ['VERSION_CONFLICT'])
        ctx.must(
          'UE-VERSION-003',
          join?.status === 'rejected' || join?.value === false,
          `a join that was done after the suspension had committed was ${ctx.show(join?.status)}`,
        )
        ctx.must('UE-VERSION-003', suspending?.status === 'fulfilled', 'the tenant could be suspended')
        const counts = await ctx.commit(tenantScope(tenant.id), (tx) => tx.recordCounts())
        const expected = join?.status === 'fulfilled' ? [0, 1] : [0]
        ctx.must(
          'UE-VERSION-003',
          expected.includes(counts.tenantAccounts),
          `${counts.tenantAccounts} tenant accounts after a join that was ${ctx.show(join?.status)}`,
        )
      }
    },
  },
  {
    id: 'UE-ERROR-004/crosswise-writes',
    title:
      'Two transactions that write two records in opposite order both end, and one can commit, each time',
    async run(ctx) {
      const handles = [ctx.store, await ctx.second()] as const
      const [one, other] = [ctx.make.user(), ctx.make.user()]
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.users.insert(one)
        await tx.users.insert(other)
      })
      // A store may find a deadlock by waiting for it: a second each time.
      for (let round = 0; round < (ctx.budget === 'smoke' ? 1 : 10); round += 1) {
        const racing = ctx.race(2, (index, meet) =>
          ctx.commit(
            directoryScope(),
            async (tx) => {
              const order = index === 0 ? [one, other] : [other, one]
              for (const { id } of order) {
                const read = (await tx.users.find(id)) ?? one
                await tx.users.update(ctx.make.next(read))
                // A read that is not by id sends what a deferring store has kept back.
                await tx.users.list(FIRST)
                await meet(`written ${round}`)
              }
            },
            handleOf(handles, index),
          ),
        )
        const results = await ctx.answers('UE-ERROR-004', racing, `the collision of round ${round}`)
        const won = judge(ctx, 'UE-ERROR-004', results, ['VERSION_CONFLICT'])
        ctx.must('UE-ERROR-004', won >= 1, `${won} of two committed in round ${round}`)
      }
    },
  },
]
