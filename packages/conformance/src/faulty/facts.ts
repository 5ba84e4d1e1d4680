import {
  DIRECTORY,
  directoryScope,
  type ProfileFacts,
  type ProfileQuery,
  type StoreTransaction,
} from '@user-engine/store'

import { profileCatalogOf } from '../records.ts'
import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayTransactions } from './overlay.ts'

type Change = (facts: ProfileFacts, tx: StoreTransaction, query: ProfileQuery) => Promise<ProfileFacts>

/** Changes what every profile is answered, but for that of a sign-in. `open` is called for each handle. */
function factsAs(open: () => Change): FaultyStore['corrupt'] {
  return () => (good) => {
    const change = open()
    return overlayTransactions(good, (tx) => ({
      profileValues: overlay(tx.profileValues, {
        facts: async (query) => change(await tx.profileValues.facts(query), tx, query),
      }),
    }))
  }
}

/** Profiles that are right of one owner, one version and one moment. */
export const faultyFacts: readonly FaultyStore[] = [
  {
    name: 'one-catalog-for-each-key',
    defect: 'Of catalogs of several owners that have the same key a profile has one.',
    breaks: 'UE-PROFILE-003',
    expect: 'catalogs where one is pinned that is deprecated: it has',
    by: 'UE-PROFILE-003/in-force',
    corrupt: factsAs(() => async (facts) => {
      const byKey = new Map(facts.catalogs.map((catalog) => [catalog.key, catalog]))
      return { ...facts, catalogs: facts.catalogs.filter((one) => byKey.get(one.key) === one) }
    }),
  },
  {
    name: 'a-pin-whatever-its-state',
    defect: 'A catalog that is pinned is part of the profile although it was retired.',
    breaks: 'UE-PROFILE-003',
    expect: 'catalogs where one is pinned that is retired: it has',
    by: 'UE-PROFILE-003/in-force',
    corrupt: factsAs(() => async (facts, tx) => {
      const id = facts.binding?.catalogId
      const pinned = id ? await tx.attributeCatalogs.find(id) : null
      if (pinned?.state !== 'retired') return facts
      const catalogs = [...facts.catalogs, profileCatalogOf(pinned)]
      return { ...facts, catalogs: catalogs.toSorted((one, other) => (one.id < other.id ? -1 : 1)) }
    }),
  },
  {
    name: 'a-pin-whoever-owns-it',
    defect: 'A catalog that is pinned is part of the profile although it is of another application.',
    breaks: 'UE-PROFILE-003',
    expect: 'catalogs where another application’s is pinned: it has',
    by: 'UE-PROFILE-003/in-force',
    corrupt: factsAs(() => async (facts, tx) => {
      const id = facts.binding?.catalogId
      const pinned = id ? await tx.attributeCatalogs.find(id) : null
      if (pinned?.state !== 'published' || facts.catalogs.some((one) => one.id === id)) return facts
      const catalogs = [...facts.catalogs, profileCatalogOf(pinned)]
      return { ...facts, catalogs: catalogs.toSorted((one, other) => (one.id < other.id ? -1 : 1)) }
    }),
  },
  {
    name: 'no-pin-of-the-suspended',
    defect: 'Where the binding is suspended, a profile has not the catalog that it pins.',
    breaks: 'UE-PROFILE-003',
    expect: 'the facts where the binding is suspended: catalogs has 2 items',
    by: 'UE-PROFILE-003/states',
    corrupt: factsAs(() => async (facts, tx) => {
      const { binding, catalogs } = facts
      const pin = binding?.state === 'suspended' ? binding.catalogId : null
      const pinned = pin === null ? null : await tx.attributeCatalogs.find(pin)
      if (pinned?.state !== 'deprecated') return facts
      return { ...facts, catalogs: catalogs.filter(({ id }) => id !== pin) }
    }),
  },
  {
    name: 'one-value-for-each-attribute',
    defect: 'Of an attribute that several layers know a profile has the value of the last one.',
    breaks: 'UE-PROFILE-003',
    expect: 'the facts where the application is active: values has 1 items',
    by: 'UE-PROFILE-003/states',
    corrupt: factsAs(() => async (facts) => ({
      ...facts,
      values: facts.values.filter(
        (value, at) => facts.values.findLastIndex(({ attribute }) => attribute === value.attribute) === at,
      ),
    })),
  },
  {
    name: 'no-facts-of-the-retired',
    defect: 'An application that is retired has neither catalogs nor values in a profile.',
    breaks: 'UE-PROFILE-003',
    expect: 'the facts where the application is retired',
    by: 'UE-PROFILE-003/states',
    corrupt: factsAs(() => async (facts) => {
      const { application } = facts
      if (application?.state !== 'retired') return facts
      return {
        ...facts,
        catalogs: facts.catalogs.filter(({ ownerId }) => ownerId !== application.id),
        values: facts.values.filter(({ layer }) => layer !== 'application'),
      }
    }),
  },
  {
    name: 'catalogs-of-any-scope',
    defect: 'A tenant’s catalogs for an application of the directory are taken for the application’s own.',
    breaks: 'UE-PROFILE-003',
    expect: 'the catalogs of an application of the directory: it has 3 items',
    by: 'UE-PROFILE-003/own-scope',
    corrupt: factsAs(() => async (facts, tx) => {
      const { application } = facts
      if (application === null || application.scopeId !== DIRECTORY) return facts
      const { items } = await tx.attributeCatalogs.listByOwner(application.id, { after: null, limit: 500 })
      const added = items.filter(({ scopeId, state }) => scopeId !== DIRECTORY && state === 'published')
      const catalogs = [...facts.catalogs, ...added.map((one) => profileCatalogOf(one))]
      return { ...facts, catalogs: catalogs.toSorted((one, other) => (one.id < other.id ? -1 : 1)) }
    }),
  },
  {
    name: 'catalogs-as-they-came',
    defect: 'The catalogs of a profile are in the order in which they were inserted.',
    breaks: 'UE-PROFILE-003',
    expect: 'catalogs where one is pinned that is deprecated',
    by: 'UE-PROFILE-003/in-force',
    corrupt: () => {
      const came: string[] = []
      return (good) =>
        overlayTransactions(good, (tx) => ({
          attributeCatalogs: overlay(tx.attributeCatalogs, {
            async insert(catalog) {
              await tx.attributeCatalogs.insert(catalog)
              came.push(catalog.id)
            },
          }),
          profileValues: overlay(tx.profileValues, {
            async facts(query) {
              const facts = await tx.profileValues.facts(query)
              const inOrder = facts.catalogs.toSorted(
                (one, other) => came.indexOf(one.id) - came.indexOf(other.id),
              )
              return { ...facts, catalogs: inOrder }
            },
          }),
        }))
    },
  },
  {
    name: 'the-latest-by-its-id',
    defect: 'The latest version of a catalog is the one with the highest id.',
    breaks: 'UE-CATALOG-005',
    expect: 'the latest of the platform, and the published one',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        attributeCatalogs: overlay(tx.attributeCatalogs, {
          async findLatest(query) {
            const page = { after: null, limit: 500 }
            const { items } = await tx.attributeCatalogs.listByOwner(query.ownerId, page)
            const its = items.filter(({ scopeId, key }) => scopeId === query.scopeId && key === query.key)
            return its.at(-1) ?? null
          },
        }),
      })),
  },
  {
    name: 'facts-of-two-moments',
    defect: 'The values of a profile are read after its catalogs.',
    breaks: 'UE-PROFILE-003',
    expect: 'in one answer',
    by: 'UE-PROFILE-003/one-moment',
    corrupt: factsAs(() => async (facts, tx, query) => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return { ...facts, values: (await tx.profileValues.facts(query)).values }
    }),
  },
  {
    name: 'remembers-catalogs',
    defect: 'Each handle remembers the catalogs of the directory that it has read for a profile.',
    breaks: 'UE-TRANSACTION-010',
    expect: 'the facts: catalogs',
    by: 'UE-TRANSACTION-010/facts',
    corrupt: factsAs(() => {
      const known = new Map<string, ProfileFacts['catalogs'][number]>()
      return async (facts, tx) => ({
        ...facts,
        catalogs: facts.catalogs.map((catalog) => {
          if (tx.scope.kind === 'directory' || catalog.scopeId !== DIRECTORY) return catalog
          if (!known.has(catalog.id)) known.set(catalog.id, catalog)
          return known.get(catalog.id) ?? catalog
        }),
      })
    }),
  },
  {
    name: 'finds-drafts-by-client-key',
    defect: 'A tenant finds a draft of the directory by its client key.',
    breaks: 'UE-APPLICATION-003',
    expect: 'what a tenant finds by the name of a draft',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        applications: overlay(tx.applications, {
          async findByClientKey(query) {
            const found = await tx.applications.findByClientKey(query)
            if (found !== null || query.scopeId !== DIRECTORY) return found
            return good.transaction(directoryScope(), (other) => other.applications.findByClientKey(query))
          },
        }),
      })),
  },
]
