import { directoryScope, type StoreTransaction } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'

const FIRST = { after: null, limit: 100 } as const

/** Every kind of call that a transaction has. */
function calls(ctx: CaseContext): Readonly<Record<string, (tx: StoreTransaction) => Promise<unknown>>> {
  const user = ctx.make.user()
  return {
    'a find': (tx) => tx.users.find(user.id),
    'a list': (tx) => tx.users.list(FIRST),
    'an insert': (tx) => tx.users.insert(user),
    'an update': (tx) => tx.users.update(ctx.make.next(user)),
    'a guard': (tx) => tx.users.guard(user),
    'a guard by states': (tx) => tx.users.guardState({ ...user, states: [user.state] }),
    'a resolve': (tx) =>
      tx.externalIdentities.resolve({
        scopeId: user.scopeId,
        issuer: 'https://issuer.example',
        subject: 'nobody',
        applicationId: null,
        knownCatalogIds: [],
        withProfile: true,
      }),
    'an audit append': (tx) => tx.audit.append(ctx.make.auditRecord()),
    'a timeline': (tx) => tx.audit.timeline({ ...FIRST, scopeId: user.scopeId, targetId: null }),
    'an event append': (tx) => tx.outbox.append(ctx.make.event('user', user)),
    'a read of pending events': (tx) => tx.outbox.pending(FIRST),
    'an idempotency insert': (tx) => tx.idempotency.insert(ctx.make.idempotencyRecord(), 60_000),
    'an idempotency find': (tx) => tx.idempotency.find(ctx.make.idempotencyRecord()),
    'a count': (tx) => tx.recordCounts(),
    'a nested transaction': (tx) => tx.nested(() => Promise.resolve('it ran')),
  }
}

const outcomeOf = (call: () => Promise<unknown>) =>
  call().then(
    (): unknown => 'it resolved',
    (error: unknown) => error,
  )

async function expectRefused(ctx: CaseContext, tx: StoreTransaction, when: string): Promise<void> {
  for (const [name, call] of Object.entries(calls(ctx))) {
    const outcome = await outcomeOf(async () => call(tx))
    ctx.must('UE-TRANSACTION-008', outcome instanceof TypeError, `${name} ${when}: ${ctx.show(outcome)}`)
  }
}

async function expectEmpty(ctx: CaseContext, when: string): Promise<void> {
  const counts = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
  const kept = Object.entries(counts).filter(([, count]) => count > 0)
  ctx.equal('UE-TRANSACTION-008', kept, [], `records kept of calls ${when}`)
}

