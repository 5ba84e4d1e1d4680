import type { ApplicationBindingId, ApplicationId, AttributeCatalogId, TenantId } from './ids.ts'
import type { Page, PageRequest, Repository, VersionedRecord } from './records.ts'

export type ApplicationBindingState = 'requested' | 'active' | 'suspended' | 'revoked'

/**
 * A tenant's use of an application. UE-BINDING-001: there MUST be at most one for a tenant and an application, whatever
 * its state: `application_binding_application`.
 */
export interface ApplicationBinding extends VersionedRecord {
  readonly scopeId: TenantId
  readonly id: ApplicationBindingId
  /** Not checked by the store: the application may live in the directory. */
  readonly applicationId: ApplicationId
  /** The version of the application's catalog that the tenant stays with, or null. Not checked by the store. */
  readonly catalogId: AttributeCatalogId | null
  readonly state: ApplicationBindingState
}

export interface ApplicationBindingRepository extends Repository<ApplicationBinding> {
  /** The binding of the bound tenant, whatever its state, or null. */
  findByApplication(applicationId: ApplicationId): Promise<ApplicationBinding | null>
  /** The bindings of the bound tenant in order of id. */
  list(page: PageRequest<ApplicationBindingId>): Promise<Page<ApplicationBinding, ApplicationBindingId>>
}
