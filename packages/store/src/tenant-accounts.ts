import type { TenantAccountId, TenantId, UserId } from './ids.ts'
import type { Page, PageRequest, Repository, VersionedRecord } from './records.ts'

export type TenantAccountState = 'invited' | 'active' | 'suspended' | 'deprovisioned'

/** A user in a tenant: the one place where a tenant meets a person. Unique: `tenant_account_user` (UE-TENANT-007). */
export interface TenantAccount extends VersionedRecord {
  readonly scopeId: TenantId
  readonly id: TenantAccountId
  readonly userId: UserId
  /** The tenant's own name of the person (SCIM `externalId`, RFC 7643 section 3.1). Unique in the tenant where given:
   * `tenant_account_external_id` (UE-TENANT-008). */
  readonly externalId: string | null
  /** Managed: the tenant owns the person's lifecycle. Unmanaged: the person came by themselves. */
  readonly origin: 'managed' | 'unmanaged'
  readonly state: TenantAccountState
}

export interface TenantAccountRepository extends Repository<TenantAccount> {
  /** The user's account in the bound tenant, whatever its state, or null. */
  findByUser(userId: UserId): Promise<TenantAccount | null>
  /** The accounts of the bound tenant in order of id. */
  list(page: PageRequest<TenantAccountId>): Promise<Page<TenantAccount, TenantAccountId>>
}