export const misuse: readonly Case[] = [
  {
    id: 'UE-TRANSACTION-008/after-commit',
    title: 'No call through a transaction that has committed does anything',
    preconditions: ['the transaction worked before'],
    async run(ctx) {
      const leaked = await ctx.commit(directoryScope(), async (tx) => {
        ctx.precondition('the transaction worked before', (await tx.recordCounts()).users === 0)
        return [tx]
      })
      for (const tx of leaked) await expectRefused(ctx, tx, 'after the commit')
      await expectEmpty(ctx, 'after the commit')
    },
  },
  {
    id: 'UE-TRANSACTION-008/after-rollback',
    title: 'No call through a transaction that was rolled back does anything',
    async run(ctx) {
      const leaked: StoreTransaction[] = []
      const refusal = new Error('the work changes its mind')
      await ctx
        .commit(directoryScope(), (tx) => {
          leaked.splice(0, 1, tx)
          return Promise.reject(refusal)
        })
        .catch((error: unknown) => {
          if (error !== refusal) throw error
        })
      for (const tx of leaked) await expectRefused(ctx, tx, 'after the rollback')
      await expectEmpty(ctx, 'after the rollback')
    },
  },
  {
    id: 'UE-TRANSACTION-008/after-nested',
    title: 'No call through a nested transaction that has settled does anything, and the outer one goes on',
    async run(ctx) {
      const kept = await ctx.commit(directoryScope(), async (tx) => {
        const settled: StoreTransaction[] = []
        await tx.nested(async (nested) => {
          settled.push(nested)
        })
        const refusal = new Error('the nested work changes its mind')
        await tx
          .nested((nested) => {
            settled.push(nested)
            return Promise.reject(refusal)
          })
          .catch((error: unknown) => {
            if (error !== refusal) throw error
          })
        for (const one of settled) await expectRefused(ctx, one, 'after the nested transaction')
        const user = ctx.make.user()
        await tx.users.insert(user)
        return user
      })
      const page = await ctx.commit(directoryScope(), (tx) => tx.users.list(FIRST))
      ctx.equal('UE-TRANSACTION-008', page.items, [kept], 'users')
    },
  },
  {
    id: 'UE-TRANSACTION-008/outer-while-nested',
    title: 'While a nested transaction is open the outer one takes no call',
    async run(ctx) {
      for (const name of Object.keys(calls(ctx))) {
        let outcome: unknown = 'it was not called'
        // What becomes of the transaction is not the question, so both are well: it commits without the call, or fails.
        await outcomeOf(() =>
          ctx.commit(directoryScope(), (tx) =>
            tx.nested(async (nested) => {
              await nested.recordCounts()
              outcome = await outcomeOf(async () => calls(ctx)[name]?.(tx))
            }),
          ),
        )
        ctx.must(
          'UE-TRANSACTION-008',
          outcome instanceof TypeError,
          `${name} meanwhile: ${ctx.show(outcome)}`,
        )
      }
      await expectEmpty(ctx, 'while a nested transaction was open')
    },
  },
  {
    id: 'UE-TRANSACTION-008/nested-in-parallel',
    title: 'The second of two nested transactions at once is refused, and its work does nothing',
    preconditions: ['the first nested transaction was open'],
    async run(ctx) {
      const refused = ctx.make.user()
      let outcome: unknown = 'it was not called'
      await outcomeOf(() =>
        ctx.commit(directoryScope(), async (tx) => {
          const { promise: ready, resolve: go } = Promise.withResolvers<void>()
          const { promise: wait, resolve: finish } = Promise.withResolvers<void>()
          const first = tx.nested(async (nested) => {
            await nested.recordCounts()
            go()
            await wait
          })
          await Promise.race([ready, first])
          ctx.precondition('the first nested transaction was open', await ctx.pending(first))
          outcome = await outcomeOf(async () => tx.nested((nested) => nested.users.insert(refused)))
          finish()
          await first
        }),
      )
      ctx.must('UE-TRANSACTION-008', outcome instanceof TypeError, `the second one: ${ctx.show(outcome)}`)
      await expectEmpty(ctx, 'of the second nested transaction')
    },
  },
  {
    id: 'UE-TRANSACTION-008/nested-left-behind',
    title: 'A nested transaction that outlives the outer one takes no more calls and leaves nothing behind',
    async run(ctx) {
      const { promise: wait, resolve: finish } = Promise.withResolvers<void>()
      let outcome: unknown = 'it was not called'
      let left: Promise<unknown> = Promise.resolve()
      const outer = await outcomeOf(() =>
        ctx.commit(directoryScope(), async (tx) => {
          left = tx.nested(async (nested) => {
            await wait
            outcome = await outcomeOf(async () => nested.users.insert(ctx.make.user()))
          })
          left.catch(() => undefined)
          await ctx.pending(left)
        }),
      )
      finish()
      await left.catch(() => undefined)
      ctx.must('UE-TRANSACTION-008', outcome instanceof TypeError, `a late call: ${ctx.show(outcome)}`)
      ctx.note(`the outer transaction ended with ${ctx.show(outer)}`)
      await expectEmpty(ctx, 'of a nested transaction that was left behind')
    },
  },
]
