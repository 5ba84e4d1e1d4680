import { DIRECTORY, directoryScope } from '@user-engine/store'

import type { Case } from '../case.ts'

const FIRST = { after: null, limit: 100 } as const

/** Writes into an object as a careless caller does. A frozen one refuses, which is as well. */
function scribble(thing: unknown): void {
  if (typeof thing !== 'object' || thing === null) return
  for (const [name, value] of Object.entries(thing)) {
    if (value instanceof Date) {
      Reflect.apply(Date.prototype.setTime, value, [0])
    } else if (typeof value === 'object') {
      scribble(value)
    } else {
      Reflect.set(thing, name, 'scribbled')
    }
  }
}

export const recordCopies: readonly Case[] = [
  {
    id: 'UE-RECORD-001/given-objects',
    title: 'What a caller does to an object that it has given away changes nothing that is stored',
    async run(ctx) {
      const make = () => {
        const user = ctx.make.user()
        return {
          user,
          audit: ctx.make.auditRecord({
            changes: [{ kind: 'user', scopeId: DIRECTORY, id: user.id, version: 1, fields: ['state'] }],
          }),
          event: ctx.make.event('user', user, { data: { list: [{ deep: 'value' }] } }),
          key: ctx.make.idempotencyRecord({ result: { deep: { version: 1 } } }),
          denial: ctx.make.denial(),
        }
      }
      const given = make()
      const expected = structuredClone(given)
      await ctx.store.denials.append(given.denial)
      scribble(given.denial)
      await ctx.commit(directoryScope(), async (tx) => {
        const copy = structuredClone({ ...expected })
        const writing = [
          tx.idempotency.insert(copy.key, 60_000),
          tx.users.insert(copy.user),
          tx.audit.append(copy.audit),
          tx.outbox.append(copy.event),
        ]
        scribble(copy)
        await Promise.all(writing)
      })
      const read = await ctx.commit(directoryScope(), async (tx) => ({
        user: await tx.users.find(expected.user.id),
        timeline: (await tx.audit.timeline({ ...FIRST, scopeId: DIRECTORY, targetId: null })).items,
        events: (await tx.outbox.pending(FIRST)).items.map(({ event }) => event),
        key: await tx.idempotency.find(expected.key),
      }))
      const timeline = [
        { kind: 'change', record: expected.audit },
        { kind: 'denial', record: expected.denial },
      ]
      const { user, event, key } = expected
      ctx.equal('UE-RECORD-001', read, { user, timeline, events: [event], key }, 'what is stored')
    },
  },
  {
    id: 'UE-RECORD-001/answered-objects',
    title:
      'What a caller does to an object that it was answered changes nothing that is stored or answered next',
    budget: 'smoke',
    async run(ctx) {
      const { user } = await ctx.seed()
      const event = ctx.make.event('user', user, { data: { list: [{ deep: 'value' }] } })
      const audit = ctx.make.auditRecord({
        changes: [{ kind: 'user', scopeId: DIRECTORY, id: user.id, version: 1, fields: ['state'] }],
      })
      const denial = ctx.make.denial()
      const fresh = ctx.make.user()
      const key = ctx.make.idempotencyRecord({ result: { deep: { version: 1 } } })
      await ctx.store.denials.append(denial)
      await ctx.commit(directoryScope(), async (tx) => {
        // Its own, which a store may not have sent yet.
        await tx.idempotency.insert(key, 60_000)
        await tx.users.insert(fresh)
        scribble(await tx.users.find(fresh.id))
        scribble(await tx.idempotency.find(key))
        const own = [await tx.users.find(fresh.id), await tx.idempotency.find(key)]
        ctx.equal('UE-RECORD-001', own, [fresh, key], 'its own writes, read again in the transaction')
        await tx.audit.append(audit)
        await tx.outbox.append(event)
        scribble(await tx.users.find(user.id))
        scribble(await tx.users.list(FIRST))
        scribble(await tx.audit.timeline({ ...FIRST, scopeId: DIRECTORY, targetId: null }))
        scribble(await tx.outbox.pending(FIRST))
        ctx.equal(
          'UE-RECORD-001',
          await tx.users.find(user.id),
          user,
          'the user, read again in the transaction',
        )
      })
      const read = await ctx.commit(directoryScope(), async (tx) => ({
        user: await tx.users.find(user.id),
        fresh: await tx.users.find(fresh.id),
        key: await tx.idempotency.find(key),
        timeline: (await tx.audit.timeline({ ...FIRST, scopeId: DIRECTORY, targetId: null })).items,
      }))
      const timeline = [
        { kind: 'change', record: audit },
        { kind: 'denial', record: denial },
      ]
      ctx.equal('UE-RECORD-001', read, { user, fresh, key, timeline }, 'what is stored')
      for (let attempts = 1; attempts <= 2; attempts += 1) {
        const claim = await ctx.store.outbox.claim({ limit: 1, leaseMs: 60_000, ack: null })
        ctx.equal('UE-RECORD-001', claim.events, [{ event, attempts }], 'the claimed event')
        const { token } = claim
        scribble(claim.events)
        await ctx.store.outbox.nack({ token, eventId: event.id, delayMs: 0, dead: false })
      }
    },
  },
]
