import { directoryScope, isStoreError, type StoreErrorCode, type StoreTransaction } from '@user-engine/store'

import type { Case, CaseContext, ExpectedError, Seed } from '../case.ts'

const FIRST = { after: null, limit: 100 } as const

/** Each way in which a transaction can conflict with what is committed already. */
interface Conflict {
  readonly name: string
  readonly expected: (seed: Seed) => ExpectedError
  provoke(ctx: CaseContext, tx: StoreTransaction, seed: Seed): Promise<void>
}

const CONFLICTS: readonly Conflict[] = [
  {
    name: 'unique',
    expected: () => ({ code: 'CONFLICT', details: { constraint: 'tenant_external_ref' } }),
    provoke: (ctx, tx, { tenant }) => tx.tenants.insert(ctx.make.tenant({ externalRef: tenant.externalRef })),
  },
  {
    name: 'reference',
    expected: () => ({ code: 'CONFLICT', details: { constraint: 'reference' } }),
    provoke: (ctx, tx) => tx.accounts.insert(ctx.make.account({ userId: ctx.make.user().id })),
  },
  {
    name: 'member',
    expected: () => ({ code: 'CONFLICT', details: { constraint: 'reference' } }),
    provoke: (ctx, tx, { tenant: { id: scopeId }, tenantAccount }) =>
      tx.memberships.insert(
        ctx.make.membership({
          scopeId,
          groupId: ctx.make.group({ scopeId }).id,
          tenantAccountId: tenantAccount.id,
        }),
      ),
  },
  {
    name: 'member-account',
    expected: () => ({ code: 'CONFLICT', details: { constraint: 'reference' } }),
    async provoke(ctx, tx, { tenant: { id: scopeId }, user: { id: userId } }) {
      const group = ctx.make.group({ scopeId })
      const tenantAccountId = ctx.make.tenantAccount({ scopeId, userId }).id
      await tx.groups.insert(group)
      await tx.memberships.insert(ctx.make.membership({ scopeId, groupId: group.id, tenantAccountId }))
    },
  },
  {
    name: 'version',
    expected: ({ user }) => ({ code: 'VERSION_CONFLICT', details: { kind: 'user', id: user.id } }),
    provoke: (ctx, tx, { user }) => tx.users.update(ctx.make.next(ctx.make.next(user))),
  },
  {
    name: 'guard',
    expected: ({ account }) => ({ code: 'VERSION_CONFLICT', details: { kind: 'account', id: account.id } }),
    provoke: (_ctx, tx, { account }) => tx.accounts.guard({ ...account, version: 2 }),
  },
  {
    name: 'guard-by-state',
    expected: ({ account }) => ({ code: 'VERSION_CONFLICT', details: { kind: 'account', id: account.id } }),
    provoke: (_ctx, tx, { account: { scopeId, id } }) =>
      tx.accounts.guardState({ scopeId, id, states: ['invited', 'disabled', 'closed'] }),
  },
]

const isConflict = (error: unknown) => {
  const codes: readonly StoreErrorCode[] = ['CONFLICT', 'VERSION_CONFLICT']
  return codes.some((code) => isStoreError(error, code))
}

/** Catches conflicts, and nothing else. Resolves with that, or with null. */
async function swallow(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call()
    return null
  } catch (error) {
    if (!isConflict(error)) throw error
    return error
  }
}

