import {
  DIRECTORY,
  parseUserId,
  type Account,
  type AccountId,
  type ExternalIdentityId,
  type Tenant,
  type User,
  type UserId,
  type UserState,
} from '@user-engine/store'
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
import { identityFields, identityScopeId, linked } from './identity.ts'
import { id, pageFields } from './input.ts'
import { join, joinFields } from './tenant-accounts.ts'
import { defineTransitions, type StateMachine } from './state-machine.ts'

const machine: StateMachine<UserState> = {
  'user.suspend': { active: 'suspended' },
  'user.reactivate': { suspended: 'active' },
}

const userId = id(parseUserId)

const transition = defineTransitions({
  kind: 'user',
  name: 'user',
  machine,
  scope: 'directory',
  shape: { userId },
  target: (input) => ({ kind: 'user', id: input.userId }),
  find: (tx, input) => tx.users.find(input.userId),
})

/** What a new user may be given. */
export const provisionFields = {
  kind: z.enum(['person', 'service']).default('person'),
  accountState: z.enum(['active', 'invited', 'disabled']).default('active'),
  /** TENANT_REQUIRED where the context has none. */
  tenantAccount: z.strictObject(joinFields).optional(),
}

export const userCommands = {
  /**
   * Makes a user, its account, its first identity and, where the context has a tenant, its account there: all or nothing.
   * IDENTITY_TAKEN where the identity is linked already; under any race one caller gets it.
   */
  provisionUser: defineCreation(
    { identity: z.strictObject(identityFields), ...provisionFields },
    {
      action: 'user.provision',
      scope: 'directory',
      home: 'context',
      target: () => ({ kind: 'user', id: null }),
      ...onTenant,
      decide(loaded: Seen<Tenant> | null, input, facts) {
        if (input.tenantAccount !== undefined && facts.tenantId === null) {
          throw new UserEngineError('TENANT_REQUIRED', {})
        }
        const tenant = facts.tenantId === null ? null : required(loaded, 'tenant')
        const guards = tenant === null ? [] : [activeTenant(tenant, facts)]
        const user: User = {
          scopeId: DIRECTORY,
          id: facts.newId() as UserId,
          kind: input.kind,
          state: 'active',
          ...birth(facts),
        }
        const account: Account = {
          scopeId: DIRECTORY,
          id: facts.newId() as AccountId,
          userId: user.id,
          state: input.accountState,
          ...birth(facts),
        }
        const identity = linked(
          facts.newId() as ExternalIdentityId,
          user.id,
          identityScopeId(input.identity, facts.tenantId),
          input.identity,
          facts,
        )
        const joining = input.tenantAccount ?? { origin: 'unmanaged', state: 'active' }
        const joined = tenant === null ? null : join(user.id, tenant.id, joining, facts)
        const { kind, state } = user
        return {
          changes: [
            created('user', user, 'user.created', { kind, state }),
            created('account', account, 'account.created', { userId: user.id, state: account.state }),
            identity,
            ...(joined === null ? [] : [joined]),
          ],
          guards,
          result: {
            user: ref(user),
            account: ref(account),
            identity: ref(identity.after),
            tenantAccount: joined === null ? null : ref(joined.after),
          },
        }
      },
    },
  ),
  /** active to suspended: the user signs in nowhere, whatever the accounts' states. */
  suspendUser: transition('user.suspend', 'user.suspended'),
  /** suspended to active. */
  reactivateUser: transition('user.reactivate', 'user.reactivated'),
}

export const userQueries = {
  /** The user, or NOT_FOUND. */
  getUser: defineQuery(
    { userId },
    {
      action: 'user.get',
      scope: 'directory',
      target: (input) => ({ kind: 'user', id: input.userId }),
      read: async (tx, input) => required(await tx.users.find(input.userId), 'user'),
    },
  ),
  /** All users of the directory in order of id, by page. */
  listUsers: defineQuery(pageFields, {
    action: 'user.list',
    scope: 'directory',
    target: () => ({ kind: 'user', id: null }),
    async read(tx, input) {
      const after = decodeCursor('users', DIRECTORY, input.cursor, parseUserId)
      return encodePage('users', DIRECTORY, await tx.users.list({ after, limit: input.limit }))
    },
  }),
}

export type UserCommands = Operations<typeof userCommands>
export type UserQueries = Operations<typeof userQueries>
