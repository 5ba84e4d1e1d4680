import {
  DIRECTORY,
  directoryScope,
  tenantScope,
  type Scope,
  type SignIn,
  type SignInQuery,
} from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { asking, BOTH_FORMS } from './sign-in.ts'
import { linkAll, LOOKALIKES } from './subjects.ts'

/** What a list that is written as one text takes for something else. */
const IN_A_LIST = ['NULL', 'null', '{}', '{a,b}', 'a,b', '"a"', '\\', '\\"', ' ', '1.0']

/** Whom two of the askers may be taken for: the same issuer, or the same subject. */
const ISSUERS = ['https://issuer.example', 'https://issuer.example/']

type Asker = readonly [name: string, scope: Scope, query: SignInQuery]

const ask = (ctx: CaseContext, [, scope, query]: Asker) =>
  ctx.commit(scope, (tx) => tx.externalIdentities.resolve(query))

async function askEachAlone(ctx: CaseContext, askers: readonly Asker[]): Promise<readonly SignIn[]> {
  const answers: SignIn[] = []
  for (const asker of askers) answers.push(await ask(ctx, asker))
  return answers
}

async function expectAtOnce(
  ctx: CaseContext,
  askers: readonly Asker[],
  alone: readonly SignIn[],
): Promise<void> {
  const expected = askers.map((asker, at) => ({ asker, alone: alone[at] }))
  for (const together of [expected, expected.toReversed()]) {
    const answers = await Promise.all(together.map(({ asker }) => ask(ctx, asker)))
    for (const [at, { asker, alone: answer }] of together.entries()) {
      ctx.equal('UE-IDENTITY-007', answers[at], answer, `${asker[0]}, asked at once`)
    }
  }
}

export const simultaneousSignIns: readonly Case[] = [
  {
    id: 'UE-IDENTITY-007/asked-at-once',
    title: 'Each of many sign-ins at the same moment is answered with its own person',
    preconditions: ['they are different people'],
    budget: 'smoke',
    async run(ctx) {
      const seeds = [await ctx.seed(), await ctx.seed()] as const
      const subjects = [...LOOKALIKES.map(([, subject]) => subject), ...IN_A_LIST]
      const linked = await linkAll(
        ctx,
        subjects.map((subject, at) => ({ subject, issuer: ISSUERS[at % 2] ?? '' })),
      )
      // The tenant's own provider has the same names for others.
      const [{ tenant, user }] = seeds
      const own = linked
        .slice(0, 3)
        .map(({ issuer, subject }) =>
          ctx.make.externalIdentity({ scopeId: tenant.id, userId: user.id, issuer, subject }),
        )
      await ctx.commit(tenantScope(tenant.id), async (tx) => {
        for (const identity of own) await tx.externalIdentities.insert(identity)
      })
      const nobody = { scopeId: DIRECTORY, issuer: 'https://issuer.example', subject: 'nobody' }
      const queries = [
        ...linked,
        ...own,
        ...seeds.map(({ identity }) => identity),
        nobody,
        ...linked.slice(0, 2),
      ]
      const scopes = [directoryScope(), ...seeds.map((seed) => directoryScope(seed.tenant.id))]
      const askers = scopes.flatMap((scope) =>
        BOTH_FORMS.flatMap(([form, withProfile]) =>
          queries.map((query): Asker => [`who signs in ${form}`, scope, asking(query, withProfile)]),
        ),
      )
      const alone = await askEachAlone(ctx, askers)
      const people = new Set(alone.map((answer) => answer.user?.id))
      ctx.precondition('they are different people', people.size > linked.length)
      await expectAtOnce(ctx, askers, alone)
    },
  },
  {
    id: 'UE-IDENTITY-007/own-profiles',
    title:
      'Each of many sign-ins at the same moment is answered with its own memberships, and with the profile that it asked for',
    preconditions: ['they have different memberships and values'],
    budget: 'smoke',
    async run(ctx) {
      const { tenant, group, application, catalog, identity } = await ctx.seed()
      const other = await ctx.seed()
      const places = [
        { scopeId: DIRECTORY, layer: 'platform', ownerId: DIRECTORY },
        { scopeId: tenant.id, layer: 'tenant', ownerId: tenant.id },
        { scopeId: tenant.id, layer: 'application', ownerId: application.id },
      ] as const
      const second = ctx.make.group({ scopeId: tenant.id })
      const members = Array.from({ length: 6 }, (_, at) => {
        const user = ctx.make.user()
        const tenantAccount = ctx.make.tenantAccount({ scopeId: tenant.id, userId: user.id })
        return {
          user,
          tenantAccount,
          identity: ctx.make.externalIdentity({ userId: user.id }),
          // Some are in both groups, or in none, and have values of some layers, or of none.
          memberships: [group, second]
            .filter((_group, bit) => ((at >> bit) & 1) === 1)
            .map(({ id: groupId }) =>
              ctx.make.membership({ scopeId: tenant.id, groupId, tenantAccountId: tenantAccount.id }),
            ),
          values: places
            .slice(at % 4)
            .map((place) => ctx.make.profileValue({ ...place, userId: user.id, catalogId: catalog.id })),
        }
      })
      const scope = directoryScope(tenant.id)
      await ctx.commit(scope, async (tx) => {
        await tx.groups.insert(second)
        for (const { user, tenantAccount, identity: own, memberships, values } of members) {
          await tx.users.insert(user)
          await tx.tenantAccounts.insert(tenantAccount)
          await tx.externalIdentities.insert(own)
          for (const membership of memberships) await tx.memberships.insert(membership)
          for (const value of values) await tx.profileValues.insert(value)
        }
      })
      const asked = [
        ['in an application', { applicationId: application.id, knownCatalogIds: [] }],
        ['in another application', { applicationId: other.application.id, knownCatalogIds: [] }],
        ['in none', { applicationId: null, knownCatalogIds: [] }],
        ['who knows a catalog', { applicationId: application.id, knownCatalogIds: [catalog.id] }],
        ['who knows another', { applicationId: application.id, knownCatalogIds: [other.catalog.id] }],
      ] as const
      const identities = [...members.map((member) => member.identity), identity, other.identity]
      const askers = identities.flatMap((one) =>
        asked.flatMap(([place, about]) =>
          BOTH_FORMS.map(([form, withProfile]): Asker => [
            `who signs in ${form} ${place}`,
            scope,
            { ...asking(one, withProfile), ...about },
          ]),
        ),
      )
      const alone = await askEachAlone(ctx, askers)
      const distinct = (part: (answer: SignIn) => readonly unknown[]) =>
        new Set(alone.map((answer) => JSON.stringify(part(answer)))).size
      ctx.precondition(
        'they have different memberships and values',
        distinct(({ memberships }) => memberships) > 4 &&
          distinct(({ profile }) => profile.values) > members.length &&
          distinct(({ profile }) => profile.catalogs) > 3,
      )
      await expectAtOnce(ctx, askers, alone)
    },
  },
]
