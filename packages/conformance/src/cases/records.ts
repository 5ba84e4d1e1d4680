import { DIRECTORY, directoryScope, tenantScope, type JsonObject } from '@user-engine/store'

import type { Case } from '../case.ts'
import { NOUNS } from './nouns.ts'

const FIRST = { after: null, limit: 100 } as const

/** Times at which a time zone, a leap day or a rounding shows. */
const TIMES = [
  '2026-03-29T00:59:59.999Z',
  '2026-10-25T01:00:00.001Z',
  '2024-02-29T23:59:59.999Z',
  '1969-12-31T23:59:59.999Z',
  '1970-01-01T00:00:00.000Z',
  '2038-01-19T03:14:08.001Z',
  '2999-12-31T23:59:59.999Z',
]

const JSON_VALUES: JsonObject = {
  text: 'ü\u{1F9D1}\u200B"\\/',
  empty: '',
  zero: 0,
  fraction: 0.1,
  negative: -12.5e-7,
  large: 9_007_199_254_740_991,
  yes: true,
  no: false,
  nothing: null,
  list: [[], {}, [null, [1, ['two']]]],
  deep: { a: { b: { c: { d: 'e' } } } },
  'a name with "quotes" and ü': 1,
  ...(JSON.parse('{"__proto__": {"polluted": true}, "constructor": "text"}') as JsonObject),
}

