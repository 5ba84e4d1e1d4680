import {
  DIRECTORY,
  directoryScope,
  isStoreError,
  type DenialRecord,
  type EventId,
  type StoreTransaction,
  type UserEngineStore,
} from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { settle } from './estates.ts'
import { appendAll, claimAll, eventsOf, stream } from './outbox-events.ts'
import { answers, READS } from './scope-reads.ts'

const FIRST = { after: null, limit: 500 } as const

function unitOf(ctx: CaseContext) {
  const user = ctx.make.user()
  return {
    user,
    audit: ctx.make.auditRecord({ target: { kind: 'user', id: user.id } }),
    event: ctx.make.event('user', user),
    key: ctx.make.idempotencyRecord(),
  }
}

type Reader = (
  tx: StoreTransaction,
  after: string | null,
) => Promise<{ readonly ids: readonly string[]; readonly next: string | null }>

/** The ids of all users, audit records and events of the directory. */
async function inventory(ctx: CaseContext, store: UserEngineStore): Promise<Set<string>> {
  const found = new Set<string>()
  const readers: Readonly<Record<string, Reader>> = {
    users: async (tx, after) => {
      const { items, next } = await tx.users.list({ after: after as never, limit: 500 })
      return { ids: items.map(({ id }) => id), next }
    },
    audit: async (tx, after) => {
      const query = { scopeId: DIRECTORY, targetId: null, after: after as never, limit: 500 }
      const { items, next } = await tx.audit.timeline(query)
      return { ids: items.map(({ record }) => record.id), next }
    },
    events: async (tx, after) => {
      const { items, next } = await tx.outbox.pending({ after: after as never, limit: 500 })
      return { ids: items.map(({ event }) => event.id), next }
    },
  }
  for (const read of Object.values(readers)) {
    let after: string | null = null
    do {
      const from: string | null = after
      const page: Awaited<ReturnType<Reader>> = await ctx.commit(
        directoryScope(),
        (tx) => read(tx, from),
        store,
      )
      for (const id of page.ids) found.add(id)
      after = page.next
    } while (after !== null)
  }
  return found
}

/** Reads when the backend is there again. */
async function afterwards<Result>(read: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await read()
    } catch (error) {
      if (attempt >= 50 || !isStoreError(error) || !error.retryable) throw error
    }
  }
}

