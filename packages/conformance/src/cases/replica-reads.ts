import {
  DIRECTORY,
  directoryScope,
  tenantScope,
  type Position,
  type ReplicaReads,
  type StoreTransaction,
} from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'

const FIRST = { after: null, limit: 100 } as const

/** Every call of a transaction that writes or guards. */
function writes(ctx: CaseContext): Readonly<Record<string, (tx: StoreTransaction) => Promise<unknown>>> {
  const user = ctx.make.user()
  return {
    'an insert': (tx) => tx.users.insert(user),
    'an update': (tx) => tx.users.update(ctx.make.next(user)),
    'a guard': (tx) => tx.users.guard(user),
    'a guard by states': (tx) => tx.users.guardState({ ...user, states: [user.state] }),
    'an audit append': (tx) => tx.audit.append(ctx.make.auditRecord()),
    'an event append': (tx) => tx.outbox.append(ctx.make.event('user', user)),
    'an idempotency insert': (tx) => tx.idempotency.insert(ctx.make.idempotencyRecord(), 60_000),
  }
}

export const replicaReads: readonly Case[] = [
  {
    id: 'UE-REPLICA-001/own-writes',
    title: 'Reads after the position of a write see it, by either handle: found, listed and in the timeline',
    async run(ctx) {
      const { tenant, tenantAccount } = await ctx.seed()
      const scope = tenantScope(tenant.id)
      const handles = [ctx.store, await ctx.second()] as const
      let known = tenantAccount
      for (let turn = 0; turn < 6; turn += 1) {
        const next = ctx.make.next(known, { state: turn % 2 === 0 ? 'suspended' : 'active' })
        const record = ctx.make.auditRecord({
          scopeId: tenant.id,
          target: { kind: 'tenant_account', id: next.id },
        })
        await ctx.commit(scope, async (tx) => {
          await tx.tenantAccounts.update(next)
          await tx.audit.append(record)
        })
        known = next
        const after = await ctx.store.position()
        for (const [index, handle] of handles.entries()) {
          const seen = await ctx.commit(
            scope,
            async (tx) => ({
              found: await tx.tenantAccounts.find(known.id),
              listed: (await tx.tenantAccounts.list(FIRST)).items,
              told: (await tx.audit.timeline({ ...FIRST, scopeId: tenant.id, targetId: null })).items,
            }),
            handle,
            { after },
          )
          const by = `in turn ${turn}, by ${index === 0 ? 'the handle that wrote' : 'another handle'}`
          ctx.equal('UE-REPLICA-001', seen.found, known, `the tenant account ${by}`)
          ctx.equal('UE-REPLICA-001', seen.listed, [known], `the tenant accounts ${by}`)
          const told = seen.told.map(({ record: { id } }) => id)
          ctx.must('UE-REPLICA-001', told.includes(record.id), `the audit record of ${by} is in the timeline`)
        }
      }
    },
  },
  {
    id: 'UE-REPLICA-002/refused',
    title: 'In a transaction that only reads every write and guard is refused, and reads go on',
    preconditions: ['the same write is taken elsewhere'],
    async run(ctx) {
      const { user } = await ctx.seed()
      const before = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      for (const name of Object.keys(writes(ctx))) {
        for (const nested of [false, true]) {
          const call = writes(ctx)[name] ?? (() => Promise.resolve('there is no such call'))
          let outcome: unknown = 'it was not called'
          let found: unknown = null
          // A store that takes the write has a transaction that may fail of it: what it answered is the question.
          await outcomeOf(() =>
            ctx.commit(
              directoryScope(),
              async (tx) => {
                outcome = await outcomeOf(() => (nested ? tx.nested(call) : call(tx)))
                found = await tx.users.find(user.id)
              },
              ctx.store,
              { after: null },
            ),
          )
          const what = `${name}${nested ? ' in a nested transaction' : ''}`
          ctx.must('UE-REPLICA-002', outcome instanceof TypeError, `${what}: ${ctx.show(outcome)}`)
          ctx.equal('UE-REPLICA-002', found, user, `the user, read after ${what}`)
        }
      }
      const after = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      ctx.equal('UE-REPLICA-002', after, before, 'record counts afterwards')
      await ctx.commit(directoryScope(), (tx) => tx.users.insert(ctx.make.user()))
      const { users } = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      ctx.precondition('the same write is taken elsewhere', users === before.users + 1)
    },
  },
  {
    id: 'UE-REPLICA-003/strange-positions',
    title:
      'A read after what is no position is answered from the newest state, and one after none from some state',
    async run(ctx) {
      const { user } = await ctx.seed()
      const read = (reads: ReplicaReads) =>
        ctx
          .commit(directoryScope(), (tx) => tx.users.find(user.id), ctx.store, reads)
          .catch((error: unknown) => error)
      const strange = ['', 'newest?', '0', "' or 1=1 --", DIRECTORY, 'x'.repeat(200)]
      const next = ctx.make.next(user, { state: 'suspended' })
      await ctx.commit(directoryScope(), (tx) => tx.users.update(next))
      for (const position of strange) {
        const found = await read({ after: position as Position })
        ctx.equal(
          'UE-REPLICA-003',
          found,
          next,
          `the user after a strange position of ${position.length} characters`,
        )
      }
      const some = await read({ after: null })
      const known = typeof some === 'object' && some !== null && 'version' in some ? some.version : some
      ctx.must(
        'UE-REPLICA-003',
        [null, 1, 2].includes(known as number | null),
        `the user after none is ${ctx.show(some)}`,
      )
    },
  },
]

const outcomeOf = (call: () => Promise<unknown>) =>
  call().then(
    (): unknown => 'it resolved',
    (error: unknown) => error,
  )