export const records: readonly Case[] = [
  {
    id: 'UE-RECORD-001/times',
    title: 'Every time comes back to the millisecond, whatever zones there are',
    async run(ctx) {
      for (const time of TIMES) {
        const at = new Date(time)
        const user = ctx.make.user({ createdAt: at, updatedAt: new Date(at.getTime() + 1) })
        const audit = ctx.make.auditRecord({ occurredAt: at, target: { kind: 'user', id: user.id } })
        const event = ctx.make.event('user', user, { occurredAt: at })
        const key = ctx.make.idempotencyRecord({ createdAt: at })
        const denial = ctx.make.denial({ occurredAt: at, target: { kind: 'user', id: user.id } })
        await ctx.store.denials.append(denial)
        const found = await ctx.commit(directoryScope(), async (tx) => {
          await tx.idempotency.insert(key, 60_000)
          await tx.users.insert(user)
          await tx.audit.append(audit)
          await tx.outbox.append(event)
          return 'written'
        })
        ctx.equal('UE-RECORD-001', found, 'written', 'the transaction')
        const read = await ctx.commit(
          directoryScope(),
          async (tx) => ({
            user: await tx.users.find(user.id),
            timeline: (await tx.audit.timeline({ ...FIRST, scopeId: DIRECTORY, targetId: user.id })).items,
            events: (await tx.outbox.pending(FIRST)).items.filter((one) => one.event.id === event.id),
            key: await tx.idempotency.find(key),
          }),
          await ctx.second(),
        )
        const timeline = [
          { kind: 'change', record: audit },
          { kind: 'denial', record: denial },
        ]
        const events = [{ event, attempts: 0, state: 'pending' }]
        ctx.equal('UE-RECORD-001', read, { user, timeline, events, key }, `records of ${time}`)
      }
    },
  },
  {
    id: 'UE-RECORD-001/json',
    title: 'JSON in events, results and changes comes back with the same members and values',
    async run(ctx) {
      const user = ctx.make.user()
      const event = ctx.make.event('user', user, { data: JSON_VALUES })
      const key = ctx.make.idempotencyRecord({ result: JSON_VALUES })
      const change = {
        kind: 'user',
        scopeId: DIRECTORY,
        id: user.id,
        version: 1,
        fields: ['state', '__proto__', 'ü'],
      } as const
      const audit = ctx.make.auditRecord({ changes: [change, { ...change, version: 2, fields: [] }] })
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.idempotency.insert(key, 60_000)
        await tx.audit.append(audit)
        await tx.outbox.append(event)
      })
      const read = await ctx.commit(directoryScope(), async (tx) => ({
        key: await tx.idempotency.find(key),
        timeline: (await tx.audit.timeline({ ...FIRST, scopeId: DIRECTORY, targetId: null })).items,
      }))
      ctx.equal(
        'UE-RECORD-001',
        read,
        { key, timeline: [{ kind: 'change', record: audit }] },
        'records with JSON',
      )
      const { events } = await ctx.store.outbox.claim({ limit: 1, leaseMs: 60_000, ack: null })
      ctx.equal('UE-RECORD-001', events, [{ event, attempts: 1 }], 'the delivered event')
      ctx.must('UE-RECORD-001', !('polluted' in {}), 'the prototype of objects is as it was')
    },
  },
  {
    id: 'UE-RECORD-001/all-states',
    title: 'Every state, kind and origin of each noun is kept, and null where there is nothing',
    async run(ctx) {
      const tenants = (['provisioning', 'active', 'suspended', 'deleting', 'deleted'] as const).map((state) =>
        ctx.make.tenant({ state, externalRef: null }),
      )
      const users = (['active', 'suspended'] as const).flatMap((state) =>
        (['person', 'service'] as const).map((kind) => ctx.make.user({ state, kind })),
      )
      const accounts = (['invited', 'active', 'disabled', 'closed'] as const).map((state, index) =>
        ctx.make.account({ state, userId: (users[index] ?? ctx.make.user()).id }),
      )
      const scopeId = (tenants[0] ?? ctx.make.tenant()).id
      const members = (['invited', 'active', 'suspended', 'deprovisioned'] as const).flatMap((state) =>
        (['managed', 'unmanaged'] as const).map((origin) =>
          ctx.make.tenantAccount({ scopeId, userId: ctx.make.user().id, state, origin, externalId: null }),
        ),
      )
      const audit = ctx.make.auditRecord({ correlationId: null, target: { kind: 'user', id: null } })
      await ctx.commit(directoryScope(scopeId), async (tx) => {
        for (const tenant of tenants) await tx.tenants.insert(tenant)
        for (const user of users) await tx.users.insert(user)
        for (const account of accounts) await tx.accounts.insert(account)
        for (const member of members) await tx.tenantAccounts.insert(member)
        await tx.audit.append(audit)
      })
      const read = await ctx.commit(directoryScope(scopeId), async (tx) => {
        const found = []
        for (const { id } of accounts) found.push(await tx.accounts.find(id))
        return {
          tenants: (await tx.tenants.list(FIRST)).items,
          users: (await tx.users.list(FIRST)).items,
          accounts: found,
          members: (await tx.tenantAccounts.list(FIRST)).items,
          timeline: (await tx.audit.timeline({ ...FIRST, scopeId: DIRECTORY, targetId: null })).items,
        }
      })
      const timeline = [{ kind: 'change', record: audit }]
      ctx.equal(
        'UE-RECORD-001',
        read,
        { tenants, users, accounts, members, timeline },
        'records of all states',
      )
    },
  },
  {
    id: 'UE-RECORD-001/long-page',
    title: 'A record with many changes, a list of many names, and many roles come back whole and in order',
    budget: 'smoke',
    async run(ctx) {
      const { tenant, membership } = await ctx.seed()
      const fields = Array.from({ length: 100 }, (_, index) => `field_${index}`)
      const changes = Array.from({ length: 150 }, (_, index) => ({
        kind: 'tenant_account' as const,
        scopeId: tenant.id,
        id: ctx.make.uuid(),
        version: index + 1,
        fields,
      }))
      const audit = ctx.make.auditRecord({ scopeId: tenant.id, changes })
      await ctx.commit(tenantScope(tenant.id), (tx) => tx.audit.append(audit))
      const page = await ctx.commit(tenantScope(tenant.id), (tx) =>
        tx.audit.timeline({ ...FIRST, scopeId: tenant.id, targetId: null }),
      )
      ctx.equal('UE-RECORD-001', page.items, [{ kind: 'change', record: audit }], 'the audit record')
      const roles = Array.from({ length: 100 }, (_, index) => `role ${(index * 37) % 50}`)
      const next = ctx.make.next(membership, { roles })
      await ctx.commit(tenantScope(tenant.id), (tx) => tx.memberships.update(next))
      const found = await ctx.commit(tenantScope(tenant.id), (tx) => tx.memberships.find(next.id))
      ctx.equal('UE-RECORD-001', found, next, 'the membership of 100 roles, each of them twice')
    },
  },
  ...NOUNS.flatMap((noun): Case[] => [
    {
      id: `UE-RECORD-002/${noun.name}`,
      title: `${noun.name}: an insert under an id that is taken is refused, and the first record stays`,
      preconditions: ['the first is there'],
      async run(ctx) {
        const seed = await ctx.seed()
        const scope = noun.scope(seed)
        const first = noun.of(seed)
        const find = () => ctx.commit(scope, (tx) => noun.repository(tx).find(first.id))
        ctx.precondition('the first is there', (await find()) !== null)
        // A store may write many at once in another way than one.
        for (const among of [1, 40]) {
          await ctx.rejects(
            'UE-RECORD-002',
            () =>
              ctx.commit(scope, async (tx) => {
                for (let index = 1; index <= among; index += 1) {
                  const other = await noun.another(ctx, seed, tx)
                  const taken = index === Math.ceil(among / 2) ? { id: first.id } : {}
                  await noun.repository(tx).insert({ ...other, ...taken })
                }
              }),
            { code: 'CONFLICT', details: { constraint: noun.idRule } },
            `a second record under the id, among ${among}`,
          )
          ctx.equal('UE-RECORD-002', await find(), first, `the first record after ${among}`)
        }
        await ctx.rejects(
          'UE-RECORD-002',
          () =>
            ctx.commit(scope, async (tx) => {
              const { id } = await noun.another(ctx, seed, tx)
              for (let index = 0; index < 2; index += 1)
                await noun.repository(tx).insert({ ...(await noun.another(ctx, seed, tx)), id })
            }),
          { code: 'CONFLICT', details: { constraint: noun.idRule } },
          'a second record under an id of the same transaction',
        )
      },
    },
    {
      id: `UE-RECORD-004/${noun.name}`,
      title: `${noun.name}: an update leaves the time of creation and the id, and changes what it gives`,
      also: ['UE-RECORD-001'],
      preconditions: ['the update took effect'],
      async run(ctx) {
        const seed = await ctx.seed()
        const scope = noun.scope(seed)
        const first = noun.of(seed)
        const changed = noun.changed(ctx, first)
        const later = { ...changed, createdAt: new Date(changed.createdAt.getTime() + 86_400_000) }
        await ctx.commit(scope, (tx) => noun.repository(tx).update(later))
        const found = await ctx.commit(scope, (tx) => noun.repository(tx).find(first.id), await ctx.second())
        ctx.precondition('the update took effect', found?.version === 2)
        ctx.equal('UE-RECORD-004', found, changed, 'the record afterwards')
        const { createdAt } = changed
        ctx.equal('UE-RECORD-001', { ...found, createdAt }, changed, 'what the update gave')
      },
    },
    {
      id: `UE-RECORD-004/${noun.name}-all-else`,
      title: `${noun.name}: every other member may change, also of a record that its own transaction inserted`,
      also: ['UE-RECORD-001'],
      async run(ctx) {
        const seed = await ctx.seed()
        const scope = noun.scope(seed)
        const first = noun.of(seed)
        const { inserted, given } = await ctx.commit(scope, async (tx) => {
          const [another, third] = [await noun.another(ctx, seed, tx), await noun.another(ctx, seed, tx)]
          await noun.repository(tx).insert(third)
          // The engine's clock may have been set back.
          const its = { id: first.id, version: 2, updatedAt: new Date(first.updatedAt.getTime() - 1_000) }
          await noun.repository(tx).update({ ...noun.changed(ctx, another), ...its })
          const createdAt = new Date(third.createdAt.getTime() + 86_400_000)
          const changed = noun.changed(ctx, third)
          await noun.repository(tx).update({ ...changed, createdAt })
          return { inserted: changed, given: { ...noun.changed(ctx, another), ...its } }
        })
        const { createdAt } = first
        const find = (id: string) => ctx.commit(scope, (tx) => noun.repository(tx).find(id))
        const found = await find(first.id)
        ctx.equal('UE-RECORD-001', { ...found, createdAt }, { ...given, createdAt }, 'what the update gave')
        ctx.equal('UE-RECORD-004', found?.createdAt, createdAt, 'the time of creation')
        ctx.equal(
          'UE-RECORD-004',
          await find(inserted.id),
          inserted,
          'the record that was inserted and updated',
        )
      },
    },
  ]),
]
