import {
  DIRECTORY,
  readinessReport,
  type OutboxState,
  type ReadinessReport,
  type SchemaVersionReport,
  type TenantId,
} from '@user-engine/store'

import { sees } from './access.ts'

/** Older than this, what waits in the outbox degrades the store. */
const LAG_MS = 60_000

const ONE_TENANT = '70726f62-6500-8f72-b900-000000000001' as TenantId
const OTHER_TENANT = '70726f62-6500-8f72-b900-000000000002' as TenantId

/** `null` for what a closed store has no more. */
export function checkReadiness(
  schema: SchemaVersionReport | null,
  outbox: OutboxState | null,
): ReadinessReport {
  const status = (ok: boolean) => (ok ? 'pass' : 'fail')
  const open = schema !== null && outbox !== null
  const lagMs = outbox?.oldestAgeMs ?? null
  return readinessReport([
    { code: 'store.reachable', status: status(open), details: {} },
    { code: 'store.writable', status: status(open), details: {} },
    {
      code: 'schema.version',
      status: status(schema?.state === 'current'),
      details: { current: schema?.current ?? null },
    },
    { code: 'isolation.enforced', status: status(isIsolated()), details: { by: 'predicate' } },
    { code: 'denials.writable', status: status(open), details: {} },
    {
      code: 'outbox.dead_letters',
      status: (outbox?.dead ?? 0) > 0 ? 'warn' : 'pass',
      details: { dead: outbox?.dead ?? null },
    },
    {
      code: 'outbox.lag',
      status: (lagMs ?? 0) > LAG_MS ? 'warn' : 'pass',
      details: { oldestAgeMs: lagMs },
    },
  ])
}

/** Tries the predicate that keeps tenants apart: a tenant sees its own rows, and not those of another or of all. */
function isIsolated(): boolean {
  const access = {
    scope: { kind: 'tenant', tenantId: ONE_TENANT } as const,
    scopes: [ONE_TENANT],
  }
  const seesRowOf = (scopeId: TenantId | typeof DIRECTORY) =>
    sees(access, 'externalIdentities', { scopeId, id: OTHER_TENANT })
  return seesRowOf(ONE_TENANT) && !seesRowOf(OTHER_TENANT) && !seesRowOf(DIRECTORY)
}
