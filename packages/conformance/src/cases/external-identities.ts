import { DIRECTORY, directoryScope, tenantScope, type Scope } from '@user-engine/store'

import type { Case } from '../case.ts'
import { asking, BOTH_FORMS, partsOf } from './sign-in.ts'

const FIRST = { after: null, limit: 100 } as const
const NOTHING = { identity: null, user: null, account: null, tenant: null, tenantAccount: null }

export const externalIdentities: readonly Case[] = [
  {
    id: 'UE-IDENTITY-002/freed',
    title: 'Unlinking frees the subject for another user and keeps what was linked',
    preconditions: ['the identity was found as linked'],
    async run(ctx) {
      const { user, identity } = await ctx.seed()
      const find = () => ctx.commit(directoryScope(), (tx) => tx.externalIdentities.findLinked(identity))
      ctx.precondition('the identity was found as linked', (await find()) !== null)
      const unlinked = ctx.make.next(identity, { state: 'unlinked' })
      await ctx.commit(directoryScope(), (tx) => tx.externalIdentities.update(unlinked))
      ctx.equal('UE-IDENTITY-002', await find(), null, 'what is found as linked')
      for (const [form, withProfile] of BOTH_FORMS) {
        const signIn = await ctx.commit(directoryScope(), (tx) =>
          tx.externalIdentities.resolve(asking(identity, withProfile)),
        )
        ctx.equal('UE-IDENTITY-002', partsOf(signIn), NOTHING, `the sign-in ${form}`)
      }

      const other = ctx.make.user()
      const { issuer, subject } = identity
      const again = ctx.make.externalIdentity({ userId: other.id, issuer, subject })
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.users.insert(other)
        await tx.externalIdentities.insert(again)
      })
      ctx.equal('UE-IDENTITY-002', await find(), again, 'what is found as linked by the other user')
      const kept = await ctx.commit(directoryScope(), (tx) =>
        tx.externalIdentities.listByUser(user.id, FIRST),
      )
      ctx.equal('UE-IDENTITY-002', kept.items, [unlinked], 'the history of the first user')
      const back = ctx.make.next(unlinked, { state: 'linked' })
      await ctx.rejects(
        'UE-IDENTITY-002',
        () => ctx.commit(directoryScope(), (tx) => tx.externalIdentities.update(back)),
        { code: 'CONFLICT', details: { constraint: 'external_identity_subject' } },
        'linking it back while it is taken',
      )
    },
  },
  {
    id: 'UE-IDENTITY-002/moved-in-one-transaction',
    title: 'One transaction unlinks a subject and links it to another user, or back again',
    async run(ctx) {
      const { identity } = await ctx.seed()
      const other = ctx.make.user()
      const { issuer, subject } = identity
      const moved = ctx.make.externalIdentity({ userId: other.id, issuer, subject })
      const unlinked = ctx.make.next(identity, { state: 'unlinked' })
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.users.insert(other)
        await tx.externalIdentities.update(unlinked)
        await tx.externalIdentities.insert(moved)
      })
      const find = () => ctx.commit(directoryScope(), (tx) => tx.externalIdentities.findLinked(identity))
      ctx.equal('UE-IDENTITY-002', await find(), moved, 'the linked identity after the move')
      const back = ctx.make.next(unlinked, { state: 'linked' })
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.externalIdentities.update(ctx.make.next(moved, { state: 'unlinked' }))
        await tx.externalIdentities.update(back)
      })
      ctx.equal('UE-IDENTITY-002', await find(), back, 'the linked identity after it was moved back')
    },
  },
  {
    id: 'UE-IDENTITY-002/history',
    title: 'Any number of unlinked identities of one subject stay beside the linked one',
    async run(ctx) {
      const { user, identity } = await ctx.seed()
      const { issuer, subject } = identity
      const history = []
      let current = identity
      for (let turn = 0; turn < 3; turn += 1) {
        const unlinked = ctx.make.next(current, { state: 'unlinked' })
        const next = ctx.make.externalIdentity({ userId: user.id, issuer, subject })
        await ctx.commit(directoryScope(), async (tx) => {
          await tx.externalIdentities.update(unlinked)
          await tx.externalIdentities.insert(next)
        })
        history.push(unlinked)
        current = next
      }
      const { items } = await ctx.commit(directoryScope(), (tx) =>
        tx.externalIdentities.listByUser(user.id, FIRST),
      )
      ctx.equal('UE-IDENTITY-002', items, [...history, current], 'the identities of the user')
    },
  },
  {
    id: 'UE-IDENTITY-006/list',
    title: 'The identities of a user that the scope sees are listed in order of id, page by page',
    async run(ctx) {
      const { tenant, user, identity } = await ctx.seed()
      const others = await ctx.seed()
      const own = [1, 2, 3].map((turn) =>
        ctx.make.externalIdentity({
          scopeId: turn === 2 ? tenant.id : DIRECTORY,
          userId: user.id,
          state: turn === 3 ? 'unlinked' : 'linked',
        }),
      )
      await ctx.commit(directoryScope(tenant.id), async (tx) => {
        for (const one of own.toReversed()) await tx.externalIdentities.insert(one)
      })
      const list = (scope: Scope) =>
        ctx.commit(scope, (tx) => tx.externalIdentities.listByUser(user.id, FIRST))
      const expected = [identity, ...own]
      ctx.equal('UE-IDENTITY-006', (await list(directoryScope(tenant.id))).items, expected, 'in both scopes')
      const inDirectory = expected.filter(({ scopeId }) => scopeId === DIRECTORY)
      ctx.equal('UE-IDENTITY-006', (await list(directoryScope())).items, inDirectory, 'in the directory')
      const inTenant = expected.filter(({ scopeId }) => scopeId === tenant.id)
      ctx.equal('UE-IDENTITY-006', (await list(tenantScope(tenant.id))).items, inTenant, 'in the tenant')
      const theirs = await ctx.commit(directoryScope(), (tx) =>
        tx.externalIdentities.listByUser(others.user.id, FIRST),
      )
      ctx.equal('UE-IDENTITY-006', theirs.items, [others.identity], 'of another user')
    },
  },
]
