import { DIRECTORY, directoryScope, type StoreTransaction } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'

const FIRST = { after: null, limit: 100 } as const
const DEPTHS = [1, 2, 3, 4] as const
/** How many are inside of each other, and which one fails; at last deeper than anybody counts by hand. */
const FAILURES: readonly (readonly [depth: number, failing: number])[] = [
  ...DEPTHS.flatMap((depth) =>
    DEPTHS.filter((failing) => failing <= depth).map((failing) => [depth, failing] as const),
  ),
  [12, 11],
]

/** What one level writes: the domain, and all that commits with it. */
function unitOf(ctx: CaseContext) {
  const user = ctx.make.user()
  return {
    user,
    audit: ctx.make.auditRecord({ target: { kind: 'user', id: user.id } }),
    event: ctx.make.event('user', user),
    key: ctx.make.idempotencyRecord(),
  }
}
type Unit = ReturnType<typeof unitOf>

async function write(ctx: CaseContext, tx: StoreTransaction): Promise<Unit> {
  const unit = unitOf(ctx)
  await tx.idempotency.insert(unit.key, 60_000)
  await tx.users.insert(unit.user)
  await tx.audit.append(unit.audit)
  await tx.outbox.append(unit.event)
  return unit
}

/** What is there, through the given reads, as ids in order of making. */
async function read(tx: StoreTransaction, all: readonly Unit[]) {
  const users = await tx.users.list(FIRST)
  const timeline = await tx.audit.timeline({ ...FIRST, scopeId: DIRECTORY, targetId: null })
  const pending = await tx.outbox.pending(FIRST)
  const keys = []
  for (const { key } of all) keys.push((await tx.idempotency.find(key))?.commandId ?? null)
  return {
    users: users.items.map(({ id }) => id),
    audit: timeline.items.map(({ record }) => record.id),
    events: pending.items.map(({ event }) => event.id),
    keys: keys.filter((key) => key !== null),
  }
}

const idsOf = (units: readonly Unit[]) => ({
  users: units.map(({ user }) => user.id),
  audit: units.map(({ audit }) => audit.id),
  events: units.map(({ event }) => event.id),
  keys: units.map(({ key }) => key.commandId),
})

/** Judges what is kept by another handle, each part under the requirement that promises it. */
async function expectKept(ctx: CaseContext, all: readonly Unit[], kept: readonly Unit[]): Promise<void> {
  const found = await ctx.commit(directoryScope(), (tx) => read(tx, all), await ctx.second())
  const expected = idsOf(kept)
  ctx.equal('UE-TRANSACTION-002', found.users, expected.users, 'kept users')
  ctx.equal('UE-AUDIT-002', found.audit, expected.audit, 'kept audit records')
  ctx.equal('UE-OUTBOX-002', found.events, expected.events, 'kept events')
  ctx.equal('UE-TRANSACTION-002', found.keys, expected.keys, 'kept idempotency records')
  const { events } = await ctx.store.outbox.claim({ limit: 100, leaseMs: 60_000, ack: null })
  ctx.equal(
    'UE-OUTBOX-002',
    events.map(({ event }) => event.id).toSorted(),
    expected.events,
    'delivered events',
  )
}

/**
 * Levels inside of each other, down to `depth`. Each writes before and after what is inside of it; the one at `failing`
 * throws at its end, and the level around it catches that.
 */
async function descend(ctx: CaseContext, depth: number, failing: number) {
  const refusal = new Error('the nested work changes its mind')
  return ctx.commit(directoryScope(), async (root) => {
    const all: Unit[] = []
    const add = async (tx: StoreTransaction) => {
      const unit = await write(ctx, tx)
      all.push(unit)
      return unit
    }
    async function work(tx: StoreTransaction, level: number): Promise<Unit[]> {
      const before = await add(tx)
      const inner: Unit[] = []
      if (level < depth) {
        await tx
          .nested((nested) => work(nested, level + 1))
          .then((units) => inner.push(...units))
          .catch((error: unknown) => {
            if (error !== refusal) throw error
          })
      }
      const kept = [before, ...inner, await add(tx)]
      if (level !== failing) return kept
      const own = await tx.users.find(before.user.id)
      ctx.precondition('what is undone had been written', own !== null)
      throw refusal
    }
    const kept = await work(root, 0)
    const found = await read(root, all)
    return { all, kept, found }
  })
}

/** Levels inside of each other; each catches a unique violation that is provoked in a nested one of its own. */
async function violate(ctx: CaseContext, depth: number) {
  return ctx.commit(directoryScope(), async (root) => {
    const all: Unit[] = []
    const kept: Unit[] = []
    const add = async (tx: StoreTransaction) => {
      const unit = await write(ctx, tx)
      all.push(unit)
      return unit
    }
    async function work(tx: StoreTransaction, level: number): Promise<void> {
      const before = await add(tx)
      kept.push(before)
      const own = await tx.users.find(before.user.id)
      ctx.equal('UE-TRANSACTION-004', own, before.user, `the user of level ${level}`)
      await ctx.rejects(
        'UE-TRANSACTION-003',
        () =>
          tx.nested(async (nested) => {
            await add(nested)
            await nested.users.insert(ctx.make.user({ id: before.user.id }))
          }),
        { code: 'CONFLICT', details: { constraint: 'user_id' } },
        `the violation at depth ${level + 1}`,
      )
      const found = await read(tx, all)
      ctx.equal('UE-TRANSACTION-003', found, idsOf(kept), `what level ${level} reads after the violation`)
      if (level + 1 < depth) await tx.nested((nested) => work(nested, level + 1))
      kept.push(await add(tx))
    }
    await work(root, 0)
    return { all, kept }
  })
}

