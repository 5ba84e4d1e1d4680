import type { Tenant, TenantId } from '@user-engine/store'

import { contextTenant, nothing, type AnyCommand } from './command.ts'
import type { ParsedContext } from './context.ts'

/** Not for ever: a database that was restored may count its versions once more. */
const REMEMBERED_MS = 60_000
const MOST = 10_000

/** What a command would load. */
export interface Recalled {
  readonly loaded: Tenant | null
}

/**
 * Tenants as they were last seen. A command that reads nothing else is decided on them and sent without a read before it
 * (ADR 18): its commit guards the tenant, so that one that has changed since costs a second try, and decides nothing.
 */
export interface RememberedTenants {
  /** What the command would load, or null where it has to look. */
  recall(command: AnyCommand, context: ParsedContext): Recalled | null
  /** Keeps what a command has loaded, where it is such a tenant. */
  remember(command: AnyCommand, loaded: unknown): void
}

export function createRememberedTenants(): RememberedTenants {
  const tenants = new Map<TenantId, { readonly tenant: Tenant; readonly seenAt: number }>()
  return {
    recall({ load }, { tenantId }) {
      if (load === nothing) return { loaded: null }
      if (load !== contextTenant) return null
      if (tenantId === null) return { loaded: null }
      const found = tenants.get(tenantId)
      if (found === undefined || performance.now() - found.seenAt > REMEMBERED_MS) return null
      return { loaded: found.tenant }
    },
    remember({ load }, loaded) {
      if (load !== contextTenant || loaded === null) return
      // The load says what it gives; a command's own types are known to its declaration alone.
      const tenant = loaded as Tenant
      tenants.delete(tenant.id)
      // One that refuses is looked at each time: it may have been let in again meanwhile.
      if (tenant.state !== 'active') return
      tenants.set(tenant.id, { tenant, seenAt: performance.now() })
      const [oldest] = tenants.keys()
      if (tenants.size > MOST && oldest !== undefined) tenants.delete(oldest)
    },
  }
}
