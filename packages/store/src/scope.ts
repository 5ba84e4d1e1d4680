import { StoreError } from './errors.ts'
import { DIRECTORY, isUuid, type DirectoryId, type TenantId } from './ids.ts'

/** Where a row lives: in one tenant, or in the directory. It leads every key of every table. */
export type ScopeId = TenantId | DirectoryId

/**
 * What one transaction may see and write. There is no scope of "all tenants".
 *
 * - A tenant scope sees the rows of that tenant, its own Tenant row and the directory's applications and catalogs that
 *   are no drafts, and writes the rows of that tenant.
 * - The directory scope sees and writes directory rows and, where a tenant is bound beside it, that tenant's rows.
 *
 * UE-TENANT-001: a read outside of the scope MUST find nothing, exactly as if the row did not exist.
 * UE-TENANT-002: a write outside of the scope MUST fail with TENANT_BOUNDARY and change nothing.
 * UE-TENANT-003: a missing or malformed scope MUST fail with SCOPE_MISSING before anything is read.
 * UE-TENANT-009: what is taken in one tenant MUST be free in every other.
 * UE-TENANT-010: a scope MUST end with its transaction.
 */
export type Scope =
  | { readonly kind: 'tenant'; readonly tenantId: TenantId }
  | { readonly kind: 'directory'; readonly tenantId: TenantId | null }

export function tenantScope(tenantId: TenantId): Scope {
  return { kind: 'tenant', tenantId }
}

export function directoryScope(tenantId: TenantId | null = null): Scope {
  return { kind: 'directory', tenantId }
}

/** The scope ids whose rows the scope may write, the directory first. Throws SCOPE_MISSING (UE-TENANT-003). */
export function scopeIds(scope: Scope): readonly [ScopeId] | readonly [DirectoryId, TenantId] {
  const given: unknown = scope
  if (typeof given === 'object' && given !== null && 'kind' in given && 'tenantId' in given) {
    const { kind, tenantId } = given
    const bound = isUuid(tenantId) && tenantId !== DIRECTORY ? (tenantId as TenantId) : null
    if (kind === 'tenant' && bound !== null) return [bound]
    if (kind === 'directory' && tenantId === null) return [DIRECTORY]
    if (kind === 'directory' && bound !== null) return [DIRECTORY, bound]
  }
  throw new StoreError('SCOPE_MISSING', {})
}
