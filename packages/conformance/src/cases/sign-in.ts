import {
  directoryScope,
  tenantScope,
  type RecordKind,
  type Scope,
  type SignIn,
  type SignInQuery,
  type SubjectQuery,
} from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { NOUNS as MODEL } from '../model/nouns.ts'
import { NOUNS } from './nouns.ts'

const NOTHING = { identity: null, user: null, account: null, tenant: null, tenantAccount: null }

/** In the order of the nouns. */
const PARTS: readonly RecordKind[] = [
  'tenant',
  'user',
  'account',
  'tenant_account',
  'application',
  'application_binding',
]

/** A sign-in without an application, by somebody who knows no catalogs. */
export function asking({ scopeId, issuer, subject }: SubjectQuery, withProfile = true): SignInQuery {
  return { scopeId, issuer, subject, applicationId: null, knownCatalogIds: [], withProfile }
}

/** With the profile and without it: a store may have a statement for each, and what holds for one has to hold for both. */
export const BOTH_FORMS = [
  ['with the profile', true],
  ['without the profile', false],
] as const

/** What a sign-in decides on, without what it finds there. */
export function partsOf({ identity, user, account, tenant, tenantAccount }: SignIn) {
  return { identity, user, account, tenant, tenantAccount }
}

type Asked = readonly [name: string, scope: Scope, query: SubjectQuery, expected: ReturnType<typeof partsOf>]

async function expectParts(ctx: CaseContext, asked: readonly Asked[]): Promise<void> {
  for (const [name, scope, query, expected] of asked) {
    for (const [form, withProfile] of BOTH_FORMS) {
      const answer = await ctx.commit(scope, (tx) =>
        tx.externalIdentities.resolve(asking(query, withProfile)),
      )
      ctx.equal('UE-IDENTITY-005', partsOf(answer), expected, `${name}, ${form}`)
    }
  }
}