export const conflicts: readonly Case[] = CONFLICTS.flatMap(({ name, expected, provoke }): Case[] => [
  {
    id: `UE-TRANSACTION-006/${name}-in-nested`,
    title: `A conflict (${name}) of a nested transaction has surfaced when it settles, and the outer one commits`,
    also: ['UE-TRANSACTION-003'],
    async run(ctx) {
      const seed = await ctx.seed()
      const before = ctx.make.user()
      const after = ctx.make.user()
      await ctx.commit(directoryScope(seed.tenant.id), async (tx) => {
        await tx.users.insert(before)
        await ctx.rejects(
          'UE-TRANSACTION-006',
          () => tx.nested((nested) => provoke(ctx, nested, seed)),
          expected(seed),
          'the nested transaction',
        )
        await tx.users.insert(after)
      })
      const { items } = await ctx.commit(directoryScope(), (tx) => tx.users.list(FIRST))
      ctx.equal('UE-TRANSACTION-003', items, [seed.user, before, after], 'users')
    },
  },
  {
    id: `UE-TRANSACTION-006/${name}-at-the-end`,
    title: `A conflict (${name}) of the last call surfaces as such when the transaction settles`,
    async run(ctx) {
      const seed = await ctx.seed()
      await ctx.rejects(
        'UE-TRANSACTION-006',
        () => ctx.commit(directoryScope(seed.tenant.id), (tx) => provoke(ctx, tx, seed)),
        expected(seed),
        'the transaction',
      )
    },
  },
  {
    id: `UE-TRANSACTION-007/${name}-swallowed`,
    title: `A transaction that swallows its conflict (${name}) does not commit`,
    preconditions: ['the work resolved'],
    async run(ctx) {
      const seed = await ctx.seed()
      const user = ctx.make.user()
      let resolved = false
      await ctx.rejects(
        'UE-TRANSACTION-007',
        () =>
          ctx.commit(directoryScope(seed.tenant.id), async (tx) => {
            await tx.users.insert(user)
            const calls = [() => provoke(ctx, tx, seed), () => tx.tenants.list(FIRST)]
            let surfaced: unknown = null
            for (const call of [...calls, () => tx.users.find(seed.user.id), () => tx.recordCounts()]) {
              const error = await swallow(call)
              if (surfaced !== null) {
                ctx.must('UE-TRANSACTION-007', error === surfaced, `a later call: ${ctx.show(error)}`)
              }
              surfaced ??= error
            }
            await swallow(() => tx.audit.append(ctx.make.auditRecord()))
            resolved = true
          }),
        expected(seed),
        'the transaction whose work resolved',
      )
      ctx.precondition('the work resolved', resolved)
      const counts = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      ctx.equal('UE-TRANSACTION-007', [counts.users, counts.auditRecords], [1, 0], 'users and audit records')
    },
  },
  {
    id: `UE-TRANSACTION-007/${name}-swallowed-in-nested`,
    title: `A nested transaction that swallows its conflict (${name}) is undone, and the outer one commits`,
    also: ['UE-TRANSACTION-002'],
    preconditions: ['the nested work resolved'],
    async run(ctx) {
      const seed = await ctx.seed()
      const outside = ctx.make.user()
      let resolved = false
      await ctx.commit(directoryScope(seed.tenant.id), async (tx) => {
        await ctx.rejects(
          'UE-TRANSACTION-007',
          () =>
            tx.nested(async (nested) => {
              await nested.users.insert(ctx.make.user())
              await swallow(() => provoke(ctx, nested, seed))
              await swallow(() => nested.tenants.list(FIRST))
              resolved = true
            }),
          expected(seed),
          'the nested transaction whose work resolved',
        )
        await tx.users.insert(outside)
      })
      ctx.precondition('the nested work resolved', resolved)
      const { items } = await ctx.commit(directoryScope(), (tx) => tx.users.list(FIRST))
      ctx.equal('UE-TRANSACTION-002', items, [seed.user, outside], 'users')
    },
  },
  {
    id: `UE-TRANSACTION-006/${name}-not-awaited`,
    title: `A conflict (${name}) that shows in a read that nobody awaits is told when the (nested) transaction settles`,
    also: ['UE-TRANSACTION-002'],
    async run(ctx) {
      const seed = await ctx.seed()
      const outside = ctx.make.user()
      const conflict = async (tx: StoreTransaction) => {
        await tx.users.insert(ctx.make.user())
        await swallow(() => provoke(ctx, tx, seed))
        tx.users.list(FIRST).catch(() => undefined)
      }
      const scope = directoryScope(seed.tenant.id)
      const outermost = () => ctx.commit(scope, conflict)
      await ctx.rejects(
        'UE-TRANSACTION-006',
        outermost,
        expected(seed),
        'the transaction that awaited no read',
      )
      await ctx.commit(scope, async (tx) => {
        await tx.users.insert(outside)
        const nested = () => tx.nested(conflict)
        await ctx.rejects('UE-TRANSACTION-006', nested, expected(seed), 'the nested one that awaited no read')
      })
      const { items } = await ctx.commit(directoryScope(), (tx) => tx.users.list(FIRST))
      ctx.equal('UE-TRANSACTION-002', items, [seed.user, outside], 'users')
    },
  },
  {
    id: `UE-TRANSACTION-007/${name}-shows-in-nested`,
    title: `A conflict (${name}) of the outer one that shows in a nested one stays the outer one's, which does not commit`,
    preconditions: ['the work resolved'],
    async run(ctx) {
      const seed = await ctx.seed()
      let resolved = false
      await ctx.rejects(
        'UE-TRANSACTION-007',
        () =>
          ctx.commit(directoryScope(seed.tenant.id), async (tx) => {
            await tx.users.insert(ctx.make.user())
            const [own, inside] = [
              await swallow(() => provoke(ctx, tx, seed)),
              await swallow(() => tx.nested((nested) => nested.recordCounts())),
            ]
            const surfaced = own ?? inside
            for (const call of [() => tx.tenants.list(FIRST), () => tx.users.find(seed.user.id)]) {
              const error = await swallow(call)
              if (surfaced !== null)
                ctx.must('UE-TRANSACTION-007', error === surfaced, `a call after it: ${ctx.show(error)}`)
            }
            resolved = true
          }),
        expected(seed),
        'the outer one whose work resolved',
      )
      ctx.precondition('the work resolved', resolved)
      const { users } = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      ctx.equal('UE-TRANSACTION-007', users, 1, 'users')
    },
  },
])
