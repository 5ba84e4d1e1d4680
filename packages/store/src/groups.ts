import type { GroupId, TenantId } from './ids.ts'
import type { Page, PageRequest, Repository, VersionedRecord } from './records.ts'

export type GroupState = 'active' | 'suspended' | 'removed'

/**
 * A group of a tenant's people (SCIM Group, RFC 7643 section 4.2). UE-GROUP-001: among the groups of a tenant that are
 * not removed, the key MUST be unique under any concurrency: `group_key`. UE-GROUP-002: a removed group stays as
 * history and frees its key.
 */
export interface Group extends VersionedRecord {
  readonly scopeId: TenantId
  readonly id: GroupId
  /** Normalised by the engine; the store compares it exactly. */
  readonly key: string
  readonly displayName: string
  readonly state: GroupState
}

export interface GroupRepository extends Repository<Group> {
  /** The group of the bound tenant that has this key and is not removed, or null. */
  findByKey(key: string): Promise<Group | null>
  /** The groups of the bound tenant, removed ones too, in order of id. */
  list(page: PageRequest<GroupId>): Promise<Page<Group, GroupId>>
}
