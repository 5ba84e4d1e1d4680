import type { Tenant, TenantId } from '@user-engine/store'

import { contextTenant, nothing, type AnyCommand } from './command.ts'
import type { ParsedContext } from './context.ts'

/** Not for ever: a database that was restored may count its versions once more. */
const REMEMBERED_MS = 60_000
const MOST = 10_000

/** What a command's first run decides on. */
export interface Recalled {
  readonly tenant: Tenant | null
  /** It reads nothing else. */
  readonly isAll: boolean
}

/**
 * Tenants as they were last seen. A command is decided on them, and sent without a read before it where it reads nothing else
 * (ADR 18): its commit guards the tenant, so that one that has changed since costs a second try, and decides nothing.
 */
export interface RememberedTenants {
  /** Null where the command has to look. */
  recall(command: AnyCommand, context: ParsedContext): Recalled | null
  /** Keeps a tenant that was read, where it is such a one. Returns its argument. */
  remember(tenant: Tenant | null): Tenant | null
}

export function createRememberedTenants(): RememberedTenants {
  const tenants = new Map<TenantId, { readonly tenant: Tenant; readonly seenAt: number }>()
  return {
    recall({ load, guardsTenant }, { tenantId }) {
      const isAll = load === nothing || load === contextTenant
      if (load === nothing || (isAll && tenantId === null)) return { tenant: null, isAll }
      if (guardsTenant !== true || tenantId === null) return null
      const found = tenants.get(tenantId)
      if (found === undefined || performance.now() - found.seenAt > REMEMBERED_MS) return null
      return { tenant: found.tenant, isAll }
    },
    remember(tenant) {
      if (tenant === null) return null
      tenants.delete(tenant.id)
      // One that refuses is looked at each time: it may have been let in again meanwhile.
      if (tenant.state !== 'active') return tenant
      tenants.set(tenant.id, { tenant, seenAt: performance.now() })
      const [oldest] = tenants.keys()
      if (tenants.size > MOST && oldest !== undefined) tenants.delete(oldest)
      return tenant
    },
  }
}
