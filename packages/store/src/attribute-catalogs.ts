import type { ApplicationId, AttributeCatalogId } from './ids.ts'
import type { JsonValue, Page, PageRequest, Repository, VersionedRecord } from './records.ts'
import type { ScopeId } from './scope.ts'

export type AttributeCatalogState = 'draft' | 'published' | 'deprecated' | 'retired'

/** Whose attributes they are. A value of an upper layer is overridden by one of a lower layer: platform, tenant, application. */
export type AttributeLayer = 'platform' | 'tenant' | 'application'

/** Who owns a catalog, or a value: the directory, a tenant, or an application, by the layer. */
export type AttributeOwnerId = ScopeId | ApplicationId

/**
 * One version of a set of attribute definitions.
 *
 * UE-CATALOG-001: an owner's key and version MUST be unique: `attribute_catalog_version`. UE-CATALOG-002: at most one
 * version of a key MUST be published at a time: `attribute_catalog_published`. UE-CATALOG-003: every tenant scope MUST
 * see the directory's catalogs, to read and to guard but not to write. UE-CATALOG-004: a draft of the directory MUST be
 * absent there.
 */
export interface AttributeCatalog extends VersionedRecord {
  /** The directory, or the tenant that owns it, itself or by its application. */
  readonly scopeId: ScopeId
  readonly id: AttributeCatalogId
  readonly layer: AttributeLayer
  readonly ownerId: AttributeOwnerId
  /** The name of the set, e.g. the URN of a SCIM schema. Compared exactly. */
  readonly key: string
  /** From 1. Not the record's own `version`. */
  readonly catalogVersion: number
  readonly state: AttributeCatalogState
  /** JSON of up to 1 MiB, that the store keeps and never looks into. The order of names in an object is free. */
  readonly definitions: JsonValue
}

export interface AttributeCatalogQuery {
  readonly scopeId: ScopeId
  readonly ownerId: AttributeOwnerId
  readonly key: string
}

export interface AttributeCatalogRepository extends Repository<AttributeCatalog> {
  /** The highest version of the key, whatever its state, or null (UE-CATALOG-005). */
  findLatest(query: AttributeCatalogQuery): Promise<AttributeCatalog | null>
  /** The version of the key that is published now, or null. */
  findPublished(query: AttributeCatalogQuery): Promise<AttributeCatalog | null>
  /** The owner's catalogs that the scope sees, all versions, in order of id. */
  listByOwner(
    ownerId: AttributeOwnerId,
    page: PageRequest<AttributeCatalogId>,
  ): Promise<Page<AttributeCatalog, AttributeCatalogId>>
}
