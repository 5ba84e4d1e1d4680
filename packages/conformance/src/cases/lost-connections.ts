import { directoryScope, isStoreError, tenantScope, type StoreErrorCode } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'
import { appendAll, claimAll, stream } from './outbox-events.ts'

const FIRST = { after: null, limit: 100 } as const
const LOST: readonly StoreErrorCode[] = ['UNAVAILABLE', 'TIMEOUT', 'UNKNOWN_OUTCOME']

export const outcomeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error,
  )

/** The outcome, when it is another one than that it collided. */
async function uncollided(work: () => Promise<unknown>): Promise<unknown> {
  for (let attempt = 0; ; attempt += 1) {
    const error = await outcomeOf(work())
    if (attempt === 30 || !isStoreError(error, 'SERIALIZATION')) return error
  }
}

function expectLost(ctx: CaseContext, id: RequirementId, error: unknown, what: string, codes = LOST): void {
  ctx.must(id, isStoreError(error) && codes.includes(error.code), `${what} was answered ${ctx.show(error)}`)
}

/** Tries until it succeeds, for a while: what has to come back by itself may take a moment. */
export async function comesBack(
  ctx: CaseContext,
  id: RequirementId,
  work: () => Promise<unknown>,
  what: string,
): Promise<void> {
  let error: unknown = null
  for (let attempt = 0; attempt < 40; attempt += 1) {
    error = await ctx.answers(id, outcomeOf(work()), what)
    if (error === null) break
    await ctx.pending(new Promise(() => undefined))
  }
  ctx.must(id, error === null, `${what}, at last: ${ctx.show(error)}`)
}

