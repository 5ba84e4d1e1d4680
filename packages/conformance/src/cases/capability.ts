import { directoryScope } from '@user-engine/store'

import type { Case } from '../case.ts'

const KNOWN: Readonly<Record<string, readonly unknown[]>> = {
  isolation: ['read-committed', 'snapshot', 'serializable'],
  tenantIsolation: ['predicate', 'row-level-security', 'database'],
  durable: [true, false],
  writes: ['eager', 'deferred'],
}

export const capability: readonly Case[] = [
  {
    id: 'UE-CAPABILITY-001/declared',
    title: 'Capabilities are complete, known, frozen, and the same before and after use and on each handle',
    async run(ctx) {
      const { capabilities } = ctx.store
      const before = { ...capabilities }
      ctx.equal(
        'UE-CAPABILITY-001',
        Object.keys(before).toSorted(),
        Object.keys(KNOWN).toSorted(),
        'what is declared',
      )
      for (const [name, value] of Object.entries(before)) {
        ctx.must('UE-CAPABILITY-001', KNOWN[name]?.includes(value) === true, `${name} is ${ctx.show(value)}`)
      }
      ctx.must('UE-CAPABILITY-001', Object.isFrozen(capabilities), 'the declaration is frozen')
      await ctx.seed()
      await ctx.commit(directoryScope(), (tx) => tx.nested((nested) => nested.recordCounts()))
      await ctx.store.outbox.state()
      ctx.equal('UE-CAPABILITY-001', ctx.store.capabilities, before, 'the declaration after use')
      ctx.equal(
        'UE-CAPABILITY-001',
        (await ctx.second()).capabilities,
        before,
        'the declaration of another handle',
      )
      await ctx.store.close()
      ctx.equal('UE-CAPABILITY-001', ctx.store.capabilities, before, 'the declaration after close')
    },
  },
  {
    id: 'UE-CAPABILITY-003/reopened',
    title:
      'What a durable store has committed is there for a handle that is opened when the first was closed',
    preconditions: ['the first handle is closed'],
    async run(ctx) {
      const { user } = await ctx.seed()
      const denial = ctx.make.denial()
      await ctx.store.denials.append(denial)
      await ctx.store.close()
      const closed = await ctx.store.schemaVersion().then(
        () => false,
        () => true,
      )
      ctx.precondition('the first handle is closed', closed)
      const second = await ctx.second()
      const found = await ctx.commit(
        directoryScope(),
        async (tx) => [await tx.users.find(user.id), (await tx.recordCounts()).denials],
        second,
      )
      ctx.equal('UE-CAPABILITY-003', found, [user, 1], 'the user and the denials')
    },
  },
]
