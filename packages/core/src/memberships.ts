import {
  parseGroupId,
  parseMembershipId,
  parseTenantAccountId,
  type Group,
  type Membership,
  type MembershipId,
  type MembershipState,
  type Tenant,
  type TenantAccount,
  type TenantId,
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
import { defineTransitions, nextState, type StateMachine } from './state-machine.ts'

const machine: StateMachine<MembershipState> = {
  'membership.change_roles': { active: 'active', suspended: 'suspended' },
  'membership.suspend': { active: 'suspended' },
  'membership.reactivate': { suspended: 'active' },
  'membership.remove': { active: 'removed', suspended: 'removed' },
}

/** References to roles of the host's own authorization: distinct, kept in the order given, never read here. */
export const roles = z
  .array(text(128))
  .max(100)
  .refine((given) => new Set(given).size === given.length, { params: { rule: 'not_distinct' } })

const membershipId = id(parseMembershipId)

const told = ({ groupId, tenantAccountId }: Membership, state: MembershipState) => ({
  groupId,
  tenantAccountId,
  state,
})

const transition = defineTransitions({
  kind: 'membership',
  name: 'membership',
  machine,
  scope: 'tenant',
  shape: { membershipId },
  target: (input) => ({ kind: 'membership', id: input.membershipId }),
  find: (tx, input) => tx.memberships.find(input.membershipId),
  told,
})

interface AddRecords {
  readonly tenant: Seen<Tenant> | null
  readonly group: Seen<Group> | null
  readonly tenantAccount: Seen<TenantAccount> | null
  readonly membership: Membership | null
}

/** The membership of an account that is new to the group, or comes back to it. */
function add(
  { membership }: AddRecords,
  scopeId: TenantId,
  { groupId, tenantAccountId, roles: given }: Pick<Membership, 'groupId' | 'tenantAccountId' | 'roles'>,
  facts: Facts,
) {
  if (membership === null) {
    const made: Membership = {
      scopeId,
      id: facts.newId() as MembershipId,
      groupId,
      tenantAccountId,
      roles: given,
      state: 'active',
      ...birth(facts),
    }
    return created('membership', made, 'membership.added', told(made, 'active'))
  }
  if (membership.state !== 'removed') {
    throw new UserEngineError('ALREADY_EXISTS', { constraint: 'membership_member' })
  }
  const patch = { state: 'active', roles: given } as const
  return updated('membership', membership, patch, facts, 'membership.added', told(membership, 'active'))
}

/** All in the tenant of the context; without one they fail with TENANT_REQUIRED. */
export const membershipCommands = {
  /**
   * Puts an invited or active account of the active tenant into an active group; who was removed gets the same membership
   * back, with the roles given now. ALREADY_EXISTS `membership_member` where the account is in the group
   * (UE-MEMBERSHIP-001).
   */
  addMembership: defineCommand(
    { groupId: id(parseGroupId), tenantAccountId: id(parseTenantAccountId), roles: roles.default([]) },
    {
      action: 'membership.add',
      scope: 'tenant',
      home: 'tenant',
      target: (input) => ({ kind: 'group', id: input.groupId }),
      guardsTenant: true,
      async load(tx, input, _context, known): Promise<AddRecords> {
        const [tenant, group, tenantAccount, membership] = await Promise.all([
          known.tenant(),
          tx.groups.find(input.groupId),
          tx.tenantAccounts.find(input.tenantAccountId),
          tx.memberships.findByMember(input.groupId, input.tenantAccountId),
        ])
        return { tenant, group, tenantAccount, membership }
      },
      suppose: (input, tenant): AddRecords => ({
        tenant,
        group: { id: input.groupId, state: 'active' },
        tenantAccount: { id: input.tenantAccountId, state: 'active' },
        membership: null,
      }),
      decide(loaded: AddRecords, input, facts) {
        const tenant = required(loaded.tenant, 'tenant')
        const group = required(loaded.group, 'group')
        const account = required(loaded.tenantAccount, 'tenant_account')
        const guards = [
          activeTenant(tenant, facts),
          inState<Group>(group, 'group', tenant.id, ['active'], facts),
          inState<TenantAccount>(account, 'tenant_account', tenant.id, ['invited', 'active'], facts),
        ]
        expectVersion(loaded.membership, 'membership', input)
        const change: Change = add(loaded, tenant.id, input, facts)
        return { changes: [change], guards, result: { membership: ref(change.after) } }
      },
    },
  ),
  /** Replaces the roles of a membership that is not removed. */
  changeMembershipRoles: defineCommand(
    { membershipId, roles },
    {
      action: 'membership.change_roles',
      scope: 'tenant',
      home: 'tenant',
      target: (input) => ({ kind: 'membership', id: input.membershipId }),
      load: (tx, input) => tx.memberships.find(input.membershipId),
      decide(loaded: Membership | null, input, facts) {
        const membership = required(loaded, 'membership')
        expectVersion(membership, 'membership', input)
        const state = nextState(machine, 'membership', membership.state, facts.action)
        const data = told(membership, state)
        const change = updated(
          'membership',
          membership,
          { roles: input.roles },
          facts,
          'membership.roles_changed',
          data,
        )
        return { changes: [change], guards: [], result: { membership: ref(change.after) } }
      },
    },
  ),
  /** active to suspended: sign-ins do not see it until it is reactivated. */
  suspendMembership: transition('membership.suspend', 'membership.suspended'),
  /** suspended to active. */
  reactivateMembership: transition('membership.reactivate', 'membership.reactivated'),
  /** To removed; adding the account again takes the same membership back. */
  removeMembership: transition('membership.remove', 'membership.removed'),
}

export const membershipQueries = {
  /** The membership, removed or not, or NOT_FOUND; one of another tenant is not found either. */
  getMembership: defineQuery(
    { membershipId },
    {
      action: 'membership.get',
      scope: 'tenant',
      target: (input) => ({ kind: 'membership', id: input.membershipId }),
      read: async (tx, input) => required(await tx.memberships.find(input.membershipId), 'membership'),
    },
  ),
  /** The memberships of a group in order of id, removed ones too, by page; none where the group is not here. */
  listGroupMembers: defineQuery(
    { groupId: id(parseGroupId), ...pageFields },
    {
      action: 'membership.list',
      scope: 'tenant',
      target: (input) => ({ kind: 'group', id: input.groupId }),
      async read(tx, input) {
        const after = decodeCursor('group-members', input.groupId, input.cursor, parseMembershipId)
        const page = await tx.memberships.listByGroup(input.groupId, { after, limit: input.limit })
        return encodePage('group-members', input.groupId, page)
      },
    },
  ),
  /** The memberships of an account of this tenant in order of id, removed ones too, by page. */
  listMemberships: defineQuery(
    { tenantAccountId: id(parseTenantAccountId), ...pageFields },
    {
      action: 'membership.list',
      scope: 'tenant',
      target: (input) => ({ kind: 'tenant_account', id: input.tenantAccountId }),
      async read(tx, input) {
        const { tenantAccountId, limit } = input
        const after = decodeCursor('memberships', tenantAccountId, input.cursor, parseMembershipId)
        const page = await tx.memberships.listByTenantAccount(tenantAccountId, { after, limit })
        return encodePage('memberships', tenantAccountId, page)
      },
    },
  ),
}

export type MembershipCommands = Operations<typeof membershipCommands>
export type MembershipQueries = Operations<typeof membershipQueries>
