import { directoryScope, parseTenantId, type RecordKind } from '@user-engine/store'

import { repository } from '../src/unit-of-work.ts'
import type { World } from './world.ts'

/** As the store has it. */
export function recordOf(
  { store, tenantId }: World,
  { kind, id }: { readonly kind: RecordKind; readonly id: string },
) {
  return store.transaction(directoryScope(parseTenantId(tenantId)), async (tx) => {
    const record: Readonly<Record<string, unknown>> = { ...(await repository(tx, kind).find(id)) }
    return record
  })
}
