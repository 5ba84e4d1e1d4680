import type { AttributeCatalogId, AttributeOwnerId, ProfileCatalog } from '@user-engine/store'

import { compileCatalog, type CompiledCatalog } from './attribute-validators.ts'

/** Catalogs that one read of a profile need not bring along, because they are compiled already. */
export interface KnownCatalogs {
  readonly ids: readonly AttributeCatalogId[]
  /** Compiles those that are new, and remembers them. */
  compile(catalogs: readonly ProfileCatalog[]): readonly CompiledCatalog[]
}

export interface CompiledCatalogs {
  /** Those of these owners. What they are good for, the store says in each read: here are definitions alone. */
  knownOf(owners: readonly AttributeOwnerId[]): KnownCatalogs
}

/** Keeps the last `max` versions that were used. They never change: a draft is not among a profile's facts. */
export function createCompiledCatalogs(max = 1000): CompiledCatalogs {
  const kept = new Map<AttributeCatalogId, CompiledCatalog>()
  const remember = (compiled: CompiledCatalog) => {
    kept.delete(compiled.id)
    kept.set(compiled.id, compiled)
    const [oldest] = kept.keys()
    if (kept.size > max && oldest !== undefined) kept.delete(oldest)
    byOwner.clear()
  }
  // Sign-ins ask for the same few owners over and over.
  const byOwner = new Map<AttributeOwnerId, readonly CompiledCatalog[]>()
  const of = (owner: AttributeOwnerId) => {
    const found = byOwner.get(owner) ?? [...kept.values()].filter(({ ownerId }) => ownerId === owner)
    byOwner.set(owner, found)
    return found
  }
  return {
    knownOf(owners) {
      const known = new Map(owners.flatMap(of).map((compiled) => [compiled.id, compiled]))
      return {
        ids: [...known.keys()],
        compile: (catalogs) =>
          catalogs.map((catalog) => {
            const compiled = known.get(catalog.id) ?? kept.get(catalog.id)
            if (compiled !== undefined) return compiled
            const made = compileCatalog(catalog)
            remember(made)
            return made
          }),
      }
    },
  }
}