export const crashes: readonly Case[] = [
  {
    id: 'UE-TRANSACTION-012/under-load',
    title:
      'Writers are at work when the backend is killed: what had resolved is there, the rest as a whole or not at all',
    preconditions: ['some had resolved', 'one was under way'],
    async run(ctx) {
      const units: ReturnType<typeof unitOf>[] = []
      const resolved = new Set<string>()
      let killed = false
      const underWay = Promise.withResolvers<void>()
      const crashed = Promise.withResolvers<void>()
      await ctx.race(5, async (index, meet) => {
        await meet()
        if (index === 4) {
          while (resolved.size < 20) await new Promise(setImmediate)
          await underWay.promise
          killed = true
          await ctx.faults.crash()
          crashed.resolve()
          return
        }
        if (index === 3) {
          while (resolved.size < 20) await new Promise(setImmediate)
          const open = unitOf(ctx)
          units.push(open)
          const error = await ctx.store
            .transaction(directoryScope(), async (tx) => {
              await tx.users.insert(open.user)
              await tx.users.list(FIRST)
              underWay.resolve()
              await crashed.promise
              await tx.audit.append(open.audit)
            })
            .then(
              () => null,
              (failure: unknown) => failure,
            )
          // Also where it failed before it was open: the kill must not wait for it.
          underWay.resolve()
          ctx.precondition('one was under way', error !== null)
          return
        }
        while (!killed) {
          const unit = unitOf(ctx)
          units.push(unit)
          const error = await ctx.store
            .transaction(directoryScope(), async (tx) => {
              await tx.idempotency.insert(unit.key, 3_600_000)
              await tx.users.insert(unit.user)
              await tx.audit.append(unit.audit)
              await tx.outbox.append(unit.event)
            })
            .then(
              () => null,
              (failure: unknown) => failure,
            )
          if (error === null) resolved.add(unit.user.id)
          // A store may refuse at once while its backend is down: the crash and the clock need their turn as well.
          else await new Promise(setImmediate)
        }
      })
      ctx.precondition('some had resolved', resolved.size >= 20)
      const second = await ctx.second()
      const found = await afterwards(() => inventory(ctx, second))
      for (const { user, audit, event, key } of units) {
        const record = await ctx.commit(directoryScope(), (tx) => tx.idempotency.find(key), second)
        const parts = [...[user.id, audit.id, event.id].map((id) => found.has(id)), record !== null]
        ctx.equal('UE-TRANSACTION-012', new Set(parts).size, 1, 'user, audit record, event and key, alike')
        if (resolved.has(user.id))
          ctx.must('UE-TRANSACTION-012', record !== null, 'what had resolved is there')
      }
    },
  },
  {
    id: 'UE-TRANSACTION-012/every-read',
    title: 'After the backend was killed each read answers what it did before',
    preconditions: ['each read found something'],
    async run(ctx) {
      const estate = await settle(ctx)
      const before = await answers(ctx, ctx.store, estate)
      ctx.precondition('each read found something', !before.includes(null))
      await ctx.faults.crash()
      const second = await ctx.second()
      const after = await afterwards(() => answers(ctx, second, estate))
      for (const [index, { name }] of READS.entries())
        ctx.equal('UE-TRANSACTION-012', after[index], before[index], `after the crash: ${name}`)
    },
  },
  {
    id: 'UE-DENIAL-006/killed',
    title:
      'Denials whose append resolved are there after the backend was killed, also of a transaction that was open',
    preconditions: ['the transaction around them was cut off'],
    async run(ctx) {
      const kept: DenialRecord[] = []
      const cut = await ctx.store
        .transaction(directoryScope(), async (tx) => {
          await tx.users.insert(ctx.make.user())
          await tx.users.list(FIRST)
          for (let index = 0; index < 10; index += 1) {
            const denial = ctx.make.denial()
            await ctx.store.denials.append(denial)
            kept.push(denial)
          }
          await ctx.faults.crash()
          await tx.users.list(FIRST)
        })
        .then(
          () => null,
          (error: unknown) => error,
        )
      ctx.precondition('the transaction around them was cut off', isStoreError(cut))
      const second = await ctx.second()
      const query = { ...FIRST, scopeId: DIRECTORY, targetId: null }
      const page = await afterwards(() =>
        ctx.commit(directoryScope(), (tx) => tx.audit.timeline(query), second),
      )
      const found = page.items.map(({ record }) => record)
      ctx.equal('UE-DENIAL-006', found, kept, 'denials after the crash')
    },
  },
  {
    id: 'UE-OUTBOX-021/killed',
    title: 'After a crash what was acknowledged does not come again, and everything else does',
    preconditions: ['there are acknowledged, leased and waiting events'],
    async run(ctx) {
      const events = Array.from({ length: 12 }, () => stream(ctx, 1)).flat()
      await appendAll(ctx, events)
      const { token, events: claimed } = await ctx.store.outbox.claim({ limit: 8, leaseMs: 2_000, ack: null })
      const acked: EventId[] = claimed.slice(0, 4).map(({ event }) => event.id)
      await ctx.store.outbox.ack({ token, eventIds: acked })
      const state = await ctx.store.outbox.state()
      const mixed = state.leased === 4 && state.pending === 4
      ctx.precondition('there are acknowledged, leased and waiting events', mixed && acked.length === 4)
      await ctx.faults.crash()
      await afterwards(() => ctx.store.outbox.state())
      await ctx.elapse(2_100)
      const left = events.filter(({ id }) => !acked.includes(id))
      const second = await ctx.second()
      const again = eventsOf(await afterwards(() => claimAll(ctx, second)))
      ctx.equal('UE-OUTBOX-021', again, left, 'what is claimed after the crash')
    },
  },
]
