import { directoryScope, tenantScope, type RecordCounts, type StoreTransaction } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'

const FIRST = { after: null, limit: 100 } as const

/** One of everything that a transaction can write, for a user that is new. */
function unitOf(ctx: CaseContext) {
  const user = ctx.make.user()
  return {
    user,
    audit: ctx.make.auditRecord({ target: { kind: 'user', id: user.id } }),
    event: ctx.make.event('user', user),
    key: ctx.make.idempotencyRecord(),
  }
}

async function write(tx: StoreTransaction, unit: ReturnType<typeof unitOf>): Promise<void> {
  await tx.idempotency.insert(unit.key, 60_000)
  await tx.users.insert(unit.user)
  await tx.audit.append(unit.audit)
  await tx.outbox.append(unit.event)
}

const named = (counts: RecordCounts) =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))

export const transaction: readonly Case[] = [
  {
    id: 'UE-TRANSACTION-001/rollback',
    title: 'Work that rejects leaves no record, audit record, event or idempotency record',
    also: ['UE-TRANSACTION-009', 'UE-AUDIT-001', 'UE-OUTBOX-001', 'UE-IDEMPOTENCY-001'],
    preconditions: ['the transaction saw its own writes'],
    async run(ctx) {
      const unit = unitOf(ctx)
      const refusal = new Error('the work changes its mind')
      const outcome = await ctx
        .commit(directoryScope(), async (tx) => {
          await write(tx, unit)
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
      ctx.equal('UE-TRANSACTION-001', named(counts), {}, 'record counts after the rollback')
      ctx.equal('UE-AUDIT-001', counts.auditRecords, 0, 'audit records after the rollback')
      ctx.equal('UE-IDEMPOTENCY-001', counts.idempotencyRecords, 0, 'idempotency records after the rollback')
      const claim = await second.outbox.claim({ limit: 10, leaseMs: 60_000, ack: null })
      ctx.equal('UE-OUTBOX-001', claim.events, [], 'events claimed after the rollback')
    },
  },
  {
    id: 'UE-TRANSACTION-001/commit',
    title: 'What a transaction wrote is kept as a whole, and another handle sees it at once',
    also: ['UE-TRANSACTION-010', 'UE-AUDIT-001', 'UE-OUTBOX-001', 'UE-IDEMPOTENCY-001'],
    async run(ctx) {
      const unit = unitOf(ctx)
      const answer = await ctx.commit(directoryScope(), async (tx) => {
        await write(tx, unit)
        return unit.user.id
      })
      ctx.equal('UE-TRANSACTION-001', answer, unit.user.id, 'what transaction resolved with')
      const second = await ctx.second()
      const seen = await ctx.commit(
        directoryScope(),
        async (tx) => ({
          user: await tx.users.find(unit.user.id),
          timeline: await tx.audit.timeline({ ...FIRST, scopeId: unit.user.scopeId, targetId: null }),
          key: await tx.idempotency.find(unit.key),
        }),
        second,
      )
      ctx.equal('UE-TRANSACTION-010', seen.user, unit.user, 'the user, by another handle')
      ctx.equal('UE-TRANSACTION-001', seen.user, unit.user, 'the user')
      ctx.equal('UE-AUDIT-001', seen.timeline.items, [{ kind: 'change', record: unit.audit }], 'the timeline')
      ctx.equal('UE-IDEMPOTENCY-001', seen.key, unit.key, 'the idempotency record')
      const claim = await second.outbox.claim({ limit: 10, leaseMs: 60_000, ack: null })
      ctx.equal('UE-OUTBOX-001', claim.events, [{ event: unit.event, attempts: 1 }], 'claimed events')
    },
  },
  {
    id: 'UE-TRANSACTION-001/observed',
    title: 'Looked at without the adapter, a unit of work is there as a whole, or nothing of it',
    needs: ['observer'],
    async run(ctx) {
      const kept = unitOf(ctx)
      await ctx.commit(directoryScope(), (tx) => write(tx, kept))
      const undone = unitOf(ctx)
      const refusal = new Error('the work changes its mind')
      await ctx
        .commit(directoryScope(), async (tx) => {
          await write(tx, undone)
          await tx.users.list(FIRST)
          throw refusal
        })
        .catch((error: unknown) => {
          if (error !== refusal) throw error
        })
      const idsOf = async (noun: keyof RecordCounts) => (await ctx.observer.rows(noun)).map(({ id }) => id)
      ctx.equal('UE-TRANSACTION-001', await idsOf('users'), [kept.user.id], 'stored users')
      ctx.equal('UE-TRANSACTION-001', await idsOf('auditRecords'), [kept.audit.id], 'stored audit records')
      ctx.equal('UE-TRANSACTION-001', await idsOf('pendingEvents'), [kept.event.id], 'stored events')
      ctx.equal(
        'UE-TRANSACTION-001',
        await idsOf('idempotencyRecords'),
        [kept.key.commandId],
        'stored idempotency records',
      )
    },
  },
  {
    id: 'UE-TRANSACTION-001/late-conflict',
    title: 'A conflict of the last write takes all that was written before it along',
    also: ['UE-ERROR-003'],
    budget: 'smoke',
    preconditions: ['the same work without the conflict commits'],
    async run(ctx) {
      const { tenant } = await ctx.seed()
      const attempt = async (tx: StoreTransaction, externalRef: string | null) => {
        const unit = unitOf(ctx)
        await write(tx, unit)
        await tx.tenants.insert(ctx.make.tenant({ externalRef }))
        return unit
      }
      const counted = () => ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      const kept = await ctx.commit(directoryScope(), (tx) => attempt(tx, null))
      const before = await counted()
      ctx.precondition(
        'the same work without the conflict commits',
        before.users === 2 && before.tenants === 2,
      )
      await ctx.rejects(
        'UE-TRANSACTION-001',
        () => ctx.commit(directoryScope(), (tx) => attempt(tx, tenant.externalRef)),
        { code: 'CONFLICT', details: { constraint: 'tenant_external_ref' } },
        'a transaction whose last write conflicts',
      )
      ctx.equal('UE-ERROR-003', await counted(), before, 'record counts after the conflict')
      const claim = await ctx.store.outbox.claim({ limit: 10, leaseMs: 60_000, ack: null })
      ctx.equal('UE-TRANSACTION-001', claim.events, [{ event: kept.event, attempts: 1 }], 'claimed events')
    },
  },
  {
    id: 'UE-TRANSACTION-005/once',
    title: 'Work is called once, whether it resolves, rejects or conflicts',
    preconditions: ['the conflict was one'],
    async run(ctx) {
      const { tenant } = await ctx.seed()
      const count = async (
        run: (work: (tx: StoreTransaction) => Promise<void>) => Promise<unknown>,
        body: (tx: StoreTransaction) => Promise<void>,
      ) => {
        let calls = 0
        const error = await run(async (tx) => {
          calls += 1
          await body(tx)
        }).then(
          () => null,
          (failure: unknown) => failure,
        )
        return { calls, error }
      }
      const bodies = {
        resolves: async (tx: StoreTransaction) => void (await tx.tenants.find(tenant.id)),
        rejects: () => Promise.reject(new Error('the work changes its mind')),
        conflicts: (tx: StoreTransaction) =>
          tx.tenants.insert(ctx.make.tenant({ externalRef: tenant.externalRef })),
      }
      for (const [name, body] of Object.entries(bodies)) {
        const root = await count((work) => ctx.store.transaction(directoryScope(), work), body)
        ctx.equal('UE-TRANSACTION-005', root.calls, 1, `calls of work that ${name}`)
        if (name === 'conflicts') ctx.precondition('the conflict was one', root.error !== null)
        const nested = await ctx.commit(directoryScope(), (tx) => count((work) => tx.nested(work), body))
        ctx.equal('UE-TRANSACTION-005', nested.calls, 1, `calls of nested work that ${name}`)
      }
    },
  },
  {
    id: 'UE-TRANSACTION-009/any-value',
    title: 'Whatever value work rejects with comes back as it is, at each level, and nothing is kept',
    also: ['UE-TRANSACTION-001', 'UE-TRANSACTION-002'],
    async run(ctx) {
      const values = [
        new TypeError('its own'),
        { code: 'CONFLICT' },
        'text',
        0,
        null,
        undefined,
      ] as readonly unknown[] as readonly Error[]
      for (const value of values) {
        const lost = ctx.make.user()
        const rejection = async (tx: StoreTransaction) => {
          await tx.users.insert(lost)
          return Promise.reject(value)
        }
        const find = () => ctx.commit(directoryScope(), (tx) => tx.users.find(lost.id))
        const caught = await ctx.commit(directoryScope(), async (tx) => {
          await tx.users.insert(ctx.make.user())
          return tx.nested(rejection).then(
            () => ({ value: 'it resolved' as unknown }),
            (error: unknown) => ({ value: error }),
          )
        })
        ctx.must(
          'UE-TRANSACTION-009',
          Object.is(caught.value, value),
          `nested rejected with ${ctx.show(caught.value)}`,
        )
        ctx.equal('UE-TRANSACTION-002', await find(), null, 'what was written in the nested transaction')
        const outer = await ctx.commit(directoryScope(), rejection).then(
          () => ({ value: 'it resolved' as unknown }),
          (error: unknown) => ({ value: error }),
        )
        ctx.must(
          'UE-TRANSACTION-009',
          Object.is(outer.value, value),
          `transaction rejected with ${ctx.show(outer.value)}`,
        )
        ctx.equal('UE-TRANSACTION-001', await find(), null, 'what was written in the transaction')
      }
    },
  },
  {
    id: 'UE-TRANSACTION-010/alternating',
    title: 'Two handles that write the same record in turns each see what the other has just committed',
    async run(ctx) {
      const { tenant, tenantAccount } = await ctx.seed()
      const scope = tenantScope(tenant.id)
      const handles = [ctx.store, await ctx.second()] as const
      let known = tenantAccount
      for (let turn = 0; turn < 10; turn += 1) {
        const handle = handles[turn % 2 === 0 ? 0 : 1]
        const read = await ctx.commit(scope, (tx) => tx.tenantAccounts.find(known.id), handle)
        ctx.equal('UE-TRANSACTION-010', read, known, `the tenant account in turn ${turn}`)
        const next = ctx.make.next(known, { state: turn % 2 === 0 ? 'suspended' : 'active' })
        await ctx.commit(scope, (tx) => tx.tenantAccounts.update(next), handle)
        known = next
      }
    },
  },
]
