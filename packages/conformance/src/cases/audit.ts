import {
  DIRECTORY,
  directoryScope,
  tenantScope,
  type AuditRecord,
  type TimelineEntry,
} from '@user-engine/store'

import type { Case } from '../case.ts'

const FIRST = { after: null, limit: 100 } as const

const asChange = (record: AuditRecord): TimelineEntry => ({ kind: 'change', record })

export const audit: readonly Case[] = [
  {
    id: 'UE-AUDIT-003/second',
    title: 'A second record under an id is refused, and the first stays as it was',
    preconditions: ['the first is there'],
    async run(ctx) {
      const record = ctx.make.auditRecord({ changes: [] })
      await ctx.commit(directoryScope(), (tx) => tx.audit.append(record))
      const read = () =>
        ctx.commit(directoryScope(), (tx) =>
          tx.audit.timeline({ ...FIRST, scopeId: DIRECTORY, targetId: null }),
        )
      ctx.precondition('the first is there', (await read()).items.length === 1)
      for (const other of [record, ctx.make.auditRecord({ id: record.id, action: 'user.reactivate' })]) {
        await ctx.rejects(
          'UE-AUDIT-003',
          () => ctx.commit(directoryScope(), (tx) => tx.audit.append(other)),
          { code: 'CONFLICT', details: { constraint: 'audit_record_id' } },
          'a second record under the same id',
        )
      }
      ctx.equal('UE-AUDIT-003', (await read()).items, [asChange(record)], 'the timeline')
    },
  },
  {
    id: 'UE-AUDIT-003/outlives-its-record',
    title: 'Whatever becomes of a record, its events and its idempotency record, the trail about it stays',
    preconditions: ['the trail is there'],
    async run(ctx) {
      const { identity } = await ctx.seed()
      const target = { kind: 'external_identity', id: identity.id } as const
      const record = ctx.make.auditRecord({ target })
      const denial = ctx.make.denial({ target })
      await ctx.store.denials.append(denial)
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.audit.append(record)
        await tx.outbox.append(ctx.make.event('external_identity', identity))
      })
      const read = async () => {
        const query = { ...FIRST, scopeId: DIRECTORY, targetId: identity.id }
        return (await ctx.commit(directoryScope(), (tx) => tx.audit.timeline(query))).items
      }
      const trail = await read()
      ctx.precondition('the trail is there', trail.length === 2)
      await ctx.commit(directoryScope(), (tx) =>
        tx.externalIdentities.update(ctx.make.next(identity, { state: 'unlinked' })),
      )
      const { token, events } = await ctx.store.outbox.claim({ limit: 10, leaseMs: 60_000, ack: null })
      await ctx.store.outbox.ack({ token, eventIds: events.map(({ event }) => event.id) })
      const undone = new Error('the work changes its mind')
      await ctx
        .commit(directoryScope(), async (tx) => {
          await tx.audit.append(ctx.make.auditRecord({ target }))
          throw undone
        })
        .catch((error: unknown) => {
          if (error !== undone) throw error
        })
      ctx.equal('UE-AUDIT-003', await read(), trail, 'the trail afterwards')
    },
  },
  {
    id: 'UE-AUDIT-004/one-timeline',
    title:
      'Changes and denials of a scope come as one timeline in order of id, whatever order they were written in',
    async run(ctx) {
      const { tenant, tenantAccount } = await ctx.seed()
      const scopeId = tenant.id
      const target = { kind: 'tenant_account', id: tenantAccount.id } as const
      const elsewhere = { kind: 'user', id: ctx.make.uuid() } as const
      const unknown = { kind: 'user', id: null } as const
      const first = ctx.make.auditRecord({ scopeId, target })
      const refused = ctx.make.denial({ scopeId, target })
      const second = ctx.make.auditRecord({ scopeId, target: elsewhere })
      const refusedElsewhere = ctx.make.denial({ scopeId, target: unknown })
      const third = ctx.make.auditRecord({ scopeId, target })
      await ctx.store.denials.append(refusedElsewhere)
      await ctx.commit(tenantScope(scopeId), async (tx) => {
        await tx.audit.append(third)
        await tx.audit.append(first)
      })
      await ctx.store.denials.append(refused)
      await ctx.commit(tenantScope(scopeId), (tx) => tx.audit.append(second))
      await ctx.commit(directoryScope(), (tx) => tx.audit.append(ctx.make.auditRecord({ target })))
      await ctx.store.denials.append(ctx.make.denial({ target }))

      const all: readonly TimelineEntry[] = [
        asChange(first),
        { kind: 'denial', record: refused },
        asChange(second),
        { kind: 'denial', record: refusedElsewhere },
        asChange(third),
      ]
      const read = (targetId: string | null) =>
        ctx.commit(tenantScope(scopeId), (tx) => tx.audit.timeline({ ...FIRST, scopeId, targetId }))
      ctx.equal('UE-AUDIT-004', await read(null), { items: all, next: null }, 'the timeline')
      const about = all.filter(({ record }) => record.target.id === target.id)
      ctx.equal('UE-AUDIT-004', (await read(target.id)).items, about, 'the timeline of one record')
      ctx.equal(
        'UE-AUDIT-004',
        (await read(ctx.make.uuid())).items,
        [],
        'the timeline of a record without one',
      )
    },
  },
  {
    id: 'UE-AUDIT-004/two-scopes',
    title: 'A transaction that sees two scopes is answered the timeline of the one that it asks for',
    preconditions: ['both scopes have entries'],
    async run(ctx) {
      const { tenant } = await ctx.seed()
      const inTenant = ctx.make.auditRecord({ scopeId: tenant.id })
      const inDirectory = ctx.make.auditRecord()
      const [denied, deniedInDirectory] = [ctx.make.denial({ scopeId: tenant.id }), ctx.make.denial()]
      await ctx.store.denials.append(denied)
      await ctx.store.denials.append(deniedInDirectory)
      const scope = directoryScope(tenant.id)
      await ctx.commit(scope, async (tx) => {
        await tx.audit.append(inTenant)
        await tx.audit.append(inDirectory)
      })
      const counts = await ctx.commit(scope, (tx) => tx.recordCounts())
      ctx.precondition('both scopes have entries', counts.auditRecords === 2 && counts.denials === 2)
      for (const [scopeId, record, denial] of [
        [tenant.id, inTenant, denied],
        [DIRECTORY, inDirectory, deniedInDirectory],
      ] as const) {
        const page = await ctx.commit(scope, (tx) => tx.audit.timeline({ ...FIRST, scopeId, targetId: null }))
        ctx.equal(
          'UE-AUDIT-004',
          page.items,
          [asChange(record), { kind: 'denial', record: denial }],
          'the timeline',
        )
      }
    },
  },
  {
    id: 'UE-AUDIT-004/no-foreign-denial',
    title: 'The timeline of a scope has no denial of another one',
    preconditions: ['the other scope has one'],
    async run(ctx) {
      const [{ tenant }, { tenant: other }] = [await ctx.seed(), await ctx.seed()]
      await ctx.store.denials.append(ctx.make.denial({ scopeId: other.id }))
      const read = (of: typeof tenant) =>
        ctx.commit(tenantScope(of.id), (tx) =>
          tx.audit.timeline({ ...FIRST, scopeId: of.id, targetId: null }),
        )
      ctx.precondition('the other scope has one', (await read(other)).items.length === 1)
      ctx.equal('UE-AUDIT-004', (await read(tenant)).items, [], 'the timeline')
    },
  },
]
