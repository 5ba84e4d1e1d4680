import {
  DIRECTORY,
  parseTenantAccountId,
  parseUserId,
  type Tenant,
  type TenantAccount,
  type TenantAccountId,
  type TenantAccountState,
  type TenantId,
  type User,
  type UserId,
} from '@user-engine/store'
import { z } from 'zod'

import {
  activeTenant,
  birth,
  created,
  defineCommand,
  defineQuery,
  expectVersion,
  inState,
  ref,
  required,
  updated,
  type Change,
  type Facts,
  type Operations,
  type Seen,
} from './command.ts'
import { decodeCursor, encodePage } from './cursor.ts'
import { UserEngineError } from './errors.ts'
import { id, pageFields, text } from './input.ts'
import { defineTransitions, type StateMachine } from './state-machine.ts'

const machine: StateMachine<TenantAccountState> = {
  'tenant_account.activate': { invited: 'active' },
  'tenant_account.suspend': { active: 'suspended' },
  'tenant_account.reactivate': { suspended: 'active' },
  'tenant_account.leave': { invited: 'deprovisioned', active: 'deprovisioned', suspended: 'deprovisioned' },
}

/** How a user enters a tenant. */
export const joinFields = {
  externalId: text(256).nullish(),
  origin: z.enum(['managed', 'unmanaged']).default('unmanaged'),
  state: z.enum(['active', 'invited']).default('active'),
}

export interface Joining {
  readonly externalId?: string | null | undefined
  readonly origin: TenantAccount['origin']
  readonly state: 'active' | 'invited'
}

/** A new account of the user in the tenant. */
export function join(userId: UserId, tenantId: TenantId, joining: Joining, facts: Facts): Change {
  const tenantAccount: TenantAccount = {
    scopeId: tenantId,
    id: facts.newId() as TenantAccountId,
    userId,
    externalId: joining.externalId ?? null,
    origin: joining.origin,
    state: joining.state,
    ...birth(facts),
  }
  const { origin, state } = tenantAccount
  return created('tenant_account', tenantAccount, 'tenant_account.joined', { userId, origin, state })
}

/** The account of somebody who left and comes back. */
function rejoin(account: TenantAccount, joining: Joining, facts: Facts): Change {
  if (account.state !== 'deprovisioned') {
    throw new UserEngineError('ALREADY_EXISTS', { constraint: 'tenant_account_user' })
  }
  const { origin, state } = joining
  const patch = { origin, state, externalId: joining.externalId ?? account.externalId }
  const data = { userId: account.userId, origin, state }
  return updated('tenant_account', account, patch, facts, 'tenant_account.joined', data)
}

const tenantAccountId = id(parseTenantAccountId)

const transition = defineTransitions({
  kind: 'tenant_account',
  name: 'tenantAccount',
  machine,
  scope: 'tenant',
  shape: { tenantAccountId },
  target: (input) => ({ kind: 'tenant_account', id: input.tenantAccountId }),
  find: (tx, input) => tx.tenantAccounts.find(input.tenantAccountId),
  told: ({ userId }: TenantAccount, state) => ({ userId, state }),
})

interface JoinRecords {
  readonly user: Seen<User> | null
  readonly tenant: Seen<Tenant> | null
  readonly tenantAccount: TenantAccount | null
}

/** All in the tenant of the context; without one they fail with TENANT_REQUIRED. */
export const tenantAccountCommands = {
  /**
   * Adds an active user to the active tenant, or takes one back who left. ALREADY_EXISTS `tenant_account_user` where the
   * user is there, `tenant_account_external_id` where another has the external id.
   */
  joinTenant: defineCommand(
    { userId: id(parseUserId), ...joinFields },
    {
      action: 'tenant_account.join',
      scope: 'directory',
      home: 'tenant',
      target: (input) => ({ kind: 'user', id: input.userId }),
      guardsTenant: true,
      async load(tx, input, _context, known): Promise<JoinRecords> {
        const [user, tenant, tenantAccount] = await Promise.all([
          tx.users.find(input.userId),
          known.tenant(),
          tx.tenantAccounts.findByUser(input.userId),
        ])
        return { user, tenant, tenantAccount }
      },
      suppose: (input, tenant): JoinRecords => ({
        user: { id: input.userId, state: 'active' },
        tenant,
        tenantAccount: null,
      }),
      decide(loaded: JoinRecords, input, facts) {
        const user = required(loaded.user, 'user')
        const tenant = required(loaded.tenant, 'tenant')
        const guards = [
          inState<User>(user, 'user', DIRECTORY, ['active'], facts),
          activeTenant(tenant, facts),
        ]
        expectVersion(loaded.tenantAccount, 'tenant_account', input)
        const change =
          loaded.tenantAccount === null
            ? join(user.id, tenant.id, input, facts)
            : rejoin(loaded.tenantAccount, input, facts)
        return { changes: [change], guards, result: { tenantAccount: ref(change.after) } }
      },
    },
  ),
  /** To deprovisioned; joining again takes the same account back. */
  leaveTenant: transition('tenant_account.leave', 'tenant_account.left'),
  /** invited to active. */
  activateTenantAccount: transition('tenant_account.activate', 'tenant_account.activated'),
  /** active to suspended. */
  suspendTenantAccount: transition('tenant_account.suspend', 'tenant_account.suspended'),
  /** suspended to active. */
  reactivateTenantAccount: transition('tenant_account.reactivate', 'tenant_account.reactivated'),
}

export const tenantAccountQueries = {
  /** The account in this tenant, or NOT_FOUND; one of another tenant is not found either. */
  getTenantAccount: defineQuery(
    { tenantAccountId },
    {
      action: 'tenant_account.get',
      scope: 'tenant',
      target: (input) => ({ kind: 'tenant_account', id: input.tenantAccountId }),
      read: async (tx, input) =>
        required(await tx.tenantAccounts.find(input.tenantAccountId), 'tenant_account'),
    },
  ),
  /** The user's account in this tenant, whatever its state, or null. */
  findTenantAccount: defineQuery(
    { userId: id(parseUserId) },
    {
      action: 'tenant_account.get',
      scope: 'tenant',
      target: (input) => ({ kind: 'user', id: input.userId }),
      read: async (tx, input) => tx.tenantAccounts.findByUser(input.userId),
    },
  ),
  /** The accounts of this tenant in order of id, by page. */
  listTenantAccounts: defineQuery(pageFields, {
    action: 'tenant_account.list',
    scope: 'tenant',
    target: (_, { tenantId }) => ({ kind: 'tenant', id: tenantId }),
    async read(tx, input, { tenantId }) {
      if (tenantId === null) throw new UserEngineError('TENANT_REQUIRED', {})
      const after = decodeCursor('tenant-accounts', tenantId, input.cursor, parseTenantAccountId)
      const page = await tx.tenantAccounts.list({ after, limit: input.limit })
      return encodePage('tenant-accounts', tenantId, page)
    },
  }),
}

export type TenantAccountCommands = Operations<typeof tenantAccountCommands>
export type TenantAccountQueries = Operations<typeof tenantAccountQueries>
