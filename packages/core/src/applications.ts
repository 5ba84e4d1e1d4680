import {
  parseApplicationId,
  type Application,
  type ApplicationId,
  type ApplicationState,
} from '@user-engine/store'

import {
  birth,
  created,
  defineCreation,
  defineQuery,
  onNothing,
  ref,
  required,
  scopeIdOf,
  type Operations,
} from './command.ts'
import { decodeCursor, encodePage } from './cursor.ts'
import { id, pageFields, text } from './input.ts'
import { defineTransitions, type StateMachine } from './state-machine.ts'

const machine: StateMachine<ApplicationState> = {
  'application.activate': { draft: 'active', disabled: 'active' },
  'application.disable': { active: 'disabled' },
  'application.retire': { draft: 'retired', active: 'retired', disabled: 'retired' },
}

const applicationId = id(parseApplicationId)

const transition = defineTransitions({
  kind: 'application',
  name: 'application',
  machine,
  scope: 'context',
  shape: { applicationId },
  target: (input) => ({ kind: 'application', id: input.applicationId }),
  find: (tx, input) => tx.applications.find(input.applicationId),
})

/** On applications of the context's tenant; without a tenant, on those of the directory. */
export const applicationCommands = {
  /**
   * Makes a draft. ALREADY_EXISTS `application_client_key` where the owner has
   * the client key already, whatever became of that application (UE-APPLICATION-001). The key is kept as given.
   */
  registerApplication: defineCreation(
    { clientKey: text(256) },
    {
      action: 'application.register',
      scope: 'context',
      home: 'context',
      target: () => ({ kind: 'application', id: null }),
      ...onNothing,
      decide(_: null, input, facts) {
        const application: Application = {
          scopeId: scopeIdOf('context', facts.tenantId),
          id: facts.newId() as ApplicationId,
          clientKey: input.clientKey,
          state: 'draft',
          ...birth(facts),
        }
        const change = created('application', application, 'application.registered', { state: 'draft' })
        return { changes: [change], guards: [], result: { application: ref(application) } }
      },
    },
  ),
  /** draft or disabled to active: tenants may bind to it, and people sign in. */
  activateApplication: transition('application.activate', 'application.activated'),
  /** active to disabled: nobody signs in to it until it is activated again. */
  disableApplication: transition('application.disable', 'application.disabled'),
  /** To retired, for good. */
  retireApplication: transition('application.retire', 'application.retired'),
}

export const applicationQueries = {
  /** The application, or NOT_FOUND. In a tenant: one of its own, or one of the directory that is no draft. */
  getApplication: defineQuery(
    { applicationId },
    {
      action: 'application.get',
      scope: 'context',
      target: (input) => ({ kind: 'application', id: input.applicationId }),
      read: async (tx, input) => required(await tx.applications.find(input.applicationId), 'application'),
    },
  ),
  /** In order of id, by page: those that `getApplication` finds. */
  listApplications: defineQuery(pageFields, {
    action: 'application.list',
    scope: 'context',
    target: (_, { tenantId }) => ({ kind: 'tenant', id: tenantId }),
    async read(tx, input, { tenantId }) {
      const of = scopeIdOf('context', tenantId)
      const after = decodeCursor('applications', of, input.cursor, parseApplicationId)
      return encodePage('applications', of, await tx.applications.list({ after, limit: input.limit }))
    },
  }),
}

export type ApplicationCommands = Operations<typeof applicationCommands>
export type ApplicationQueries = Operations<typeof applicationQueries>
