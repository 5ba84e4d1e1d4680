import { parseUserId, type Account, type AccountState } from '@user-engine/store'

import { defineQuery, required, type Operations } from './command.ts'
import { id } from './input.ts'
import { defineTransitions, type StateMachine } from './state-machine.ts'

const machine: StateMachine<AccountState> = {
  'account.activate': { invited: 'active' },
  'account.disable': { active: 'disabled' },
  'account.enable': { disabled: 'active' },
  'account.close': { invited: 'closed', active: 'closed', disabled: 'closed' },
}

const userId = id(parseUserId)

const transition = defineTransitions({
  kind: 'account',
  name: 'account',
  machine,
  scope: 'directory',
  shape: { userId },
  target: (input) => ({ kind: 'user', id: input.userId }),
  find: (tx, input) => tx.accounts.findByUser(input.userId),
  told: ({ userId: of }: Account, state) => ({ userId: of, state }),
})

/** All by the user's id: a user has one account. */
export const accountCommands = {
  /** invited to active. */
  activateAccount: transition('account.activate', 'account.activated'),
  /** active to disabled: the user signs in nowhere. */
  disableAccount: transition('account.disable', 'account.disabled'),
  /** disabled to active. */
  enableAccount: transition('account.enable', 'account.enabled'),
  /** To closed, for good. */
  closeAccount: transition('account.close', 'account.closed'),
}

export const accountQueries = {
  /** The user's account, or NOT_FOUND. */
  getAccount: defineQuery(
    { userId },
    {
      action: 'account.get',
      scope: 'directory',
      target: (input) => ({ kind: 'user', id: input.userId }),
      read: async (tx, input) => required(await tx.accounts.findByUser(input.userId), 'account'),
    },
  ),
}

export type AccountCommands = Operations<typeof accountCommands>
export type AccountQueries = Operations<typeof accountQueries>
