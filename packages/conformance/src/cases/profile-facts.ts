import {
  DIRECTORY,
  directoryScope,
  tenantScope,
  type AttributeCatalog,
  type ProfileFacts,
} from '@user-engine/store'

import type { Case } from '../case.ts'
import { entryOf, profileCatalogOf } from '../records.ts'
import { asking } from './sign-in.ts'

const STATES = ['retired', 'deprecated', 'published', 'draft'] as const

export const profileFacts: readonly Case[] = [
  {
    id: 'UE-PROFILE-003/layers',
    title:
      'The facts of a profile are the owners’ catalogs in force and the user’s values, and nothing of others',
    async run(ctx) {
      const { tenant, user, identity, application, binding, catalog, value } = await ctx.seed()
      const scope = directoryScope(tenant.id)
      const layers = [
        { layer: 'platform', scopeId: DIRECTORY, ownerId: DIRECTORY, home: DIRECTORY },
        { layer: 'tenant', scopeId: tenant.id, ownerId: tenant.id, home: tenant.id },
        { layer: 'application', scopeId: DIRECTORY, ownerId: application.id, home: tenant.id },
      ] as const
      const made = layers.map(({ home, ...owner }) => {
        const key = ctx.canary()
        const value = { ...owner, scopeId: home, userId: user.id, catalogId: catalog.id }
        return {
          versions: STATES.map((state, index) =>
            ctx.make.attributeCatalog({ ...owner, key, catalogVersion: index + 1, state }),
          ),
          values: (['set', 'cleared'] as const).map((state) => ctx.make.profileValue({ ...value, state })),
          // Somebody else's, beside it.
          others: [ctx.make.profileValue({ ...value, userId: ctx.make.user().id })],
        }
      })
      const other = ctx.make.application()
      const elsewhere = [
        { scopeId: tenant.id, ownerId: other.id },
        { scopeId: DIRECTORY, ownerId: application.id },
      ].map((place) =>
        ctx.make.profileValue({ layer: 'application', ...place, userId: user.id, catalogId: catalog.id }),
      )
      await ctx.commit(scope, async (tx) => {
        await tx.applications.insert(other)
        for (const { versions } of made) for (const one of versions) await tx.attributeCatalogs.insert(one)
        for (const { values, others } of made) {
          for (const one of [...values, ...others]) await tx.profileValues.insert(one)
        }
        for (const one of elsewhere) await tx.profileValues.insert(one)
      })
      const all = made.flatMap(({ versions }) => versions)
      const catalogs = [catalog, ...all.filter(({ state }) => state === 'published')]
      const pinned = all.findLast(({ state }) => state === 'deprecated') ?? catalog
      const values = [value, ...made.flatMap((each) => each.values)]
      const ask = { userId: user.id, applicationId: application.id, knownCatalogIds: [] }
      const set = values.filter(({ state }) => state === 'set')
      const full: ProfileFacts = {
        application,
        binding,
        catalogs: catalogs.map((one) => profileCatalogOf(one)),
        values: set.map(entryOf),
      }
      const facts = await ctx.commit(scope, (tx) => tx.profileValues.facts(ask))
      ctx.equal('UE-PROFILE-003', facts, full, 'the facts of the profile')
      const nobody = await ctx.commit(scope, (tx) => tx.profileValues.facts({ ...ask, userId: null }))
      ctx.equal('UE-PROFILE-003', nobody, { ...full, values: [] }, 'the facts of nobody')
      const signIn = await ctx.commit(scope, (tx) =>
        tx.externalIdentities.resolve({ ...asking(identity), applicationId: application.id }),
      )
      ctx.equal('UE-PROFILE-003', signIn.profile, full, 'the profile of the sign-in')

      const next = ctx.make.next(binding, { catalogId: pinned.id })
      await ctx.commit(scope, (tx) => tx.applicationBindings.update(next))
      const byId = (one: AttributeCatalog, other: AttributeCatalog) => (one.id < other.id ? -1 : 1)
      const known = await ctx.commit(scope, (tx) =>
        tx.profileValues.facts({ ...ask, knownCatalogIds: [catalog.id] }),
      )
      ctx.equal(
        'UE-PROFILE-003',
        known.catalogs,
        [...catalogs, pinned].toSorted(byId).map((one) => profileCatalogOf(one, one === catalog)),
        'the catalogs with one pinned and one known',
      )

      const without = await ctx.commit(scope, (tx) => tx.profileValues.facts({ ...ask, applicationId: null }))
      const ofApplication = ({ ownerId }: { readonly ownerId: string }) => ownerId === application.id
      ctx.equal(
        'UE-PROFILE-003',
        without,
        {
          application: null,
          binding: null,
          catalogs: full.catalogs.filter((one) => !ofApplication(one)),
          values: set.filter((one) => !ofApplication(one)).map(entryOf),
        },
        'the facts without an application',
      )
      const little = { userId: null, applicationId: null, knownCatalogIds: [catalog.id] }
      ctx.equal(
        'UE-PROFILE-003',
        await ctx.commit(scope, (tx) => tx.profileValues.facts(little)),
        {
          ...without,
          catalogs: [profileCatalogOf(catalog, true), ...without.catalogs.slice(1)],
          values: [],
        },
        'the facts of nobody without an application',
      )
      const seen = await ctx.commit(tenantScope(tenant.id), (tx) => tx.profileValues.facts(ask))
      ctx.equal(
        'UE-PROFILE-003',
        seen.values,
        set.filter(({ scopeId }) => scopeId === tenant.id).map(entryOf),
        'the values that the tenant sees',
      )
      const alone = await ctx.commit(directoryScope(), (tx) => tx.profileValues.facts(ask))
      ctx.equal(
        'UE-PROFILE-003',
        [alone.binding, alone.values],
        [null, set.filter(({ scopeId }) => scopeId === DIRECTORY).map(entryOf)],
        'the binding and the values of the directory alone',
      )
    },
  },
  {
    id: 'UE-PROFILE-003/many',
    title: 'The facts of a profile hold more values than a page of a list may have',
    async run(ctx) {
      const { user, identity, catalog, value } = await ctx.seed()
      const its = { userId: user.id, catalogId: catalog.id }
      // The later the id, the earlier it was made.
      const made = Array.from({ length: 500 }, (_, index) =>
        ctx.make.profileValue({ ...its, createdAt: new Date(Date.UTC(2027, 0, 1) - index * 1_000) }),
      )
      await ctx.commit(directoryScope(), async (tx) => {
        // Not in the order in which they are answered.
        for (const one of made.toReversed()) await tx.profileValues.insert(one)
      })
      const expected = [value, ...made].map(entryOf)
      const [facts, signIn] = await ctx.commit(directoryScope(), async (tx) => [
        await tx.profileValues.facts({ userId: user.id, applicationId: null, knownCatalogIds: [] }),
        await tx.externalIdentities.resolve(asking(identity)),
      ])
      ctx.equal('UE-PROFILE-003', facts.values, expected, 'the values of the facts')
      ctx.equal('UE-PROFILE-003', signIn.profile.values, expected, 'the values of the sign-in')
    },
  },
  {
    id: 'UE-PROFILE-003/in-force',
    title:
      'Of a key of each owner the highest version that is in force counts, and a pinned one that is or was in force',
    also: ['UE-APPLICATION-003'],
    budget: 'smoke',
    async run(ctx) {
      const { tenant, user, application, binding, catalog } = await ctx.seed()
      const scope = directoryScope(tenant.id)
      // One key for all of them, and versions that are in another order as texts.
      const key = ctx.canary()
      const owners = [
        { layer: 'platform', scopeId: DIRECTORY, ownerId: DIRECTORY },
        { layer: 'tenant', scopeId: tenant.id, ownerId: tenant.id },
        { layer: 'application', scopeId: DIRECTORY, ownerId: application.id },
      ] as const
      const made = owners.map((owner) => {
        const version = (catalogVersion: number, state: AttributeCatalog['state']) =>
          ctx.make.attributeCatalog({ ...owner, key, catalogVersion, state })
        // Neither the last id nor the last that is written is of the highest version.
        return {
          highest: version(10, 'deprecated'),
          draft: version(12, 'draft'),
          retired: version(11, 'retired'),
          old: version(2, 'deprecated'),
          published: version(9, 'published'),
        }
      })
      const other = ctx.make.application()
      const foreign = ctx.make.attributeCatalog({ ...owners[2], ownerId: other.id, key })
      await ctx.commit(scope, async (tx) => {
        await tx.applications.insert(other)
        for (const each of made.toReversed()) {
          for (const one of Object.values(each)) await tx.attributeCatalogs.insert(one)
        }
        await tx.attributeCatalogs.insert(foreign)
      })
      const ask = { userId: user.id, applicationId: application.id, knownCatalogIds: [] }
      const inForce = [catalog, ...made.map(({ highest }) => highest)]
      let bound = binding
      for (const { old, retired, draft } of made) {
        for (const [pin, expected] of [
          [old, [old]],
          [retired, []],
          [draft, []],
          [foreign, []],
        ] as const) {
          bound = ctx.make.next(bound, { catalogId: pin.id })
          await ctx.commit(scope, (tx) => tx.applicationBindings.update(bound))
          const { catalogs } = await ctx.commit(scope, (tx) => tx.profileValues.facts(ask))
          const ids = [...inForce, ...expected].map(({ id }) => id).toSorted()
          ctx.equal(
            'UE-PROFILE-003',
            catalogs.map(({ id }) => id),
            ids,
            pin === foreign
              ? 'catalogs where another application’s is pinned'
              : `catalogs where one is pinned that is ${pin.state}`,
          )
        }
      }
      const little = { userId: null, applicationId: null, knownCatalogIds: [] }
      const { catalogs: others } = await ctx.commit(scope, (tx) => tx.profileValues.facts(little))
      const ofOthers = inForce
        .filter(({ ownerId }) => ownerId !== application.id)
        .map((one) => profileCatalogOf(one))
      ctx.equal('UE-PROFILE-003', others, ofOthers, 'catalogs in force without an application')
      const own = { layer: 'application', scopeId: tenant.id, ownerId: application.id } as const
      const value = ctx.make.profileValue({ ...own, userId: user.id, catalogId: catalog.id })
      await ctx.commit(scope, (tx) => tx.profileValues.insert(value))
      const draft = ctx.make.next(application, { state: 'draft' })
      await ctx.commit(directoryScope(), (tx) => tx.applications.update(draft))
      const seen = await ctx.commit(tenantScope(tenant.id), (tx) => tx.profileValues.facts(ask))
      ctx.equal(
        'UE-APPLICATION-003',
        [seen.application, seen.catalogs.map(({ ownerId }) => ownerId), seen.values],
        [null, [DIRECTORY, DIRECTORY, tenant.id], []],
        'the facts of an application that is a draft',
      )
    },
  },
  {
    id: 'UE-PROFILE-003/one-moment',
    title: 'Facts never mix two moments: binding, catalog and value that change together are read together',
    profile: 'store-concurrent',
    budget: 'smoke',
    async run(ctx) {
      const seed = await ctx.seed()
      const scope = directoryScope(seed.tenant.id)
      const second = await ctx.second()
      let { binding, catalog, value } = seed
      const change = async () => {
        binding = ctx.make.next(binding)
        catalog = ctx.make.next(catalog)
        value = ctx.make.next(value, { source: String(value.version + 1) })
        const changed = { binding, catalog, value }
        await ctx.commit(scope, async (tx) => {
          await tx.applicationBindings.update(changed.binding)
          await tx.attributeCatalogs.update(changed.catalog)
          await tx.profileValues.update(changed.value)
        })
      }
      await change()
      await ctx.race(2, async (index, meet) => {
        await meet()
        for (let round = 0; round < 40; round += 1) {
          if (index === 0) await change()
          else {
            const ask = { applicationId: seed.application.id, knownCatalogIds: [] }
            const facts = await ctx.commit(
              scope,
              async (tx) =>
                round % 2 === 0
                  ? await tx.profileValues.facts({ ...ask, userId: seed.user.id })
                  : (await tx.externalIdentities.resolve({ ...asking(seed.identity), ...ask })).profile,
              second,
            )
            const versions = [
              ...[facts.binding, ...facts.catalogs].map((one) => one?.version),
              ...facts.values.map(({ source }) => Number(source)),
            ]
            ctx.must(
              'UE-PROFILE-003',
              versions.length === 3 && new Set(versions).size === 1,
              `versions ${ctx.show(versions)} in one answer`,
            )
          }
        }
      })
    },
  },
]
