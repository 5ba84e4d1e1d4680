import type { ApplicationBinding } from './application-bindings.ts'
import type { Application } from './applications.ts'
import type { AttributeCatalog, AttributeLayer, AttributeOwnerId } from './attribute-catalogs.ts'
import type { ApplicationId, AttributeCatalogId, ProfileValueId, UserId } from './ids.ts'
import type { JsonValue, Page, PageRequest, Repository, VersionedRecord } from './records.ts'
import type { ScopeId } from './scope.ts'

export type ProfileValueState = 'set' | 'cleared'

/**
 * What one owner knows of one attribute of a user. A platform's value lives in the directory; a tenant's and an
 * application's live in the tenant.
 *
 * UE-PROFILE-001: there MUST be at most one for a user, an owner and an attribute, whatever its state:
 * `profile_value_attribute`. UE-PROFILE-002: where `uniqueKey` is given, it MUST be unique for the scope, the owner and
 * the attribute under any concurrency: `profile_value_unique`.
 */
export interface ProfileValue extends VersionedRecord {
  readonly scopeId: ScopeId
  readonly id: ProfileValueId
  /** Not checked by the store. */
  readonly userId: UserId
  readonly layer: AttributeLayer
  readonly ownerId: AttributeOwnerId
  /** As the catalog names it. Compared exactly. */
  readonly attribute: string
  /** JSON of up to 1 MiB, read back equal but for the order of names in an object (UE-PROFILE-004); null when cleared. */
  readonly value: JsonValue
  readonly state: ProfileValueState
  /** Who says so, in the host's own words, e.g. `scim`. */
  readonly source: string
  /** The catalog that the value was written under. Not checked by the store. */
  readonly catalogId: AttributeCatalogId
  /** What must differ from everybody else's, where the definition asks for it. */
  readonly uniqueKey: string | null
}

/** Of a value that is set, what a profile is made of. */
export type ProfileEntry = Pick<ProfileValue, 'layer' | 'attribute' | 'value' | 'source' | 'catalogId'>

export interface ProfileQuery {
  /** Null: of nobody, who has no values. */
  readonly userId: UserId | null
  /** Null: without the layer of an application. */
  readonly applicationId: ApplicationId | null
  /** Catalogs whose definitions the caller has: once published, they never change. */
  readonly knownCatalogIds: readonly AttributeCatalogId[]
}

/** Of a catalog, what a profile is made and judged by. */
export interface ProfileCatalog extends Pick<
  AttributeCatalog,
  'scopeId' | 'id' | 'version' | 'layer' | 'ownerId' | 'key' | 'catalogVersion'
> {
  /** Null where the caller knows them. */
  readonly definitions: JsonValue | null
}

/**
 * All that a user's effective profile is made of, as far as the scope sees it, whatever the state of the application and
 * the binding: of an application that it does not see neither catalogs nor values.
 */
export interface ProfileFacts {
  readonly application: Application | null
  readonly binding: ApplicationBinding | null
  /**
   * Of the directory, the bound tenant and the application, each in its own scope: of each key of an owner the highest
   * version that is published or deprecated, and of all of theirs the one that the binding pins, where it is either. In
   * order of id.
   */
  readonly catalogs: readonly ProfileCatalog[]
  /** The user's values of the same owners that are set, in order of their ids; the application's in the bound tenant only. */
  readonly values: readonly ProfileEntry[]
}

export interface ProfileValueRepository extends Repository<ProfileValue> {
  /** In one read (UE-PROFILE-003). */
  facts(query: ProfileQuery): Promise<ProfileFacts>
  /**
   * What a write decides on: the user's values of one owner that the scope sees, of these attributes alone, whole, set and
   * cleared, in order of id (UE-PROFILE-005).
   */
  findByOwner(
    userId: UserId,
    ownerId: AttributeOwnerId,
    attributes: readonly string[],
  ): Promise<readonly ProfileValue[]>
  /** The user's values that the scope sees, set and cleared, in order of id. */
  listByUser(userId: UserId, page: PageRequest<ProfileValueId>): Promise<Page<ProfileValue, ProfileValueId>>
}
