import { directoryScope, tenantScope } from '@user-engine/store'

import type { Case } from '../case.ts'
import { appendAll, claimAll, stream } from './outbox-events.ts'
import { settle } from './estates.ts'

export const diagnostics: readonly Case[] = [
  {
    id: 'UE-DIAGNOSTICS-002/each-state',
    title: 'diagnostics answers in bounded time on a new store, in a transaction and after close',
    also: ['UE-CAPABILITY-001'],
    async run(ctx) {
      const look = (when: string) =>
        ctx.answers('UE-DIAGNOSTICS-002', ctx.store.diagnostics(), `diagnostics ${when}`)
      const first = await look('of an empty store')
      ctx.must('UE-DIAGNOSTICS-002', first.adapter.name.length > 0, `it names ${ctx.show(first.adapter)}`)
      const none = { pending: 0, leased: 0, dead: 0, oldestAgeMs: null }
      ctx.equal('UE-DIAGNOSTICS-002', first.outbox, none, 'the outbox of an empty store')
      ctx.equal(
        'UE-DIAGNOSTICS-002',
        first.schemaVersion,
        await ctx.store.schemaVersion(),
        'its schema version',
      )
      ctx.equal('UE-CAPABILITY-001', first.capabilities, ctx.capabilities, 'the capabilities in diagnostics')
      await appendAll(ctx, stream(ctx, 2))
      await claimAll(ctx)
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.users.insert(ctx.make.user())
        const { outbox } = await look('in a transaction')
        ctx.equal(
          'UE-DIAGNOSTICS-002',
          [outbox?.pending, outbox?.leased],
          [1, 1],
          'the outbox with two events',
        )
      })
      await ctx.store.close()
      const closed = await look('after close')
      ctx.equal('UE-DIAGNOSTICS-002', closed.adapter, first.adapter, 'the adapter after close')
      ctx.equal(
        'UE-DIAGNOSTICS-002',
        [closed.outbox, closed.schemaVersion],
        [null, null],
        'what can not be found out',
      )
      ctx.equal('UE-CAPABILITY-001', closed.capabilities, ctx.capabilities, 'the capabilities after close')
    },
  },
  {
    id: 'UE-DIAGNOSTICS-002/outbox',
    title: 'diagnostics count the outbox as its state does, an expired lease as pending',
    also: ['UE-OUTBOX-016'],
    async run(ctx) {
      const event = ctx.make.event('user', ctx.make.user())
      await ctx.commit(directoryScope(), (tx) => tx.outbox.append(event))
      await ctx.store.outbox.claim({ limit: 10, leaseMs: 1_000, ack: null })
      await ctx.elapse(1_500)
      const report = ctx.store.diagnostics()
      const { outbox } = await ctx.answers('UE-DIAGNOSTICS-002', report, 'diagnostics')
      const told = outbox && { pending: outbox.pending, leased: outbox.leased, dead: outbox.dead }
      const expected = { pending: 1, leased: 0, dead: 0 }
      ctx.equal('UE-OUTBOX-016', told, expected, 'counts after the lease, in diagnostics')
    },
  },
  {
    id: 'UE-DIAGNOSTICS-002/frozen',
    title:
      'diagnostics answers in bounded time while the backend is frozen, with null for what it can not find out',
    profile: 'store-durable',
    needs: ['faults.suspend'],
    preconditions: ['it knew the outbox before'],
    async run(ctx) {
      ctx.precondition('it knew the outbox before', (await ctx.store.diagnostics()).outbox !== null)
      const restore = await ctx.faults.suspend()
      const frozen = await ctx.answers(
        'UE-DIAGNOSTICS-002',
        ctx.store.diagnostics(),
        'diagnostics of a frozen backend',
      )
      ctx.equal('UE-DIAGNOSTICS-002', frozen.outbox, null, 'the outbox of a frozen backend')
      await restore()
    },
  },
  {
    id: 'UE-DIAGNOSTICS-003/by-scope',
    title: 'Records are counted noun by noun, as each scope sees them',
    async run(ctx) {
      const [one] = [await settle(ctx), await settle(ctx)]
      await ctx.store.denials.append(ctx.make.denial())
      const count = (scope: ReturnType<typeof directoryScope>) => ctx.commit(scope, (tx) => tx.recordCounts())
      const inTenant = {
        tenants: 1,
        users: 0,
        accounts: 0,
        externalIdentities: 1,
        tenantAccounts: 1,
        groups: 1,
        memberships: 1,
        applications: 1,
        applicationBindings: 1,
        attributeCatalogs: 1,
        profileValues: 1,
        auditRecords: 1,
        denials: 1,
        pendingEvents: 1,
        idempotencyRecords: 1,
      }
      const inDirectory = {
        tenants: 2,
        users: 2,
        accounts: 2,
        externalIdentities: 2,
        tenantAccounts: 0,
        groups: 0,
        memberships: 0,
        applications: 0,
        applicationBindings: 0,
        attributeCatalogs: 0,
        profileValues: 0,
        auditRecords: 0,
        denials: 1,
        pendingEvents: 0,
        idempotencyRecords: 0,
      }
      const inBoth = {
        tenants: 2,
        users: 2,
        accounts: 2,
        externalIdentities: 3,
        tenantAccounts: 1,
        groups: 1,
        memberships: 1,
        applications: 1,
        applicationBindings: 1,
        attributeCatalogs: 1,
        profileValues: 1,
        auditRecords: 1,
        denials: 2,
        pendingEvents: 1,
        idempotencyRecords: 1,
      }
      ctx.equal('UE-DIAGNOSTICS-003', await count(tenantScope(one.tenant.id)), inTenant, 'counts of a tenant')
      ctx.equal('UE-DIAGNOSTICS-003', await count(directoryScope()), inDirectory, 'counts of the directory')
      ctx.equal('UE-DIAGNOSTICS-003', await count(directoryScope(one.tenant.id)), inBoth, 'counts of both')
    },
  },
  {
    id: 'UE-DIAGNOSTICS-003/own-writes',
    title:
      "A transaction's own writes are counted, those that a nested one lost are not, and delivered events are gone",
    also: ['UE-TRANSACTION-004'],
    async run(ctx) {
      const refusal = new Error('the nested work changes its mind')
      await ctx.seed()
      const counts = await ctx.commit(directoryScope(), async (tx) => {
        const user = ctx.make.user()
        await tx.users.insert(user)
        await tx.outbox.append(ctx.make.event('user', user))
        const own = await tx.recordCounts()
        ctx.equal(
          'UE-TRANSACTION-004',
          [own.users, own.pendingEvents],
          [2, 1],
          'users and events, by the writer',
        )
        await tx
          .nested(async (nested) => {
            await nested.users.insert(ctx.make.user())
            const inside = await nested.recordCounts()
            ctx.equal('UE-DIAGNOSTICS-003', inside.users, 3, 'users, inside')
            throw refusal
          })
          .catch((error: unknown) => {
            if (error !== refusal) throw error
          })
        return tx.recordCounts()
      })
      ctx.equal(
        'UE-DIAGNOSTICS-003',
        [counts.users, counts.pendingEvents],
        [2, 1],
        'users and events, after it',
      )
      const { token, events } = await claimAll(ctx)
      await ctx.store.outbox.ack({ token, eventIds: events.map(({ event }) => event.id) })
      const after = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      ctx.equal('UE-DIAGNOSTICS-003', after.pendingEvents, 0, 'pending events after their delivery')
    },
  },
]
