import { directoryScope, parseTenantId, type RecordKind } from '@user-engine/store'

import type { World } from './world.ts'

/** As the store has it. */
export function recordOf(
  { store, tenantId }: World,
  { kind, id }: { readonly kind: RecordKind; readonly id: string },
) {
  const repository = {
    tenant: 'tenants',
    user: 'users',
    account: 'accounts',
    external_identity: 'externalIdentities',
    tenant_account: 'tenantAccounts',
    group: 'groups',
    membership: 'memberships',
    application: 'applications',
    application_binding: 'applicationBindings',
    attribute_catalog: 'attributeCatalogs',
    profile_value: 'profileValues',
  } as const
  return store.transaction(directoryScope(parseTenantId(tenantId)), async (tx) => {
    const { find } = tx[repository[kind]] as { find(of: string): Promise<object | null> }
    const record: Readonly<Record<string, unknown>> = { ...(await find(id)) }
    return record
  })
}
