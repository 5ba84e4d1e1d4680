import type {
  AttributeCatalog,
  AttributeCatalogId,
  AttributeCatalogQuery,
  AttributeCatalogRepository,
} from '@user-engine/store'

import { sees, type Access } from './access.ts'
import type { View } from './layers.ts'
import { createRepository, listSeen } from './repository.ts'
import { versionedTables } from './tables.ts'

/** Whose catalogs or values, and where they live. */
export type Owner = Pick<AttributeCatalog, 'scopeId' | 'ownerId'>

export function isOf(owners: readonly Owner[], { scopeId, ownerId }: Owner): boolean {
  return owners.some((owner) => owner.scopeId === scopeId && owner.ownerId === ownerId)
}

export function createAttributeCatalogRepository(access: Access): AttributeCatalogRepository {
  const versions = (view: View, query: AttributeCatalogQuery) =>
    catalogsOf(view, access).filter((catalog) => isOf([query], catalog) && catalog.key === query.key)
  return {
    ...createRepository(access, versionedTables.attributeCatalogs),
    findLatest: (query) => access.read((view) => highest(versions(view, query))),
    findPublished: (query) =>
      access.read((view) => versions(view, query).find(({ state }) => state === 'published') ?? null),
    listByOwner: (ownerId, page) =>
      listSeen(access, 'attributeCatalogs', page, (catalog) => catalog.ownerId === ownerId),
  }
}

/** Of each key the highest version that is published or deprecated, and the pinned one where it is either, by id. */
export function catalogsInForce(
  view: View,
  access: Access,
  owners: readonly Owner[],
  pinned: AttributeCatalogId | null,
): AttributeCatalog[] {
  const usable = catalogsOf(view, access).filter(
    (catalog) => isOf(owners, catalog) && (catalog.state === 'published' || catalog.state === 'deprecated'),
  )
  const byKey = Map.groupBy(usable, ({ scopeId, ownerId, key }) => JSON.stringify([scopeId, ownerId, key]))
  const latest = new Set([...byKey.values()].map(highest))
  return usable
    .filter((catalog) => latest.has(catalog) || catalog.id === pinned)
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
}

function catalogsOf(view: View, access: Access): AttributeCatalog[] {
  return view.list('attributeCatalogs').filter((catalog) => sees(access, 'attributeCatalogs', catalog))
}

function highest(catalogs: readonly AttributeCatalog[]): AttributeCatalog | null {
  return catalogs.toSorted((one, other) => other.catalogVersion - one.catalogVersion)[0] ?? null
}
