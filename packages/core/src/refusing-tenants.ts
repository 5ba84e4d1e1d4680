import type { TenantId } from '@user-engine/store'

const RECENT_MS = 60_000
const MOST = 10_000

/** Tenants that refused a command within the last minute (ADR 18). Nothing is decided on it. */
export interface RefusingTenants {
  has(tenantId: TenantId | null): boolean
  add(tenantId: TenantId): void
}

export function createRefusingTenants(): RefusingTenants {
  const refusedAt = new Map<TenantId, number>()
  return {
    has(tenantId) {
      const at = tenantId === null ? undefined : refusedAt.get(tenantId)
      return at !== undefined && performance.now() - at < RECENT_MS
    },
    add(tenantId) {
      refusedAt.delete(tenantId)
      refusedAt.set(tenantId, performance.now())
      const [oldest] = refusedAt.keys()
      if (refusedAt.size > MOST && oldest !== undefined) refusedAt.delete(oldest)
    },
  }
}
