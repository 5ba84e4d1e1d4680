import type { DirectoryId, TenantId } from './ids.ts'
import type { Page, PageRequest, Repository, VersionedRecord } from './records.ts'

export type TenantState = 'provisioning' | 'active' | 'suspended' | 'deleting' | 'deleted'

/**
 * A reference to a tenant; the platform owns its lifecycle. It lives in the directory, and its own tenant scope sees it
 * too, to read and to guard but not to write (UE-TENANT-005).
 */
export interface Tenant extends VersionedRecord {
  readonly scopeId: DirectoryId
  readonly id: TenantId
  /** The platform's own name of the tenant. Unique where given: `tenant_external_ref` (UE-TENANT-006). */
  readonly externalRef: string | null
  readonly state: TenantState
}

export interface TenantRepository extends Repository<Tenant> {
  /** In order of id. A tenant scope lists at most its own row. */
  list(page: PageRequest<TenantId>): Promise<Page<Tenant, TenantId>>
}
