import { parseGroupId, type Group, type GroupId, type GroupState, type Tenant } from '@user-engine/store'
import { z } from 'zod'

import {
  activeTenant,
  birth,
  created,
  defineCreation,
  defineQuery,
  onTenant,
  ref,
  required,
  type Operations,
  type Seen,
} from './command.ts'
import { decodeCursor, encodePage } from './cursor.ts'
import { UserEngineError } from './errors.ts'
import { comparable, id, pageFields, text } from './input.ts'
import { defineTransitions, type StateMachine } from './state-machine.ts'

const machine: StateMachine<GroupState> = {
  'group.suspend': { active: 'suspended' },
  'group.reactivate': { suspended: 'active' },
  'group.remove': { active: 'removed', suspended: 'removed' },
}

const groupKey = text(256)
  .transform(comparable)
  .pipe(
    z
      .string()
      .min(1)
      .refine((key) => !/\p{Cf}/u.test(key), { params: { rule: 'invisible_character' } })
      .refine((key) => Buffer.byteLength(key) <= 256, { params: { rule: 'too_big' } }),
  )

const groupId = id(parseGroupId)

const transition = defineTransitions({
  kind: 'group',
  name: 'group',
  machine,
  scope: 'tenant',
  shape: { groupId },
  target: (input) => ({ kind: 'group', id: input.groupId }),
  find: (tx, input) => tx.groups.find(input.groupId),
})

/** All in the tenant of the context; without one they fail with TENANT_REQUIRED. */
export const groupCommands = {
  /**
   * Makes a group of the active tenant. The key is normalised; ALREADY_EXISTS `group_key` where a group that is not removed
   * has it (UE-GROUP-001). `displayName` is kept as given.
   */
  createGroup: defineCreation(
    { key: groupKey, displayName: text(256) },
    {
      action: 'group.create',
      scope: 'tenant',
      home: 'tenant',
      target: () => ({ kind: 'group', id: null }),
      ...onTenant,
      decide(loaded: Seen<Tenant> | null, input, facts) {
        const tenant = required(loaded, 'tenant')
        const guards = [activeTenant(tenant, facts)]
        const group: Group = {
          scopeId: tenant.id,
          id: facts.newId() as GroupId,
          key: input.key,
          displayName: input.displayName,
          state: 'active',
          ...birth(facts),
        }
        return {
          changes: [created('group', group, 'group.created', { state: group.state })],
          guards,
          result: { group: ref(group) },
        }
      },
    },
  ),
  /** active to suspended: sign-ins do not see its memberships until it is reactivated. */
  suspendGroup: transition('group.suspend', 'group.suspended'),
  /** suspended to active. */
  reactivateGroup: transition('group.reactivate', 'group.reactivated'),
  /** To removed, for good: its key is free again, its record and its memberships stay as history. */
  removeGroup: transition('group.remove', 'group.removed'),
}

export const groupQueries = {
  /** The group, removed or not, or NOT_FOUND; one of another tenant is not found either. */
  getGroup: defineQuery(
    { groupId },
    {
      action: 'group.get',
      scope: 'tenant',
      target: (input) => ({ kind: 'group', id: input.groupId }),
      read: async (tx, input) => required(await tx.groups.find(input.groupId), 'group'),
    },
  ),
  /** The groups of this tenant in order of id, removed ones too, by page. */
  listGroups: defineQuery(pageFields, {
    action: 'group.list',
    scope: 'tenant',
    target: (_, { tenantId }) => ({ kind: 'tenant', id: tenantId }),
    async read(tx, input, { tenantId }) {
      if (tenantId === null) throw new UserEngineError('TENANT_REQUIRED', {})
      const after = decodeCursor('groups', tenantId, input.cursor, parseGroupId)
      return encodePage('groups', tenantId, await tx.groups.list({ after, limit: input.limit }))
    },
  }),
}

export type GroupCommands = Operations<typeof groupCommands>
export type GroupQueries = Operations<typeof groupQueries>
