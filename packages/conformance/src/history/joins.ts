import { directoryScope, tenantScope, type Tenant, type TenantAccount } from '@user-engine/store'

import type { Budget } from '../budget.ts'
import type { Case } from '../case.ts'
import { alsoJudged, judge } from './judge.ts'
import { createRecorder, type Place } from './record.ts'
import { insist } from './registers.ts'
import { openRounds, type Turn, type Work } from './rounds.ts'

const ROUNDS: Readonly<Record<Budget, number>> = { smoke: 15, full: 60 }

/** A tenant that is suspended and resumed, and users that join it while it is active, which they guard. */
export const joins: readonly Case[] = [
  {
    id: 'UE-VERSION-003/joins',
    title: 'Nobody joins a tenant that is suspended, whoever suspends and resumes it at the same time',
    profile: 'store-concurrent',
    also: alsoJudged('UE-VERSION-003'),
    preconditions: ['users joined', 'the tenant was suspended, and resumed'],
    async run(ctx) {
      const recorder = createRecorder()
      const tenant = ctx.make.tenant()
      const scope = tenantScope(tenant.id)
      const gate: Place<Tenant> = {
        name: 'the tenant',
        id: tenant.id,
        repository: (tx) => tx.tenants,
        mark: (record, by) => ({ ...record, externalRef: by }),
        markOf: ({ externalRef }) => externalRef ?? '',
      }
      await insist(() => recorder.run(ctx.store, directoryScope(), (notes) => notes.insert(gate, tenant)))
      let joined = 0
      let turned = 0
      /** Since when it is suspended for certain. */
      let suspended: { readonly from: number } | null = null
      let intruder: string | null = null

      const turnGate: Work = async (store, meet) => {
        let to = 'active' as Tenant['state']
        const done = await recorder.run(store, directoryScope(), async (notes) => {
          const found = await notes.find(gate)
          await meet()
          if (found === null) return
          to = found.state === 'active' ? 'suspended' : 'active'
          await notes.update(gate, ctx.make.next(found, { state: to }))
        })
        if (done.outcome !== 'committed') return
        turned += 1
        suspended = to === 'suspended' ? { from: done.ended } : null
      }
      const join: Work = async (store, meet) => {
        const before = suspended
        const account = ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id })
        let joins = false
        const done = await recorder.run(store, scope, async (notes) => {
          const found = await notes.find(gate)
          joins = found?.state === 'active'
          await meet()
          if (found === null || !joins) return
          await notes.insert(accountPlace(account), account)
          await notes.guard(gate, found)
        })
        if (done.outcome !== 'committed' || !joins) return
        joined += 1
        if (before !== null && before === suspended)
          intruder ??= `${done.name} joined the tenant, which had been suspended before it began and was not resumed`
      }

      const play = await openRounds(ctx)
      const turns: readonly Turn[] = ['early', 'between', 'late']
      for (let round = 0; round < ROUNDS[ctx.budget]; round += 1) {
        await play([
          { turn: turns[round % 3] ?? 'between', work: turnGate },
          { turn: 'between', work: join },
          { turn: 'between', work: join },
          { turn: 'late', work: join },
        ])
      }
      ctx.precondition('users joined', joined > 0)
      ctx.precondition('the tenant was suspended, and resumed', turned > 1)
      ctx.must('UE-VERSION-003', intruder === null, intruder ?? 'nobody joined a suspended tenant')
      const counts = await ctx.commit(scope, (tx) => tx.recordCounts())
      ctx.equal('UE-VERSION-003', counts.tenantAccounts, joined, 'tenant accounts of those that joined')
      judge(ctx, recorder.history())
    },
  },
]

function accountPlace({ id }: TenantAccount): Place<TenantAccount> {
  return {
    name: `account ${id}`,
    id,
    repository: (tx) => tx.tenantAccounts,
    mark: (account, by) => ({ ...account, externalId: by }),
    markOf: ({ externalId }) => externalId ?? '',
  }
}
