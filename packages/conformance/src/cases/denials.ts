import {
  DIRECTORY,
  directoryScope,
  tenantScope,
  type DenialRecord,
  type UserEngineStore,
} from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'

const FIRST = { after: null, limit: 100 } as const

/** The denials of the directory, as another handle sees them. */
async function denialsOf(ctx: CaseContext, store: UserEngineStore): Promise<DenialRecord[]> {
  const { items } = await ctx.commit(
    directoryScope(),
    (tx) => tx.audit.timeline({ ...FIRST, scopeId: DIRECTORY, targetId: null }),
    store,
  )
  return items.flatMap((entry) => (entry.kind === 'denial' ? [entry.record] : []))
}

type End = (ctx: CaseContext, denial: DenialRecord) => Promise<void>

/** A transaction in which a denial is appended, and what becomes of it afterwards. */
const ENDS: Readonly<Record<string, End>> = {
  async 'rolls-back'(ctx, denial) {
    const refusal = new Error('the work changes its mind')
    await ctx
      .commit(directoryScope(), async (tx) => {
        await tx.users.insert(ctx.make.user())
        await ctx.store.denials.append(denial)
        throw refusal
      })
      .catch((error: unknown) => {
        if (error !== refusal) throw error
      })
  },
  async commits(ctx, denial) {
    await ctx.commit(directoryScope(), async (tx) => {
      await tx.users.insert(ctx.make.user())
      await ctx.store.denials.append(denial)
    })
  },
  async conflicts(ctx, denial) {
    const { tenant } = await ctx.seed()
    await ctx.rejects(
      'UE-DENIAL-001',
      () =>
        ctx.commit(directoryScope(), async (tx) => {
          await ctx.store.denials.append(denial)
          await tx.tenants.insert(ctx.make.tenant({ externalRef: tenant.externalRef }))
        }),
      { code: 'CONFLICT', details: { constraint: 'tenant_external_ref' } },
      'the transaction around the denial',
    )
  },
  async 'rolls-back-nested'(ctx, denial) {
    const refusal = new Error('the nested work changes its mind')
    await ctx.commit(directoryScope(), (tx) =>
      tx
        .nested((nested) =>
          nested.nested(async (deep) => {
            await deep.users.insert(ctx.make.user())
            await ctx.store.denials.append(denial)
            throw refusal
          }),
        )
        .catch((error: unknown) => {
          if (error !== refusal) throw error
        }),
    )
  },
}

