import { DIRECTORY } from '@user-engine/store'

import type { Case } from '../case.ts'
import { published } from './published.ts'

export const attributeCatalogs: readonly Case[] = published({
  seen: 'UE-CATALOG-003',
  draft: 'UE-CATALOG-004',
  kind: 'attribute_catalog',
  noun: 'attributeCatalogs',
  make: (ctx, state) => ctx.make.attributeCatalog({ state: state === 'draft' ? 'draft' : 'published' }),
  repository: (tx) => tx.attributeCatalogs,
  list: async (tx) => (await tx.attributeCatalogs.listByOwner(DIRECTORY, { after: null, limit: 100 })).items,
})
