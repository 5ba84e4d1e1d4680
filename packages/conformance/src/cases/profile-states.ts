import { DIRECTORY, directoryScope, type ProfileFacts } from '@user-engine/store'

import type { Case } from '../case.ts'
import { NOUNS as MODEL } from '../model/nouns.ts'
import { entryOf, profileCatalogOf } from '../records.ts'
import { asking } from './sign-in.ts'

export const profileStates: readonly Case[] = [
  {
    id: 'UE-PROFILE-003/states',
    title: 'The facts of a profile are whole whatever the state of the application and of the binding',
    budget: 'smoke',
    async run(ctx) {
      const seed = await ctx.seed()
      const { tenant, user, identity, catalog, value } = seed
      const scope = directoryScope(tenant.id)
      const owner = { layer: 'application', scopeId: DIRECTORY, ownerId: seed.application.id } as const
      const key = ctx.canary()
      const pinned = ctx.make.attributeCatalog({ ...owner, key, catalogVersion: 1, state: 'deprecated' })
      const newest = ctx.make.attributeCatalog({ ...owner, key, catalogVersion: 2, state: 'published' })
      const its = { userId: user.id, attribute: value.attribute, catalogId: catalog.id }
      // What the first layer says stays to be told where the last one says it too.
      const values = [
        ctx.make.profileValue({ ...its, layer: 'tenant', scopeId: tenant.id, ownerId: tenant.id }),
        ctx.make.profileValue({ ...its, ...owner, scopeId: tenant.id }),
      ]
      let { application } = seed
      let binding = ctx.make.next(seed.binding, { catalogId: pinned.id })
      await ctx.commit(scope, async (tx) => {
        for (const one of [pinned, newest]) await tx.attributeCatalogs.insert(one)
        for (const one of values) await tx.profileValues.insert(one)
        await tx.applicationBindings.update(binding)
      })
      const ask = { applicationId: application.id, knownCatalogIds: [] }
      const expectWhole = async (what: string) => {
        const whole: ProfileFacts = {
          application,
          binding,
          catalogs: [catalog, pinned, newest].map((one) => profileCatalogOf(one)),
          values: [value, ...values].map(entryOf),
        }
        const [facts, signIn] = await ctx.commit(scope, async (tx) => [
          await tx.profileValues.facts({ ...ask, userId: user.id }),
          await tx.externalIdentities.resolve({ ...asking(identity), ...ask }),
        ])
        ctx.equal('UE-PROFILE-003', facts, whole, `the facts where ${what}`)
        ctx.equal('UE-PROFILE-003', signIn.profile, whole, `the profile of the sign-in where ${what}`)
      }
      for (const state of MODEL.application.states as readonly (typeof application.state)[]) {
        application = ctx.make.next(application, { state })
        await ctx.commit(scope, (tx) => tx.applications.update(application))
        await expectWhole(`the application is ${state}`)
      }
      for (const state of MODEL.application_binding.states as readonly (typeof binding.state)[]) {
        binding = ctx.make.next(binding, { state })
        await ctx.commit(scope, (tx) => tx.applicationBindings.update(binding))
        await expectWhole(`the binding is ${state}`)
      }
    },
  },
  {
    id: 'UE-PROFILE-003/own-scope',
    title: 'An application’s catalogs are those of its own scope: a tenant adds none to a shared application',
    budget: 'smoke',
    async run(ctx) {
      const { tenant, user, identity, application, catalog } = await ctx.seed()
      const own = ctx.make.application({ scopeId: tenant.id })
      const of = (ownerId: typeof own.id, scopeId: typeof DIRECTORY | typeof tenant.id) =>
        ctx.make.attributeCatalog({ layer: 'application', scopeId, ownerId })
      const [shared, added, tenants, strays] = [
        of(application.id, DIRECTORY),
        of(application.id, tenant.id),
        of(own.id, tenant.id),
        of(own.id, DIRECTORY),
      ]
      await ctx.commit(directoryScope(tenant.id), async (tx) => {
        await tx.applications.insert(own)
        for (const one of [shared, added, tenants, strays]) await tx.attributeCatalogs.insert(one)
      })
      for (const [what, applicationId, expected] of [
        ['an application of the directory', application.id, shared],
        ['an application of the tenant', own.id, tenants],
      ] as const) {
        const ask = { applicationId, knownCatalogIds: [] }
        const [facts, signIn] = await ctx.commit(directoryScope(tenant.id), async (tx) => [
          await tx.profileValues.facts({ ...ask, userId: user.id }),
          await tx.externalIdentities.resolve({ ...asking(identity), ...ask }),
        ])
        for (const { catalogs } of [facts, signIn.profile]) {
          const both = [profileCatalogOf(catalog), profileCatalogOf(expected)]
          ctx.equal('UE-PROFILE-003', catalogs, both, `the catalogs of ${what}`)
        }
      }
    },
  },
]
