import { DIRECTORY, directoryScope, type AttributeCatalog } from '@user-engine/store'

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
]
