import { parseUserId, type Account, type AccountState } from '@user-engine/store'

import {
  defineCommand,
  defineQuery,
  expectVersion,
  nextState,
  ref,
  required,
  updated,
  type Operations,
  type StateMachine,
} from './command.ts'
import { id } from './input.ts'

const machine: StateMachine<AccountState> = {
  'account.activate': { invited: 'active' },
  'account.disable': { active: 'disabled' },
  'account.enable': { disabled: 'active' },
  'account.close': { invited: 'closed', active: 'closed', disabled: 'closed' },
}

const userId = id(parseUserId)

function transition(action: string, event: string) {
  return defineCommand(
    { userId },
    {
      action,
      scope: 'directory',
      home: 'directory',
      target: (input) => ({ kind: 'user', id: input.userId }),
      load: (tx, input) => tx.accounts.findByUser(input.userId),
      decide(loaded: Account | null, input, facts) {
        const account = required(loaded, 'account')
        expectVersion(account, 'account', input)
        const state = nextState(machine, 'account', account.state, action)
        const data = { userId: account.userId, state }
        const change = updated('account', account, { state }, facts, event, data)
        return { changes: [change], guards: [], result: { account: ref(change.after) } }
      },
    },
  )
}

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
