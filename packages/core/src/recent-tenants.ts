import type { TenantId } from '@user-engine/store'

const RECENT_MS = 60_000
const MOST = 10_000

/** Tenants of which something was noticed, for a minute. Nothing is decided on it. */
export interface RecentTenants {
  has(tenantId: TenantId | null): boolean
  add(tenantId: TenantId): void
}

export function createRecentTenants(): RecentTenants {
  const noticedAt = new Map<TenantId, number>()
  return {
    has(tenantId) {
      const at = tenantId === null ? undefined : noticedAt.get(tenantId)
      return at !== undefined && performance.now() - at < RECENT_MS
    },
    add(tenantId) {
      noticedAt.delete(tenantId)
      noticedAt.set(tenantId, performance.now())
      const [oldest] = noticedAt.keys()
      if (noticedAt.size > MOST && oldest !== undefined) noticedAt.delete(oldest)
    },
  }
}
