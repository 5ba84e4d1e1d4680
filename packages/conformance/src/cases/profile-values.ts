import {
  DIRECTORY,
  directoryScope,
  tenantScope,
  type AttributeCatalog,
  type JsonValue,
  type ProfileEntry,
  type ProfileFacts,
  type User,
} from '@user-engine/store'

import type { Case } from '../case.ts'
import { entryOf } from '../records.ts'
import { asking } from './sign-in.ts'

const STATES = ['retired', 'deprecated', 'published', 'draft'] as const

/** What a store is likely to change on its way: by its own types, by a driver's, by a normaliser. */
const JSON_VALUES: readonly JsonValue[] = [
  null,
  false,
  0,
  -1.5,
  0.1,
  1e21,
  5e-324,
  Number.MAX_SAFE_INTEGER,
  '',
  ' text ',
  '1',
  'É e\u0301 İ ß \u200b \u{1f600}',
  '"\\\n\u2028',
  [],
  {},
  [[], {}, [null]],
  { constructor: 1, toString: 'own', 'a.b': { $ref: ['x'] }, '': null },
  Array.from({ length: 500 }, (_, index) => ({ index, nested: [index, String(index)] })),
  'x'.repeat(1_000_000),
]

export const profileValues: readonly Case[] = [
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
      // Owners have a key of the same name, and each is further on than the one before.
      const key = ctx.canary()
      const made = layers.map(({ home, ...owner }, place) => {
        const value = { ...owner, scopeId: home, userId: user.id, catalogId: catalog.id }
        return {
          versions: STATES.map((state, index) =>
            // From 8 on: as texts they are in another order.
            ctx.make.attributeCatalog({ ...owner, key, catalogVersion: place + index + 8, state }),
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
      const full: ProfileFacts = { application, binding, catalogs, values: set.map(entryOf) }
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
        [{ ...catalog, definitions: null }, ...catalogs.slice(1), pinned].toSorted(byId),
        'the catalogs with one pinned and one known',
      )

      const over = all.findLast(({ state }) => state === 'retired') ?? catalog
      const withdrawn = ctx.make.next(next, { catalogId: over.id })
      await ctx.commit(scope, (tx) => tx.applicationBindings.update(withdrawn))
      const unpinned = await ctx.commit(scope, (tx) => tx.profileValues.facts(ask))
      ctx.equal(
        'UE-PROFILE-003',
        unpinned,
        { ...full, binding: withdrawn },
        'the facts with one pinned that is retired',
      )

      const without = await ctx.commit(scope, (tx) => tx.profileValues.facts({ ...ask, applicationId: null }))
      const ofApplication = ({ ownerId }: { readonly ownerId: string }) => ownerId === application.id
      ctx.equal(
        'UE-PROFILE-003',
        without,
        {
          application: null,
          binding: null,
          catalogs: catalogs.filter((one) => !ofApplication(one)),
          values: set.filter((one) => !ofApplication(one)).map(entryOf),
        },
        'the facts without an application',
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
  ...(['UE-PROFILE-001', 'UE-PROFILE-002'] as const).map((id): Case => ({
    id: `${id}/separate`,
    title: `Owners, and tenants that use one application, do not take ${id === 'UE-PROFILE-001' ? 'an attribute' : 'a unique key'} from each other`,
    async run(ctx) {
      const [one, other] = [await ctx.seed(), await ctx.seed()]
      const { user, application, catalog } = one
      const [here, there] = [one.tenant.id, other.tenant.id]
      const places = [
        [directoryScope(), { layer: 'platform', scopeId: DIRECTORY, ownerId: DIRECTORY }],
        [tenantScope(here), { layer: 'tenant', scopeId: here, ownerId: here }],
        [tenantScope(here), { layer: 'application', scopeId: here, ownerId: application.id }],
        [tenantScope(there), { layer: 'application', scopeId: there, ownerId: application.id }],
      ] as const
      const uniqueKey = ctx.canary()
      for (const [scope, place] of places) {
        const its = id === 'UE-PROFILE-001' ? { userId: user.id } : { userId: ctx.make.user().id, uniqueKey }
        const value = ctx.make.profileValue({ ...its, ...place, catalogId: catalog.id, attribute: 'number' })
        await ctx.commit(scope, (tx) => tx.profileValues.insert(value))
        const found = await ctx.commit(scope, (tx) => tx.profileValues.find(value.id))
        ctx.equal(id, found, value, `the value of the ${place.layer}`)
      }
    },
  })),
  {
    id: 'UE-PROFILE-003/many',
    title:
      'The facts of a profile, and what a write decides on, hold more values than a page of a list may have',
    also: ['UE-PROFILE-005'],
    async run(ctx) {
      const { user, identity, catalog, value } = await ctx.seed()
      const its = { userId: user.id, catalogId: catalog.id }
      const made = Array.from({ length: 500 }, () => ctx.make.profileValue(its))
      await ctx.commit(directoryScope(), async (tx) => {
        for (const one of made) await tx.profileValues.insert(one)
      })
      const [facts, signIn, known] = await ctx.commit(directoryScope(), async (tx) => [
        await tx.profileValues.facts({ userId: user.id, applicationId: null, knownCatalogIds: [] }),
        await tx.externalIdentities.resolve(asking(identity)),
        await tx.profileValues.findByOwner(user.id, DIRECTORY),
      ])
      const namesOf = (values: readonly ProfileEntry[]) => values.map(({ attribute }) => attribute)
      const expected = namesOf([value, ...made])
      ctx.equal('UE-PROFILE-003', namesOf(facts.values), expected, 'the values of the facts')
      ctx.equal('UE-PROFILE-003', namesOf(signIn.profile.values), expected, 'the values of the sign-in')
      ctx.equal('UE-PROFILE-005', namesOf(known), expected, 'the values of the owner')
    },
  },
  {
    id: 'UE-PROFILE-005/owner',
    title: 'What a write decides on is all that one owner knows of the user, and nothing of others',
    async run(ctx) {
      const { tenant, user, application, catalog, value } = await ctx.seed()
      const owners = [
        { layer: 'platform', scopeId: DIRECTORY, ownerId: DIRECTORY },
        { layer: 'tenant', scopeId: tenant.id, ownerId: tenant.id },
        { layer: 'application', scopeId: tenant.id, ownerId: application.id },
      ] as const
      const valuesOf = ({ id: userId }: User) =>
        owners.flatMap((owner) =>
          (['cleared', 'set', 'set'] as const).map((state) =>
            ctx.make.profileValue({ ...owner, userId, catalogId: catalog.id, state }),
          ),
        )
      const made = valuesOf(user)
      const another = valuesOf(ctx.make.user())
      await ctx.commit(directoryScope(tenant.id), async (tx) => {
        // Neither in the order of their ids nor one after the other.
        for (const one of [...made.toReversed(), ...another]) await tx.profileValues.insert(one)
      })
      const all = [value, ...made]
      for (const { ownerId } of owners) {
        const owned = all.filter((one) => one.ownerId === ownerId)
        const found = await ctx.commit(directoryScope(tenant.id), (tx) =>
          tx.profileValues.findByOwner(user.id, ownerId),
        )
        ctx.equal('UE-PROFILE-005', found, owned, 'all that one owner knows')
        const seen = await ctx.commit(tenantScope(tenant.id), (tx) =>
          tx.profileValues.findByOwner(user.id, ownerId),
        )
        const here = owned.filter(({ scopeId }) => scopeId === tenant.id)
        ctx.equal('UE-PROFILE-005', seen, here, 'all that one owner knows, in the tenant')
      }
    },
  },
  {
    id: 'UE-PROFILE-004/json',
    title: 'Values and definitions come back equal, whatever JSON they are',
    async run(ctx) {
      const { user, catalog } = await ctx.seed()
      for (const [index, json] of JSON_VALUES.entries()) {
        const value = ctx.make.profileValue({ userId: user.id, catalogId: catalog.id, value: json })
        const definitions = ctx.make.attributeCatalog({ definitions: json, state: 'draft' })
        await ctx.commit(directoryScope(), async (tx) => {
          await tx.profileValues.insert(value)
          await tx.attributeCatalogs.insert(definitions)
        })
        const [kept, defined] = await ctx.commit(directoryScope(), (tx) =>
          Promise.all([tx.profileValues.find(value.id), tx.attributeCatalogs.find(definitions.id)]),
        )
        ctx.equal('UE-PROFILE-004', kept?.value, json, `value ${index + 1} of ${JSON_VALUES.length}`)
        ctx.equal('UE-PROFILE-004', defined?.definitions, json, `definitions ${index + 1}`)
      }
      const facts = await ctx.commit(directoryScope(), (tx) =>
        tx.profileValues.facts({ userId: user.id, applicationId: null, knownCatalogIds: [] }),
      )
      ctx.equal(
        'UE-PROFILE-004',
        facts.values.slice(1).map(({ value }) => value),
        JSON_VALUES,
        'all of them at once',
      )
    },
  },
]