export const nesting: readonly Case[] = [
  ...FAILURES.map(([depth, failing]): Case => ({
    id: `UE-TRANSACTION-002/depth-${depth}-fails-at-${failing}`,
    title: `Of ${depth} transactions inside of each other number ${failing} fails: it and what is inside of it is undone`,
    also: ['UE-AUDIT-002', 'UE-OUTBOX-002', 'UE-TRANSACTION-004'],
    preconditions: ['what is undone had been written'],
    async run(ctx) {
      const { all, kept, found } = await descend(ctx, depth, failing)
      ctx.equal('UE-TRANSACTION-004', found, idsOf(kept), 'what the outermost one reads before it commits')
      await expectKept(ctx, all, kept)
    },
  })),
  ...DEPTHS.map((depth): Case => ({
    id: `UE-TRANSACTION-003/violations-to-depth-${depth}`,
    title: `A unique violation is caught at each of ${depth} levels, and each goes on, up to the commit`,
    also: ['UE-TRANSACTION-002', 'UE-TRANSACTION-004', 'UE-AUDIT-002', 'UE-OUTBOX-002'],
    async run(ctx) {
      const { all, kept } = await violate(ctx, depth)
      await expectKept(ctx, all, kept)
    },
  })),
  {
    id: 'UE-TRANSACTION-002/siblings',
    title:
      'Of ten nested transactions one after the other, each second one fails, and exactly those are undone',
    also: ['UE-AUDIT-002', 'UE-OUTBOX-002'],
    async run(ctx) {
      const refusal = new Error('the nested work changes its mind')
      const { all, kept } = await ctx.commit(directoryScope(), async (tx) => {
        const all: Unit[] = []
        const kept: Unit[] = []
        for (let index = 0; index < 10; index += 1) {
          await tx
            .nested(async (nested) => {
              const unit = await write(ctx, nested)
              all.push(unit)
              if (index % 2 === 1) throw refusal
              kept.push(unit)
            })
            .catch((error: unknown) => {
              if (error !== refusal) throw error
            })
        }
        return { all, kept }
      })
      await expectKept(ctx, all, kept)
    },
  },
  {
    id: 'UE-TRANSACTION-002/root-fails',
    title: 'When the outermost transaction fails, what nested ones had settled is undone too',
    also: ['UE-AUDIT-002', 'UE-OUTBOX-002'],
    preconditions: ['the nested transaction had settled'],
    async run(ctx) {
      const refusal = new Error('the work changes its mind')
      const all: Unit[] = []
      await ctx
        .commit(directoryScope(), async (tx) => {
          await tx.nested((nested) => nested.nested(async (deep) => all.push(await write(ctx, deep))))
          const { users } = await tx.recordCounts()
          ctx.precondition('the nested transaction had settled', users === 1)
          throw refusal
        })
        .catch((error: unknown) => {
          if (error !== refusal) throw error
        })
      await expectKept(ctx, all, [])
    },
  },
  {
    id: 'UE-TRANSACTION-002/taken-and-freed',
    title: 'A unique value that a nested transaction took is free again when it has failed',
    also: ['UE-TRANSACTION-003'],
    preconditions: ['the value was taken inside'],
    async run(ctx) {
      const refusal = new Error('the nested work changes its mind')
      const second = await ctx.commit(directoryScope(), async (tx) => {
        const first = ctx.make.tenant()
        await tx
          .nested(async (nested) => {
            await nested.tenants.insert(first)
            const own = await nested.tenants.find(first.id)
            ctx.precondition('the value was taken inside', own?.externalRef === first.externalRef)
            throw refusal
          })
          .catch((error: unknown) => {
            if (error !== refusal) throw error
          })
        const again = ctx.make.tenant({ externalRef: first.externalRef })
        await tx.tenants.insert(again)
        return again
      })
      const page = await ctx.commit(directoryScope(), (tx) => tx.tenants.list(FIRST))
      ctx.equal('UE-TRANSACTION-002', page.items, [second], 'tenants')
      ctx.must('UE-TRANSACTION-003', page.next === null, 'the outer transaction committed')
    },
  },
  {
    id: 'UE-TRANSACTION-002/update-undone',
    title: 'An update in a nested transaction that fails leaves the version that the outer one wrote',
    also: ['UE-TRANSACTION-003', 'UE-TRANSACTION-004'],
    preconditions: ['the nested update was read back'],
    async run(ctx) {
      const refusal = new Error('the nested work changes its mind')
      const { user } = await ctx.seed()
      const outer = ctx.make.next(user, { state: 'suspended' })
      const inner = ctx.make.next(outer, { state: 'active' })
      const last = ctx.make.next(outer, { kind: 'service' })
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.users.update(outer)
        await tx
          .nested(async (nested) => {
            await nested.users.update(inner)
            const page = await nested.users.list(FIRST)
            ctx.precondition('the nested update was read back', page.items[0]?.version === 3)
            throw refusal
          })
          .catch((error: unknown) => {
            if (error !== refusal) throw error
          })
        ctx.equal(
          'UE-TRANSACTION-004',
          await tx.users.find(user.id),
          outer,
          'the user after the nested failure',
        )
        await tx.users.update(last)
      })
      const kept = await ctx.commit(directoryScope(), (tx) => tx.users.find(user.id))
      ctx.equal('UE-TRANSACTION-002', kept, last, 'the user that is kept')
      ctx.equal('UE-TRANSACTION-003', kept?.version, 3, 'the version that is kept')
    },
  },
]
