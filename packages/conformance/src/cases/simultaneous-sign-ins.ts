import { DIRECTORY, directoryScope, tenantScope, type SignIn } from '@user-engine/store'

import type { Case } from '../case.ts'
import { asking, BOTH_FORMS } from './sign-in.ts'
import { linkAll, LOOKALIKES } from './subjects.ts'

/** What a list that is written as one text takes for something else. */
const IN_A_LIST = ['NULL', 'null', '{}', '{a,b}', 'a,b', '"a"', '\\', '\\"', ' ', '1.0']

/** Whom two of the askers may be taken for: the same issuer, or the same subject. */
const ISSUERS = ['https://issuer.example', 'https://issuer.example/']

/** Who is let in. */
const whoIn = ({ identity, user, account, tenant, tenantAccount }: SignIn) =>
  [identity, user, account, tenant, tenantAccount].map((part) => part?.id ?? null)

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
          queries.map((query) => ({
            form,
            resolve: async () =>
              whoIn(
                await ctx.commit(scope, (tx) => tx.externalIdentities.resolve(asking(query, withProfile))),
              ),
          })),
        ),
      )
      const alone: ReturnType<typeof whoIn>[] = []
      for (const { resolve } of askers) alone.push(await resolve())
      const people = new Set(alone.map(([, person]) => person))
      ctx.precondition('they are different people', people.size > linked.length)
      const expected = askers.map((asker, at) => ({ ...asker, alone: alone[at] }))
      for (const together of [expected, expected.toReversed()]) {
        const answers = await Promise.all(together.map(({ resolve }) => resolve()))
        for (const [at, { form, alone: who }] of together.entries()) {
          ctx.equal('UE-IDENTITY-007', answers[at], who, `who signs in ${form}, asked at once`)
        }
      }
    },
  },
]