export const denials: readonly Case[] = [
  ...Object.entries(ENDS).map(([name, end]): Case => ({
    id: `UE-DENIAL-001/${name}`,
    title: `A denial stays when the transaction around it ${name.replaceAll('-', ' ')}`,
    also: ['UE-DENIAL-004'],
    async run(ctx) {
      const denial = ctx.make.denial()
      const before = await ctx.store.outbox.state()
      await end(ctx, denial)
      const second = await ctx.second()
      ctx.equal('UE-DENIAL-001', await denialsOf(ctx, second), [denial], 'denials, by another handle')
      ctx.equal('UE-DENIAL-004', await ctx.store.outbox.state(), before, 'the state of the outbox')
      const { events } = await ctx.store.outbox.claim({ limit: 100, leaseMs: 60_000, ack: null })
      ctx.equal('UE-DENIAL-004', events, [], 'claimed events')
    },
  })),
  {
    id: 'UE-DENIAL-001/while-open',
    title:
      'A denial is seen by every handle as soon as append resolves, while the transaction around it is open',
    preconditions: ['the transaction around it is open'],
    async run(ctx) {
      const denial = ctx.make.denial()
      const second = await ctx.second()
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.users.insert(ctx.make.user())
        await ctx.store.denials.append(denial)
        const reading = denialsOf(ctx, second)
        if (await ctx.pending(reading)) {
          // A store that lets in one transaction at a time answers the other handle later.
          ctx.note('the store let them in one by one')
          void reading.catch(() => undefined)
        } else {
          ctx.equal('UE-DENIAL-001', await reading, [denial], 'denials, by another handle')
        }
        const own = await tx.audit.timeline({ ...FIRST, scopeId: DIRECTORY, targetId: null })
        ctx.precondition('the transaction around it is open', (await tx.recordCounts()).users === 1)
        if (ctx.capabilities.isolation === 'read-committed') {
          ctx.equal('UE-DENIAL-001', own.items, [{ kind: 'denial', record: denial }], 'its own timeline')
        }
      })
      ctx.equal('UE-DENIAL-001', await denialsOf(ctx, second), [denial], 'denials after the commit')
    },
  },
  {
    id: 'UE-DENIAL-001/observed',
    title: 'Looked at without the adapter, a denial is stored while the transaction around it is open',
    needs: ['observer'],
    async run(ctx) {
      const { tenant } = await ctx.seed()
      const denial = ctx.make.denial({ scopeId: tenant.id })
      const refusal = new Error('the work changes its mind')
      await ctx
        .commit(tenantScope(tenant.id), async (tx) => {
          await tx.audit.append(ctx.make.auditRecord({ scopeId: tenant.id }))
          await ctx.store.denials.append(denial)
          const stored = await ctx.observer.rows('denials')
          ctx.equal(
            'UE-DENIAL-001',
            stored.map(({ id }) => id),
            [denial.id],
            'stored denials while it is open',
          )
          throw refusal
        })
        .catch((error: unknown) => {
          if (error !== refusal) throw error
        })
      const stored = await ctx.observer.rows('denials')
      ctx.equal(
        'UE-DENIAL-001',
        stored.map(({ id, scopeId }) => ({ id, scopeId })),
        [{ id: denial.id, scopeId: tenant.id }],
        'stored denials',
      )
      const audited = await ctx.observer.rows('auditRecords')
      ctx.equal('UE-DENIAL-001', audited.length, 0, 'audit records of the transaction that was rolled back')
    },
  },
  {
    id: 'UE-DENIAL-001/tried-again',
    title: 'Work that is run again, and refused again under the same id, leaves one denial',
    also: ['UE-DENIAL-003'],
    async run(ctx) {
      const denial = ctx.make.denial()
      const refusal = new Error('refused')
      for (let attempt = 0; attempt < 3; attempt += 1) {
        await ctx
          .commit(directoryScope(), async () => {
            await ctx.store.denials.append(denial)
            throw refusal
          })
          .catch((error: unknown) => {
            if (error !== refusal) throw error
          })
      }
      const found = await denialsOf(ctx, await ctx.second())
      ctx.equal('UE-DENIAL-001', found, [denial], 'denials')
      ctx.equal('UE-DENIAL-003', found.length, 1, 'denials of one attempt')
    },
  },
  {
    id: 'UE-DENIAL-002/many-open',
    title: 'Thirty open transactions that each append a denial hold none of them up',
    async run(ctx) {
      const denied: DenialRecord[] = []
      const racing = ctx.race(30, (index, meet) =>
        ctx.commit(directoryScope(), async (tx) => {
          await tx.users.insert(ctx.make.user())
          await tx.users.list(FIRST)
          await meet()
          const denial = ctx.make.denial()
          await ctx.answers(
            'UE-DENIAL-002',
            ctx.store.denials.append(denial),
            `the denial of worker ${index}`,
          )
          denied.push(denial)
        }),
      )
      await racing
      const found = await denialsOf(ctx, await ctx.second())
      const inOrder = denied.toSorted((one, other) => (one.id < other.id ? -1 : 1))
      ctx.equal('UE-DENIAL-002', found, inOrder, 'denials')
    },
  },
  {
    id: 'UE-DENIAL-002/same-records',
    title: 'A denial about a record is not held up by an open transaction that has changed that very record',
    async run(ctx) {
      const { user } = await ctx.seed()
      const denial = ctx.make.denial({ target: { kind: 'user', id: user.id } })
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.users.update(ctx.make.next(user, { state: 'suspended' }))
        await tx.audit.append(ctx.make.auditRecord({ target: { kind: 'user', id: user.id } }))
        await tx.users.list(FIRST)
        await ctx.answers(
          'UE-DENIAL-002',
          ctx.store.denials.append(denial),
          'the denial about a changed record',
        )
      })
      ctx.equal('UE-DENIAL-002', await denialsOf(ctx, await ctx.second()), [denial], 'denials')
    },
  },
  {
    id: 'UE-DENIAL-002/exhausted',
    title: 'A denial is durable while all connections for transactions are taken',
    profile: 'store-durable',
    needs: ['faults.exhaust'],
    async run(ctx) {
      const denial = ctx.make.denial()
      const restore = await ctx.faults.exhaust()
      await ctx.answers('UE-DENIAL-002', ctx.store.denials.append(denial), 'a denial with no connection left')
      await restore()
      ctx.equal('UE-DENIAL-002', await denialsOf(ctx, await ctx.second()), [denial], 'denials')
    },
  },
  {
    id: 'UE-DENIAL-003/same-id',
    title: 'The same denial again, at once or with other content, resolves and changes nothing',
    preconditions: ['it is there'],
    async run(ctx) {
      const denial = ctx.make.denial()
      const second = await ctx.second()
      await ctx.store.denials.append(denial)
      ctx.precondition('it is there', (await denialsOf(ctx, second)).length === 1)
      await ctx.store.denials.append(denial)
      ctx.equal('UE-DENIAL-003', await denialsOf(ctx, second), [denial], 'denials, appended again')
      await second.denials.append({ ...denial, reason: 'another_reason', action: 'user.reactivate' })
      ctx.equal(
        'UE-DENIAL-003',
        await denialsOf(ctx, second),
        [denial],
        'denials, appended with other content',
      )
      await Promise.all(Array.from({ length: 8 }, () => ctx.store.denials.append(denial)))
      ctx.equal('UE-DENIAL-003', await denialsOf(ctx, second), [denial], 'denials')
    },
  },
  {
    id: 'UE-DENIAL-003/same-id-elsewhere',
    title: 'The same id in another scope is another denial',
    async run(ctx) {
      const { tenant } = await ctx.seed()
      const denial = ctx.make.denial()
      const there = { ...denial, scopeId: tenant.id, reason: 'another_reason' }
      await ctx.store.denials.append(denial)
      await ctx.store.denials.append(there)
      ctx.equal('UE-DENIAL-003', await denialsOf(ctx, ctx.store), [denial], 'denials of the directory')
      const page = await ctx.commit(tenantScope(tenant.id), (tx) =>
        tx.audit.timeline({ ...FIRST, scopeId: tenant.id, targetId: null }),
      )
      ctx.equal('UE-DENIAL-003', page.items, [{ kind: 'denial', record: there }], 'denials of the tenant')
    },
  },
]