export const signIn: readonly Case[] = [
  {
    id: 'UE-IDENTITY-005/parts',
    title: 'A sign-in is answered with each part that the scope sees, and null for the others',
    async run(ctx) {
      const { tenant, user, account, identity, tenantAccount } = await ctx.seed()
      const elsewhere = ctx.make.tenant()
      const own = ctx.make.externalIdentity({ scopeId: tenant.id, userId: user.id })
      await ctx.commit(directoryScope(tenant.id), async (tx) => {
        await tx.tenants.insert(elsewhere)
        await tx.externalIdentities.insert(own)
      })
      const unknown = { ...identity, subject: 'nobody' }
      const bound = directoryScope(tenant.id)
      const asked = [
        ['the directory', directoryScope(), identity, { ...NOTHING, identity, user, account }],
        [
          'the directory with the tenant',
          bound,
          identity,
          { identity, user, account, tenant, tenantAccount },
        ],
        [
          'the directory with a tenant that the user is not in',
          directoryScope(elsewhere.id),
          identity,
          { ...NOTHING, identity, user, account, tenant: elsewhere },
        ],
        [
          'an identity of the tenant, with the directory',
          bound,
          own,
          { identity: own, user, account, tenant, tenantAccount },
        ],
        [
          'an identity of the tenant',
          tenantScope(tenant.id),
          own,
          { ...NOTHING, identity: own, tenant, tenantAccount },
        ],
        [
          'an identity of the directory, in the tenant',
          tenantScope(tenant.id),
          identity,
          { ...NOTHING, tenant },
        ],
        ['an unknown subject', bound, unknown, { ...NOTHING, tenant }],
        ['an unknown subject of the directory', directoryScope(), unknown, NOTHING],
      ] as const
      await expectParts(ctx, asked)
    },
  },
  {
    id: 'UE-IDENTITY-005/incomplete',
    title: 'A part that does not exist is null, and the others are there',
    async run(ctx) {
      const user = ctx.make.user({ state: 'suspended', kind: 'service' })
      const identity = ctx.make.externalIdentity({ userId: user.id })
      const stray = ctx.make.externalIdentity({ userId: ctx.make.user().id })
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.users.insert(user)
        await tx.externalIdentities.insert(identity)
      })
      const tenant = ctx.make.tenant()
      const own = { ...stray, scopeId: tenant.id }
      await ctx.commit(tenantScope(tenant.id), (tx) => tx.externalIdentities.insert(own))
      const asked = [
        ['a user without account', directoryScope(), identity, { ...NOTHING, identity, user }],
        [
          'an identity without user and tenant',
          directoryScope(tenant.id),
          own,
          { ...NOTHING, identity: own },
        ],
      ] as const
      await expectParts(ctx, asked)
    },
  },
  {
    id: 'UE-IDENTITY-005/states',
    title: 'A sign-in is answered with each part whatever its state: what that means, who asks decides',
    also: ['UE-PROFILE-003', 'UE-MEMBERSHIP-003'],
    budget: 'smoke',
    async run(ctx) {
      const seed = await ctx.seed()
      const { tenant, identity, application, membership, group } = seed
      const scope = directoryScope(tenant.id)
      const parts = NOUNS.filter(({ kind }) => PARTS.includes(kind))
      const now = new Map(parts.map((noun) => [noun.kind, noun.of(seed)]))
      for (const { kind, repository } of parts) {
        for (const state of MODEL[kind].states) {
          const next = ctx.make.next(now.get(kind) ?? seed.user, { state })
          now.set(kind, next)
          await ctx.commit(scope, (tx) => repository(tx).update(next))
          for (const [form, withProfile] of BOTH_FORMS) {
            const query = { ...asking(identity, withProfile), applicationId: application.id }
            const answer = await ctx.commit(scope, (tx) => tx.externalIdentities.resolve(query))
            const { user, account, tenant, tenantAccount, profile } = answer
            const found = [tenant, user, account, tenantAccount]
            const place = [profile.application, profile.binding]
            const expected = [...now.values()]
            ctx.equal(
              'UE-IDENTITY-005',
              found,
              expected.slice(0, 4),
              `where the ${kind} is ${state}, ${form}`,
            )
            ctx.equal('UE-PROFILE-003', place, expected.slice(4), `where the ${kind} is ${state}, ${form}`)
            ctx.equal(
              'UE-MEMBERSHIP-003',
              answer.memberships,
              [{ membership, group }],
              `the memberships where the ${kind} is ${state}, ${form}`,
            )
          }
        }
      }
    },
  },
  {
    id: 'UE-IDENTITY-005/without-profile',
    title: 'A sign-in that does not ask for the profile is answered with all but catalogs and values',
    async run(ctx) {
      const { tenant, identity, application, binding, catalog } = await ctx.seed()
      const places = [
        ['with an application', directoryScope(tenant.id), application.id, { application, binding }],
        ['with an application of the directory alone', directoryScope(), application.id, { application }],
        ['without an application', directoryScope(tenant.id), null, {}],
        ['in the tenant alone', tenantScope(tenant.id), application.id, { application, binding }],
      ] as const
      for (const [name, scope, applicationId, place] of places) {
        const query = { ...asking(identity), applicationId, knownCatalogIds: [catalog.id] }
        const [full, short] = await ctx.commit(scope, async (tx) => [
          await tx.externalIdentities.resolve(query),
          await tx.externalIdentities.resolve({ ...query, withProfile: false }),
        ])
        const profile = { application: null, binding: null, ...place, catalogs: [], values: [] }
        ctx.equal('UE-IDENTITY-005', short, { ...full, profile }, name)
      }
    },
  },
  {
    id: 'UE-IDENTITY-005/one-moment',
    title:
      'A sign-in never mixes two moments: user, account and identity that change together are read together',
    profile: 'store-concurrent',
    async run(ctx) {
      const seed = await ctx.seed()
      const second = await ctx.second()
      await ctx.race(2, async (index, meet) => {
        await meet()
        let { user, account, identity } = seed
        for (let round = 0; round < 40; round += 1) {
          if (index === 0) {
            user = ctx.make.next(user)
            account = ctx.make.next(account)
            identity = ctx.make.next(identity)
            await ctx.commit(directoryScope(), async (tx) => {
              await tx.users.update(user)
              await tx.accounts.update(account)
              await tx.externalIdentities.update(identity)
            })
          } else {
            const answer = await ctx.commit(
              directoryScope(),
              (tx) => tx.externalIdentities.resolve(asking(seed.identity, round % 2 === 0)),
              second,
            )
            const versions = [answer.identity?.version, answer.user?.version, answer.account?.version]
            ctx.must(
              'UE-IDENTITY-005',
              new Set(versions).size === 1,
              `versions ${ctx.show(versions)} in one sign-in`,
            )
          }
        }
      })
    },
  },
]
