import {
  DIRECTORY,
  directoryScope,
  type AttributeCatalog,
  type AttributeCatalogQuery,
} from '@user-engine/store'

import type { Case } from '../case.ts'
import { published } from './published.ts'

export const attributeCatalogs: readonly Case[] = [
  ...published({
    seen: 'UE-CATALOG-003',
    draft: 'UE-CATALOG-004',
    kind: 'attribute_catalog',
    noun: 'attributeCatalogs',
    later: ['deprecated', 'retired'],
    make: (ctx, state) => ctx.make.attributeCatalog({ state: state === 'draft' ? 'draft' : 'published' }),
    repository: (tx) => tx.attributeCatalogs,
    list: async (tx) =>
      (await tx.attributeCatalogs.listByOwner(DIRECTORY, { after: null, limit: 100 })).items,
    findNamed: (tx, record) => tx.attributeCatalogs.findLatest(record as AttributeCatalog),
  }),
  ...(['UE-CATALOG-001', 'UE-CATALOG-002'] as const).map((id): Case => ({
    id: `${id}/separate`,
    title: `Owners do not take ${id === 'UE-CATALOG-001' ? 'a version' : 'the published version'} of a key from each other`,
    async run(ctx) {
      const { tenant, application } = await ctx.seed()
      const places = [
        { layer: 'platform', scopeId: DIRECTORY, ownerId: DIRECTORY },
        { layer: 'application', scopeId: DIRECTORY, ownerId: application.id },
        { layer: 'tenant', scopeId: tenant.id, ownerId: tenant.id },
        { layer: 'application', scopeId: tenant.id, ownerId: ctx.make.application().id },
      ] as const
      const key = ctx.canary()
      for (const [index, place] of places.entries()) {
        const its = id === 'UE-CATALOG-001' ? { state: 'draft' as const } : { catalogVersion: index + 1 }
        const catalog = ctx.make.attributeCatalog({ ...place, ...its, key })
        const scope = directoryScope(tenant.id)
        await ctx.commit(scope, (tx) => tx.attributeCatalogs.insert(catalog))
        const found = await ctx.commit(scope, (tx) => tx.attributeCatalogs.find(catalog.id))
        ctx.equal(id, found, catalog, `the catalog of the ${place.layer}`)
      }
    },
  })),
  {
    id: 'UE-CATALOG-001/boundary',
    title: 'Key and version are apart: the eleventh of one key is not the first of a longer one',
    async run(ctx) {
      const key = ctx.canary()
      for (const own of [
        { key, catalogVersion: 11 },
        { key: `${key}1`, catalogVersion: 1 },
      ]) {
        const catalog = ctx.make.attributeCatalog(own)
        await ctx.commit(directoryScope(), (tx) => tx.attributeCatalogs.insert(catalog))
        const query = { scopeId: DIRECTORY, ownerId: DIRECTORY, key: own.key } as const
        const found = await ctx.commit(directoryScope(), (tx) => tx.attributeCatalogs.findLatest(query))
        ctx.equal('UE-CATALOG-001', found, catalog, 'the latest of the key')
      }
    },
  },
  {
    id: 'UE-CATALOG-005/latest',
    title:
      'The latest and the published version of a key are those of the scope and the owner that are asked for',
    async run(ctx) {
      const { tenant, application } = await ctx.seed()
      const key = ctx.canary()
      const places = [
        { layer: 'platform', scopeId: DIRECTORY, ownerId: DIRECTORY },
        { layer: 'application', scopeId: DIRECTORY, ownerId: application.id },
        { layer: 'tenant', scopeId: tenant.id, ownerId: tenant.id },
        { layer: 'application', scopeId: tenant.id, ownerId: application.id },
      ] as const
      const made = places.map((place, index) => {
        const version = (catalogVersion: number, state: AttributeCatalog['state']) =>
          ctx.make.attributeCatalog({ ...place, key, catalogVersion, state })
        // Neither the last id nor the last that is written is of the highest version; as texts, 9 is after 10.
        const latest = version(10 + index, index % 2 === 0 ? 'retired' : 'draft')
        return { latest, older: version(9, 'deprecated'), published: version(2, 'published') }
      })
      const scope = directoryScope(tenant.id)
      await ctx.commit(scope, async (tx) => {
        for (const each of made) for (const one of Object.values(each)) await tx.attributeCatalogs.insert(one)
      })
      const ask = (query: AttributeCatalogQuery) =>
        ctx.commit(scope, async (tx) => [
          await tx.attributeCatalogs.findLatest(query),
          await tx.attributeCatalogs.findPublished(query),
        ])
      for (const { latest, published } of made) {
        const found = await ask(latest)
        ctx.equal(
          'UE-CATALOG-005',
          found,
          [latest, published],
          `the latest of the ${latest.layer}, and the published one`,
        )
      }
      const [first] = made
      if (first === undefined) return
      const other = await ask({ ...first.latest, key: ctx.canary() })
      ctx.equal('UE-CATALOG-005', other, [null, null], 'those of another key')
      const next = ctx.make.next(first.published, { state: 'deprecated' })
      await ctx.commit(scope, (tx) => tx.attributeCatalogs.update(next))
      ctx.equal(
        'UE-CATALOG-005',
        await ask(first.latest),
        [first.latest, null],
        'where none is published any more',
      )
    },
  },
]