export const lostConnections: readonly Case[] = [
  {
    id: 'UE-ERROR-006/open',
    title:
      'When all connections end, an open transaction fails and keeps nothing, and the next one sees its own scope',
    also: ['UE-ERROR-003', 'UE-TENANT-010'],
    preconditions: ['the transaction had written'],
    async run(ctx) {
      const [{ tenant, tenantAccount }, other] = [await ctx.seed(), await ctx.seed()]
      const added = ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id })
      const open = ctx.store.transaction(tenantScope(tenant.id), async (tx) => {
        await tx.tenantAccounts.insert(added)
        const { items } = await tx.tenantAccounts.list(FIRST)
        ctx.precondition('the transaction had written', items.length === 2)
        await ctx.faults.terminate()
        await tx.audit.append(ctx.make.auditRecord({ scopeId: tenant.id }))
        await tx.tenantAccounts.list(FIRST)
      })
      expectLost(
        ctx,
        'UE-ERROR-006',
        await ctx.answers('UE-ERROR-006', outcomeOf(open), 'an open transaction'),
        'it',
      )
      const next = () =>
        ctx.store.transaction(tenantScope(other.tenant.id), (tx) => tx.tenantAccounts.list(FIRST))
      await comesBack(ctx, 'UE-ERROR-006', next, 'the next transaction')
      for (const { tenant: one, tenantAccount: own } of [other, { tenant, tenantAccount }]) {
        for (let again = 0; again < 6; again += 1) {
          const page = await ctx.commit(tenantScope(one.id), (tx) => tx.tenantAccounts.list(FIRST))
          ctx.equal('UE-TENANT-010', page.items, [own], 'tenant accounts after the connections ended')
        }
      }
      const counts = await ctx.commit(tenantScope(tenant.id), (tx) => tx.recordCounts())
      ctx.equal('UE-ERROR-003', [counts.tenantAccounts, counts.auditRecords], [1, 0], 'what was kept')
    },
  },
  {
    id: 'UE-ERROR-006/idle',
    title: 'When all connections end while nothing is going on, the next of each kind of call succeeds',
    async run(ctx) {
      const { user } = await ctx.seed()
      await ctx.store.denials.append(ctx.make.denial())
      await ctx.store.outbox.state()
      await ctx.faults.terminate()
      const calls = {
        'a transaction': () => ctx.commit(directoryScope(), (tx) => tx.users.update(ctx.make.next(user))),
        'a denial': () => ctx.store.denials.append(ctx.make.denial()),
        'a claim': () => ctx.store.outbox.claim({ limit: 1, leaseMs: 60_000, ack: null }),
        'a schema version': () => ctx.store.schemaVersion(),
      }
      for (const [name, call] of Object.entries(calls)) {
        await comesBack(ctx, 'UE-ERROR-006', call, `${name} after the connections ended`)
      }
      ctx.equal('UE-ERROR-006', (await ctx.store.readiness()).status, 'ready', 'the status')
    },
  },
  {
    id: 'UE-DENIAL-001/connection-lost',
    title: 'A denial stays when the transaction around it loses its connection',
    profile: 'store-durable',
    needs: ['faults.terminate'],
    preconditions: ['the transaction failed'],
    async run(ctx) {
      const denial = ctx.make.denial()
      const failed = await outcomeOf(
        ctx.store.transaction(directoryScope(), async (tx) => {
          await tx.users.insert(ctx.make.user())
          await tx.users.list(FIRST)
          await ctx.store.denials.append(denial)
          await ctx.faults.terminate()
          await tx.users.list(FIRST)
        }),
      )
      ctx.precondition('the transaction failed', isStoreError(failed))
      const counts = await ctx.commit(directoryScope(), (tx) => tx.recordCounts(), await ctx.second())
      ctx.equal('UE-DENIAL-001', [counts.denials, counts.users], [1, 0], 'denials and users')
    },
  },
  {
    id: 'UE-ERROR-007/frozen',
    title:
      'While the backend is frozen calls fail in bounded time, and when it answers again so does the store',
    preconditions: ['it answered before'],
    async run(ctx) {
      const { user } = await ctx.seed()
      const write = () => ctx.store.transaction(directoryScope(), (tx) => tx.users.insert(ctx.make.user()))
      const before = await outcomeOf(write())
      ctx.precondition('it answered before', before === null || (isStoreError(before) && before.retryable))
      const restore = await ctx.faults.suspend()
      const calls = {
        'a write': write(),
        'a read': ctx.store.transaction(directoryScope(), (tx) => tx.users.list(FIRST)),
        'a nested write': ctx.store.transaction(directoryScope(), (tx) =>
          tx.nested((nested) => nested.users.update(ctx.make.next(user))),
        ),
        'a claim': ctx.store.outbox.claim({ limit: 1, leaseMs: 60_000, ack: null }),
        'a schema version': ctx.store.schemaVersion(),
      }
      const answers = Object.entries(calls).map(async ([name, call]) => {
        const error = await ctx.answers('UE-ERROR-007', outcomeOf(call), `${name} of a frozen backend`)
        expectLost(ctx, 'UE-ERROR-007', error, name)
      })
      await Promise.all(answers)
      await restore()
      await comesBack(ctx, 'UE-ERROR-007', write, 'a write when it answers again')
      await comesBack(ctx, 'UE-ERROR-007', () => ctx.store.outbox.state(), 'the outbox when it answers again')
    },
  },
  {
    id: 'UE-ERROR-008/demoted',
    title:
      'While the backend takes no writes each is refused and keeps nothing, and when it takes them again so does the store',
    also: ['UE-ERROR-003'],
    preconditions: ['it was ready', 'a transaction had written'],
    async run(ctx) {
      const { user } = await ctx.seed()
      const late = ctx.make.denial()
      await appendAll(ctx, stream(ctx, 1))
      ctx.precondition('it was ready', (await ctx.store.readiness()).status === 'ready')
      const [written, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const open = outcomeOf(
        ctx.store.transaction(directoryScope(), async (tx) => {
          await tx.users.insert(ctx.make.user())
          await tx.users.list(FIRST)
          written.resolve()
          await gate.promise
          await tx.audit.append(ctx.make.auditRecord())
        }),
      )
      await Promise.race([written.promise, open])
      ctx.precondition('a transaction had written', await ctx.pending(open))
      const restore = await ctx.faults.demote()
      gate.resolve()
      const writes = {
        'a transaction': () =>
          ctx.store.transaction(directoryScope(), (tx) => tx.users.insert(ctx.make.user())),
        'a nested one': () =>
          ctx.store.transaction(directoryScope(), (tx) =>
            tx.nested((nested) => nested.users.update(ctx.make.next(user))),
          ),
        'a denial': () => ctx.store.denials.append(ctx.make.denial()),
        'a claim': () => ctx.store.outbox.claim({ limit: 1, leaseMs: 60_000, ack: null }),
      }
      const ended = 'a transaction that was open when writes ended'
      // It may collide, too, which a store can say at any time.
      const told = await ctx.answers('UE-ERROR-008', open, ended)
      expectLost(ctx, 'UE-ERROR-008', told, ended, [...LOST, 'SERIALIZATION'])
      for (const [name, write] of Object.entries(writes)) {
        const what = `${name} while the backend takes no writes`
        expectLost(ctx, 'UE-ERROR-008', await ctx.answers('UE-ERROR-008', uncollided(write), what), what)
      }
      const { status } = await ctx.store.readiness()
      ctx.equal('UE-ERROR-008', status, 'not_ready', 'the status while the backend takes no writes')
      await restore()
      const suspended = ctx.make.next(user, { state: 'suspended' })
      const write = () => ctx.store.transaction(directoryScope(), (tx) => tx.users.update(suspended))
      await comesBack(ctx, 'UE-ERROR-008', write, 'a write when it is taken again')
      await comesBack(
        ctx,
        'UE-ERROR-008',
        () => ctx.store.denials.append(late),
        'a denial when it is taken again',
      )
      const { status: after } = await ctx.store.readiness()
      ctx.equal('UE-ERROR-008', after, 'ready', 'the status when writes are taken again')
      const { users, auditRecords, denials } = await ctx.commit(
        directoryScope(),
        (tx) => tx.recordCounts(),
        await ctx.second(),
      )
      const kept = { users, auditRecords, denials }
      ctx.equal('UE-ERROR-003', kept, { users: 1, auditRecords: 0, denials: 1 }, 'what was kept')
      let claimed = 0
      const claim = async () => {
        claimed = (await claimAll(ctx)).events.length
      }
      await comesBack(ctx, 'UE-ERROR-008', claim, 'a claim when it is taken again')
      ctx.equal('UE-ERROR-003', claimed, 1, 'events that can be claimed')
    },
  },
  {
    id: 'UE-DENIAL-005/frozen',
    title:
      'While the backend is frozen a denial fails in bounded time, and those that wait are bounded in number',
    preconditions: ['a denial was kept before'],
    async run(ctx) {
      await ctx.store.denials.append(ctx.make.denial())
      const { denials } = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      ctx.precondition('a denial was kept before', denials === 1)
      const restore = await ctx.faults.suspend()
      const appending = Array.from({ length: 5_000 }, () =>
        outcomeOf(ctx.store.denials.append(ctx.make.denial())),
      )
      const outcomes = await ctx.answers(
        'UE-DENIAL-005',
        Promise.all(appending),
        'denials of a frozen backend',
      )
      for (const error of outcomes) {
        if (isStoreError(error) && (error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT')) continue
        ctx.must('UE-DENIAL-005', false, `a denial of a frozen backend was answered ${ctx.show(error)}`)
      }
      const refused = outcomes.filter(
        (error) =>
          isStoreError(error, 'UNAVAILABLE') &&
          'reason' in error.details &&
          error.details.reason === 'capacity',
      )
      ctx.must(
        'UE-DENIAL-005',
        refused.length > 0,
        `${refused.length} of ${outcomes.length} were told that there is no room`,
      )
      await restore()
      const late = ctx.make.denial()
      await comesBack(
        ctx,
        'UE-DENIAL-005',
        () => ctx.store.denials.append(late),
        'a denial when it answers again',
      )
    },
  },
]
