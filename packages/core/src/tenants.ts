import { DIRECTORY, parseTenantId, type Tenant, type TenantId, type TenantState } from '@user-engine/store'
import { z } from 'zod'

import {
  birth,
  created,
  defineCreation,
  defineQuery,
  onNothing,
  ref,
  required,
  type Operations,
} from './command.ts'
import { decodeCursor, encodePage } from './cursor.ts'
import { id, pageFields, text } from './input.ts'
import { defineTransitions, type StateMachine } from './state-machine.ts'

const machine: StateMachine<TenantState> = {
  'tenant.activate': { provisioning: 'active' },
  'tenant.suspend': { active: 'suspended' },
  'tenant.reactivate': { suspended: 'active' },
  'tenant.mark_deleting': { provisioning: 'deleting', active: 'deleting', suspended: 'deleting' },
  'tenant.mark_deleted': { deleting: 'deleted' },
}

const tenantId = id(parseTenantId)

const transition = defineTransitions({
  kind: 'tenant',
  name: 'tenant',
  machine,
  scope: 'directory',
  shape: { tenantId },
  target: (input) => ({ kind: 'tenant', id: input.tenantId }),
  find: (tx, input) => tx.tenants.find(input.tenantId),
})

export const tenantCommands = {
  /** Makes a tenant known. The platform owns its lifecycle; `externalRef` is the platform's name of it, unique. */
  registerTenant: defineCreation(
    {
      externalRef: text(256).nullish(),
      state: z.enum(['provisioning', 'active']).default('active'),
    },
    {
      action: 'tenant.register',
      scope: 'directory',
      home: 'directory',
      target: () => ({ kind: 'tenant', id: null }),
      ...onNothing,
      decide(_: null, input, facts) {
        const tenant: Tenant = {
          scopeId: DIRECTORY,
          id: facts.newId() as TenantId,
          externalRef: input.externalRef ?? null,
          state: input.state,
          ...birth(facts),
        }
        const change = created('tenant', tenant, 'tenant.registered', { state: tenant.state })
        return { changes: [change], guards: [], result: { tenant: ref(tenant) } }
      },
    },
  ),
  /** provisioning to active. */
  activateTenant: transition('tenant.activate', 'tenant.activated'),
  /** active to suspended: nobody signs in to it any more. */
  suspendTenant: transition('tenant.suspend', 'tenant.suspended'),
  /** suspended to active. */
  reactivateTenant: transition('tenant.reactivate', 'tenant.reactivated'),
  /** The platform has begun to delete it: there is no way back. */
  markTenantDeleting: transition('tenant.mark_deleting', 'tenant.deleting'),
  /** The platform has deleted it. Its id is never used again. */
  markTenantDeleted: transition('tenant.mark_deleted', 'tenant.deleted'),
}

export const tenantQueries = {
  /** The tenant, or NOT_FOUND. */
  getTenant: defineQuery(
    { tenantId },
    {
      action: 'tenant.get',
      scope: 'directory',
      target: (input) => ({ kind: 'tenant', id: input.tenantId }),
      read: async (tx, input) => required(await tx.tenants.find(input.tenantId), 'tenant'),
    },
  ),
  /** All tenants in order of id, by page. */
  listTenants: defineQuery(pageFields, {
    action: 'tenant.list',
    scope: 'directory',
    target: () => ({ kind: 'tenant', id: null }),
    async read(tx, input) {
      const after = decodeCursor('tenants', DIRECTORY, input.cursor, parseTenantId)
      return encodePage('tenants', DIRECTORY, await tx.tenants.list({ after, limit: input.limit }))
    },
  }),
}

export type TenantCommands = Operations<typeof tenantCommands>
export type TenantQueries = Operations<typeof tenantQueries>
