import { directoryScope, tenantScope } from '@user-engine/store'

import type { Case } from '../case.ts'

export const transaction: readonly Case[] = [
  {
    id: 'UE-TRANSACTION-001/rollback',
    title: 'Work that rejects leaves no record, audit record, event or idempotency record',
    also: ['UE-TRANSACTION-009'],
    preconditions: ['the transaction saw its own writes'],
    async run(ctx) {
      const user = ctx.make.user()
      const key = ctx.make.idempotencyRecord()
      const refusal = new Error('the work changes its mind')
      const outcome = await ctx
        .commit(directoryScope(), async (tx) => {
          await tx.users.insert(user)
          await tx.audit.append(ctx.make.auditRecord())
          await tx.outbox.append(ctx.make.event('user', user))
          await tx.idempotency.insert(key, 60_000)
          const { users, auditRecords, pendingEvents, idempotencyRecords } = await tx.recordCounts()
          ctx.precondition(
            'the transaction saw its own writes',
            users === 1 && auditRecords === 1 && pendingEvents === 1 && idempotencyRecords === 1,
          )
          throw refusal
        })
        .catch((error: unknown) => error)
      ctx.must('UE-TRANSACTION-009', outcome === refusal, `it rejected with ${ctx.show(outcome)}`)

      const second = await ctx.second()
      const counts = await ctx.commit(directoryScope(), (tx) => tx.recordCounts(), second)
      const kept = Object.entries(counts).filter(([, count]) => count > 0)
      ctx.must('UE-TRANSACTION-001', kept.length === 0, `after the rollback there are ${ctx.show(counts)}`)
      const claim = await ctx.store.outbox.claim({ limit: 10, leaseMs: 60_000, ack: null })
      ctx.equal('UE-TRANSACTION-001', claim.events, [], 'claimed events')
    },
  },
  {
    id: 'UE-TRANSACTION-003/after-a-violation',
    title: 'A unique violation in a nested transaction is caught, and the outer one goes on and commits',
    also: ['UE-TRANSACTION-002'],
    async run(ctx) {
      const { tenant, tenantAccount } = await ctx.seed()
      const scope = tenantScope(tenant.id)
      const before = ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id })
      const inside = ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id })
      const twice = ctx.make.tenantAccount({ scopeId: tenant.id, userId: tenantAccount.userId })
      const after = ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id })

      await ctx.commit(scope, async (tx) => {
        await tx.tenantAccounts.insert(before)
        await ctx.rejects(
          'UE-TRANSACTION-003',
          () =>
            tx.nested(async (nested) => {
              await nested.tenantAccounts.insert(inside)
              await nested.tenantAccounts.insert(twice)
            }),
          { code: 'CONFLICT', details: { constraint: 'tenant_account_user' } },
          'the nested transaction',
        )
        await tx.tenantAccounts.insert(after)
      })

      const page = await ctx.commit(scope, (tx) => tx.tenantAccounts.list({ after: null, limit: 10 }))
      ctx.equal('UE-TRANSACTION-003', page.items, [tenantAccount, before, after], 'tenant accounts')
      const undone = await ctx.commit(scope, (tx) => tx.tenantAccounts.find(inside.id))
      ctx.must('UE-TRANSACTION-002', undone === null, `the nested record is ${ctx.show(undone)}`)
    },
  },
  {
    id: 'UE-TRANSACTION-011/no-dirty-read',
    title: 'What a transaction has written is invisible to another handle until it commits',
    preconditions: ['the writer sees its own write', 'the reader sees it after the commit'],
    async run(ctx) {
      const user = ctx.make.user()
      const second = await ctx.second()
      const find = () => ctx.commit(directoryScope(), (tx) => tx.users.find(user.id), second)
      let committing = false
      await ctx.race(2, async (index, meet) => {
        if (index === 1) {
          await meet('written')
          const early = await find()
          const seen = committing ? 'while it commits' : 'before the commit'
          ctx.must(
            'UE-TRANSACTION-011',
            committing || early === null,
            `${seen} a reader found ${ctx.show(early)}`,
          )
          await meet('read')
          return
        }
        await ctx.commit(directoryScope(), async (tx) => {
          await tx.users.insert(user)
          ctx.precondition('the writer sees its own write', (await tx.users.find(user.id)) !== null)
          await meet('written')
          await meet('read')
          committing = true
        })
      })
      ctx.precondition('the reader sees it after the commit', (await find()) !== null)
    },
  },
]
