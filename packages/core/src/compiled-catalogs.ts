import type { AttributeCatalogId, AttributeOwnerId, ProfileCatalog } from '@user-engine/store'

import { compileCatalog, type CompiledCatalog } from './attribute-validators.ts'

/** Catalogs that one read of a profile need not bring along, because they are compiled already. */
export interface KnownCatalogs {
  readonly ids: readonly AttributeCatalogId[]
  /** They are in force no more, perhaps. */
  readonly catalogs: readonly CompiledCatalog[]
  /** Compiles those that are new, and remembers them. */
  compile(catalogs: readonly ProfileCatalog[]): readonly CompiledCatalog[]
}

export interface CompiledCatalogs {
  /** Those of these owners. What they are good for, the store says in each read: here are definitions alone. */
  knownOf(owners: readonly AttributeOwnerId[]): KnownCatalogs
}

/**
 * Keeps the attributes that were compiled last, `maxAttributes` of them: a definition takes 1 KiB, and 3 once it judges values by
 * rules of its own; a catalog may have hundreds. A version that is kept never changes: a draft is not among a profile's facts.
 */
export function createCompiledCatalogs(maxAttributes = 100_000): CompiledCatalogs {
  const kept = new Map<AttributeCatalogId, CompiledCatalog>()
  const byOwner = new Map<AttributeOwnerId, readonly CompiledCatalog[]>()
  let attributes = 0

  function remember(compiled: CompiledCatalog): void {
    kept.set(compiled.id, compiled)
    attributes += sizeOf(compiled)
    byOwner.set(compiled.ownerId, [...(byOwner.get(compiled.ownerId) ?? []), compiled])
    for (const oldest of kept.values()) {
      if (attributes <= maxAttributes) return
      forget(oldest)
    }
  }

  function forget(compiled: CompiledCatalog): void {
    kept.delete(compiled.id)
    attributes -= sizeOf(compiled)
    const others = (byOwner.get(compiled.ownerId) ?? []).filter(({ id }) => id !== compiled.id)
    if (others.length === 0) byOwner.delete(compiled.ownerId)
    else byOwner.set(compiled.ownerId, others)
  }

  return {
    knownOf(owners) {
      // Held until the read is answered, whatever is forgotten meanwhile: the read brings no definitions of these.
      const known = new Map(
        owners.flatMap((owner) => byOwner.get(owner) ?? []).map((compiled) => [compiled.id, compiled]),
      )
      return {
        ids: [...known.keys()],
        catalogs: [...known.values()],
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

/** An empty catalog is kept, too. */
const sizeOf = ({ validators }: CompiledCatalog) => validators.size + 1
