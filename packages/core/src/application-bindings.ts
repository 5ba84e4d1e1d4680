import {
  parseApplicationBindingId,
  parseApplicationId,
  parseAttributeCatalogId,
  type Application,
  type ApplicationBinding,
  type ApplicationBindingId,
  type ApplicationBindingState,
  type AttributeCatalog,
  type Tenant,
} from '@user-engine/store'

import {
  activeTenant,
  birth,
  created,
  defineCommand,
  defineQuery,
  expectState,
  expectVersion,
  ref,
  required,
  updated,
  type Facts,
  type Guard,
  type Operations,
  type Seen,
} from './command.ts'
import { decodeCursor, encodePage } from './cursor.ts'
import { UserEngineError } from './errors.ts'
import { id, pageFields } from './input.ts'
import { defineTransitions, nextState, type StateMachine } from './state-machine.ts'

const machine: StateMachine<ApplicationBindingState> = {
  'application_binding.activate': { requested: 'active', suspended: 'active' },
  'application_binding.suspend': { active: 'suspended' },
  'application_binding.revoke': { requested: 'revoked', active: 'revoked', suspended: 'revoked' },
  'application_binding.pin_catalog': { requested: 'requested', active: 'active', suspended: 'suspended' },
}

const bindingId = id(parseApplicationBindingId)
const target = ({ bindingId: of }: { readonly bindingId: ApplicationBindingId }) =>
  ({ kind: 'application_binding', id: of }) as const

const transition = defineTransitions({
  kind: 'application_binding',
  name: 'binding',
  machine,
  scope: 'tenant',
  shape: { bindingId },
  target,
  find: (tx, input) => tx.applicationBindings.find(input.bindingId),
  told: ({ applicationId }: ApplicationBinding, state) => ({ applicationId, state }),
})

interface BindingRecords {
  readonly tenant: Seen<Tenant> | null
  readonly application: Application | null
  readonly binding: ApplicationBinding | null
}

/** The binding of a tenant that has none, or whose binding was revoked. */
function requested(
  { binding }: BindingRecords,
  tenant: Seen<Tenant>,
  application: Application,
  facts: Facts,
) {
  const data = { applicationId: application.id, state: 'requested' }
  if (binding === null) {
    const made: ApplicationBinding = {
      scopeId: tenant.id,
      id: facts.newId() as ApplicationBindingId,
      applicationId: application.id,
      catalogId: null,
      state: 'requested',
      ...birth(facts),
    }
    return created('application_binding', made, 'application_binding.requested', data)
  }
  if (binding.state !== 'revoked') {
    throw new UserEngineError('ALREADY_EXISTS', { constraint: 'application_binding_application' })
  }
  const patch = { state: 'requested', catalogId: null } as const
  return updated('application_binding', binding, patch, facts, 'application_binding.requested', data)
}

/** All in the tenant of the context; without one they fail with TENANT_REQUIRED. */
export const applicationBindingCommands = {
  /**
   * Asks for the use of an active application that the tenant sees; a revoked binding is asked for again, without what it
   * had pinned. ALREADY_EXISTS `application_binding_application` where there is one (UE-BINDING-001).
   */
  requestBinding: defineCommand(
    { applicationId: id(parseApplicationId) },
    {
      action: 'application_binding.request',
      scope: 'tenant',
      home: 'tenant',
      target: (input) => ({ kind: 'application', id: input.applicationId }),
      guardsTenant: true,
      async load(tx, input, _context, known): Promise<BindingRecords> {
        const [tenant, application, binding] = await Promise.all([
          known.tenant(),
          tx.applications.find(input.applicationId),
          tx.applicationBindings.findByApplication(input.applicationId),
        ])
        return { tenant, application, binding }
      },
      decide(loaded: BindingRecords, input, facts) {
        const tenant = required(loaded.tenant, 'tenant')
        const application = required(loaded.application, 'application')
        const guards: Guard[] = [activeTenant(tenant, facts), { kind: 'application', record: application }]
        expectState(application, 'application', ['active'], facts.action)
        expectVersion(loaded.binding, 'application_binding', input)
        const change = requested(loaded, tenant, application, facts)
        return { changes: [change], guards, result: { binding: ref(change.after) } }
      },
    },
  ),
  /** requested or suspended to active. */
  activateBinding: transition('application_binding.activate', 'application_binding.activated'),
  /** active to suspended. */
  suspendBinding: transition('application_binding.suspend', 'application_binding.suspended'),
  /** To revoked; requesting again takes the same binding back. */
  revokeBinding: transition('application_binding.revoke', 'application_binding.revoked'),
  /**
   * Keeps the tenant on one version of the application's catalog, published or deprecated; null follows the newest.
   * NOT_FOUND `attribute_catalog` where it is none of the application's.
   */
  pinBindingCatalog: defineCommand(
    { bindingId, catalogId: id(parseAttributeCatalogId).nullable() },
    {
      action: 'application_binding.pin_catalog',
      scope: 'tenant',
      home: 'tenant',
      target,
      async load(tx, { bindingId: of, catalogId }) {
        const [binding, catalog] = await Promise.all([
          tx.applicationBindings.find(of),
          catalogId === null ? null : tx.attributeCatalogs.find(catalogId),
        ])
        return { binding, catalog }
      },
      decide(
        loaded: { readonly binding: ApplicationBinding | null; readonly catalog: AttributeCatalog | null },
        input,
        facts,
      ) {
        const binding = required(loaded.binding, 'application_binding')
        expectVersion(binding, 'application_binding', input)
        const state = nextState(machine, 'application_binding', binding.state, facts.action)
        const data = { applicationId: binding.applicationId, catalogId: input.catalogId, state }
        const change = updated(
          'application_binding',
          binding,
          { catalogId: input.catalogId },
          facts,
          'application_binding.catalog_pinned',
          data,
        )
        const result = { binding: ref(change.after) }
        if (input.catalogId === null) return { changes: [change], guards: [], result }
        const catalog = required(loaded.catalog, 'attribute_catalog')
        if (catalog.ownerId !== binding.applicationId) {
          throw new UserEngineError('NOT_FOUND', { kind: 'attribute_catalog' })
        }
        expectState(catalog, 'attribute_catalog', ['published', 'deprecated'], facts.action)
        return { changes: [change], guards: [{ kind: 'attribute_catalog', record: catalog }], result }
      },
    },
  ),
}

export const applicationBindingQueries = {
  /** The binding, revoked or not, or NOT_FOUND; one of another tenant is not found either. */
  getBinding: defineQuery(
    { bindingId },
    {
      action: 'application_binding.get',
      scope: 'tenant',
      target,
      read: async (tx, input) =>
        required(await tx.applicationBindings.find(input.bindingId), 'application_binding'),
    },
  ),
  /** The bindings of this tenant in order of id, revoked ones too, by page. */
  listBindings: defineQuery(pageFields, {
    action: 'application_binding.list',
    scope: 'tenant',
    target: (_, { tenantId }) => ({ kind: 'tenant', id: tenantId }),
    async read(tx, input, { tenantId }) {
      if (tenantId === null) throw new UserEngineError('TENANT_REQUIRED', {})
      const after = decodeCursor('application-bindings', tenantId, input.cursor, parseApplicationBindingId)
      const page = await tx.applicationBindings.list({ after, limit: input.limit })
      return encodePage('application-bindings', tenantId, page)
    },
  }),
}

export type ApplicationBindingCommands = Operations<typeof applicationBindingCommands>
export type ApplicationBindingQueries = Operations<typeof applicationBindingQueries>
