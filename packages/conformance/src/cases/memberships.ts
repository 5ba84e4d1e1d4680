import { directoryScope, tenantScope, type StoreTransaction } from '@user-engine/store'

import type { Case } from '../case.ts'
import { asking, BOTH_FORMS } from './sign-in.ts'

export const memberships: readonly Case[] = [
  {
    id: 'UE-MEMBERSHIP-001/removed',
    title: 'A membership that was removed keeps its place',
    async run(ctx) {
      const { tenant, group, tenantAccount, membership } = await ctx.seed()
      const scope = tenantScope(tenant.id)
      const removed = ctx.make.next(membership, { state: 'removed' })
      await ctx.commit(scope, (tx) => tx.memberships.update(removed))
      const again = ctx.make.membership({
        scopeId: tenant.id,
        groupId: group.id,
        tenantAccountId: tenantAccount.id,
      })
      await ctx.rejects(
        'UE-MEMBERSHIP-001',
        () => ctx.commit(scope, (tx) => tx.memberships.insert(again)),
        { code: 'CONFLICT', details: { constraint: 'membership_member' } },
        'a second membership beside a removed one',
      )
      const found = await ctx.commit(scope, (tx) => tx.memberships.findByMember(group.id, tenantAccount.id))
      ctx.equal('UE-MEMBERSHIP-001', found, removed, 'the membership of the account in the group')
    },
  },
  {
    id: 'UE-MEMBERSHIP-002/absent',
    title:
      'A membership of a group or an account that is absent, or another tenant’s, is refused, new or moved there',
    async run(ctx) {
      const [one, other] = [await ctx.seed(), await ctx.seed()]
      const scopeId = one.tenant.id
      const named = [
        ['an absent group', ctx.make.group({ scopeId }).id, one.tenantAccount.id],
        ['a group of another tenant', other.group.id, one.tenantAccount.id],
        ['an absent account', one.group.id, ctx.make.tenantAccount({ scopeId, userId: one.user.id }).id],
        ['an account of another tenant', one.group.id, other.tenantAccount.id],
      ] as const
      for (const [what, groupId, tenantAccountId] of named) {
        const inserted = ctx.make.membership({ scopeId, groupId, tenantAccountId })
        const moved = ctx.make.next(one.membership, { groupId, tenantAccountId })
        for (const [how, write] of [
          ['', (tx: StoreTransaction) => tx.memberships.insert(inserted)],
          [', moved', (tx: StoreTransaction) => tx.memberships.update(moved)],
        ] as const) {
          await ctx.rejects(
            'UE-MEMBERSHIP-002',
            () => ctx.commit(tenantScope(scopeId), write),
            { code: 'CONFLICT', details: { constraint: 'reference' } },
            `a membership of ${what}${how}`,
          )
        }
      }
    },
  },
  {
    id: 'UE-MEMBERSHIP-003/states',
    title: 'A sign-in reads active and suspended memberships and groups, and none that was removed',
    async run(ctx) {
      const { tenant, identity, tenantAccount, group, membership } = await ctx.seed()
      const member = { scopeId: tenant.id, tenantAccountId: tenantAccount.id }
      const states = ['active', 'suspended', 'removed'] as const
      const made = states.flatMap((groupState) =>
        states.map((state) => {
          const its = ctx.make.group({ scopeId: tenant.id, state: groupState })
          return { membership: ctx.make.membership({ ...member, groupId: its.id, state }), group: its }
        }),
      )
      await ctx.commit(tenantScope(tenant.id), async (tx) => {
        for (const each of made) {
          await tx.groups.insert(each.group)
          await tx.memberships.insert(each.membership)
        }
      })
      const left = [{ membership, group }, ...made].filter(
        (each) => each.membership.state !== 'removed' && each.group.state !== 'removed',
      )
      for (const [form, withProfile] of BOTH_FORMS) {
        const answer = await ctx.commit(directoryScope(tenant.id), (tx) =>
          tx.externalIdentities.resolve(asking(identity, withProfile)),
        )
        ctx.equal('UE-MEMBERSHIP-003', answer.memberships, left, `the memberships of the sign-in ${form}`)
      }
      const alone = await ctx.commit(directoryScope(), (tx) =>
        tx.externalIdentities.resolve(asking(identity)),
      )
      ctx.equal('UE-MEMBERSHIP-003', alone.memberships, [], 'the memberships without a tenant')
    },
  },
  {
    id: 'UE-MEMBERSHIP-003/many',
    title: 'A sign-in reads more memberships than a page of a list may have',
    budget: 'smoke',
    async run(ctx) {
      const { tenant, identity, tenantAccount, membership } = await ctx.seed()
      const scopeId = tenant.id
      const groups = Array.from({ length: 500 }, () => ctx.make.group({ scopeId }))
      // By id they are in another order than their groups, and than they are inserted in.
      const made = groups
        .toReversed()
        .map(({ id }) => ctx.make.membership({ scopeId, groupId: id, tenantAccountId: tenantAccount.id }))
      await ctx.commit(tenantScope(scopeId), async (tx) => {
        for (const group of groups) await tx.groups.insert(group)
        for (const each of made.toReversed()) await tx.memberships.insert(each)
      })
      const expected = [membership, ...made].map(({ id }) => id)
      for (const [form, withProfile] of BOTH_FORMS) {
        const answer = await ctx.commit(directoryScope(scopeId), (tx) =>
          tx.externalIdentities.resolve(asking(identity, withProfile)),
        )
        const found = answer.memberships.map((each) => each.membership.id)
        ctx.equal('UE-MEMBERSHIP-003', found, expected, `the memberships of the sign-in ${form}`)
      }
    },
  },
]
