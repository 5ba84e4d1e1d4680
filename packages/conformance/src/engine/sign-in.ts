import type { Case, CaseContext } from '../case.ts'
import { counts, createWorld, growth, outcomeOf, type World } from './world.ts'

type SignIn = Awaited<ReturnType<World['tenant']['resolveOrProvision']>>

/** Shows that all were answered the same user, and that one of them made it. */
function expectOne(ctx: CaseContext, answers: readonly (SignIn | string)[], made: number): void {
  const users = answers.map((each) =>
    typeof each === 'string'
      ? each
      : each.outcome === 'active'
        ? each.user.id
        : `${each.level} ${each.reason}`,
  )
  const different = users.filter((each) => each !== users[0])
  ctx.equal('UE-ENGINE-006', different, [], `answers that differ from ${users[0]}`)
  ctx.must(
    'UE-ENGINE-006',
    typeof answers[0] !== 'string' && answers[0]?.outcome === 'active',
    `all were answered ${users[0]}`,
  )
  const makers = answers.filter((each) => typeof each !== 'string' && each.provisioned).length
  ctx.equal('UE-ENGINE-006', makers, made, 'callers who were told that they made something')
}

export const signIn: readonly Case[] = [
  {
    id: 'UE-ENGINE-006/new-user',
    title: 'Sixteen first sign-ins of one identity at once, by two processes, make one user',
    async run(ctx) {
      const world = await createWorld(ctx)
      const desks = [world, world.on(await ctx.second())]
      const identity = world.identity()
      const before = await counts(ctx, world)
      const answers: (SignIn | string)[] = []
      await ctx.race(16, async (index, meet) => {
        await meet()
        const tenant = desks[index % 2]?.tenant ?? world.tenant
        const { answer, code } = await outcomeOf(tenant.resolveOrProvision(identity))
        answers[index] = answer ?? code ?? ''
      })
      expectOne(ctx, answers, 1)
      ctx.equal(
        'UE-ENGINE-006',
        growth(await counts(ctx, world), before),
        {
          users: 1,
          accounts: 1,
          externalIdentities: 1,
          tenantAccounts: 1,
          auditRecords: 1,
          pendingEvents: 4,
          idempotencyRecords: 1,
        },
        'rows that were added',
      )
    },
  },
  {
    id: 'UE-ENGINE-006/known-user',
    title: 'Sixteen first sign-ins of a known user to another tenant at once make one account there',
    async run(ctx) {
      const world = await createWorld(ctx)
      const desks = [world, world.on(await ctx.second())]
      const { identity, userId } = await world.provision()
      const answers: (SignIn | string)[] = []
      await ctx.race(16, async (index, meet) => {
        await meet()
        const other = desks[index % 2]?.other ?? world.other
        const { answer, code } = await outcomeOf(other.resolveOrProvision(identity))
        answers[index] = answer ?? code ?? ''
      })
      expectOne(ctx, answers, 1)
      const { items } = await world.other.listTenantAccounts()
      ctx.equal(
        'UE-ENGINE-006',
        items.map((each) => each.userId),
        [userId],
        'accounts in the other tenant',
      )
    },
  },
  {
    id: 'UE-ENGINE-006/composed',
    title: 'First sign-ins inside of compositions: all get one user, and each keeps the rest of its work',
    async run(ctx) {
      const world = await createWorld(ctx)
      const identity = world.identity()
      const before = await counts(ctx, world)
      const answers: (SignIn | string)[] = []
      const count = 6
      await ctx.race(count, async (index, meet) => {
        const composed = world.tenant.transaction(async (unit) => {
          await unit.registerTenant({})
          await meet()
          return unit.resolveOrProvision(identity)
        })
        const { answer, code } = await outcomeOf(composed)
        answers[index] = answer ?? code ?? ''
      })
      expectOne(ctx, answers, 1)
      const { users, tenants } = growth(await counts(ctx, world), before)
      ctx.equal('UE-ENGINE-006', { users, tenants }, { users: 1, tenants: count }, 'rows that were added')
    },
  },
  {
    id: 'UE-ENGINE-009/levels',
    title: 'Each level refuses by itself, and the first that refuses is named',
    preconditions: ['the sign-in is allowed at first'],
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId, identityId, tenantAccountId, identity } = await world.provision()
      const answer = async () => {
        const found = await world.tenant.resolveIdentity(identity)
        return found.outcome === 'active' ? 'active' : `${found.level} ${found.reason}`
      }
      ctx.precondition('the sign-in is allowed at first', (await answer()) === 'active')
      const { tenantId } = world
      const levels: readonly (readonly [string, () => Promise<unknown>, (() => Promise<unknown>) | null])[] =
        [
          [
            'tenant_account suspended',
            () => world.tenant.suspendTenantAccount({ tenantAccountId }),
            () => world.tenant.reactivateTenantAccount({ tenantAccountId }),
          ],
          [
            'tenant suspended',
            () => world.directory.suspendTenant({ tenantId }),
            () => world.directory.reactivateTenant({ tenantId }),
          ],
          [
            'account disabled',
            () => world.directory.disableAccount({ userId }),
            () => world.directory.enableAccount({ userId }),
          ],
          [
            'user suspended',
            () => world.directory.suspendUser({ userId }),
            () => world.directory.reactivateUser({ userId }),
          ],
          [
            'identity unknown',
            () => world.directory.unlinkIdentity({ userId, identityId, allowLast: true }),
            null,
          ],
        ]
      for (const [expected, refuse, allow] of levels) {
        if (allow === null) continue
        await refuse()
        ctx.equal('UE-ENGINE-009', await answer(), expected, 'the sign-in with this level alone')
        await allow()
        ctx.equal('UE-ENGINE-009', await answer(), 'active', 'the sign-in afterwards')
      }
      for (const [expected, refuse] of levels) {
        await refuse()
        ctx.equal('UE-ENGINE-009', await answer(), expected, 'the sign-in, with all levels before')
      }
    },
  },
  {
    id: 'UE-ENGINE-009/elsewhere',
    title: 'A known user is refused in a tenant where the user has no account, and in one that is not there',
    async run(ctx) {
      const world = await createWorld(ctx)
      const { identity, userId } = await world.provision()
      const nowhere = world.engine.as({ actor: { kind: 'service', id: 'conformance' }, tenantId: userId })
      for (const [session, level] of [
        [world.other, 'tenant_account'],
        [nowhere, 'tenant'],
      ] as const) {
        const expected = { outcome: 'refused', level, reason: 'unknown', userId }
        ctx.equal('UE-ENGINE-009', await session.resolveIdentity(identity), expected, 'the sign-in')
      }
    },
  },
]
