import {
  DIRECTORY,
  parseApplicationId,
  parseAttributeCatalogId,
  type Application,
  type ApplicationId,
  type AttributeCatalog,
  type AttributeCatalogId,
  type AttributeCatalogState,
  type AttributeLayer,
  type AttributeOwnerId,
  type JsonValue,
  type StoreTransaction,
  type Tenant,
} from '@user-engine/store'
import { z } from 'zod'

import { definitionsSchema, type AttributeDefinitions } from './attribute-definitions.ts'
import { breakingChanges } from './catalog-compatibility.ts'
import {
  activeTenant,
  birth,
  created,
  defineCommand,
  defineQuery,
  expectState,
  expectVersion,
  ownRecord,
  ref,
  required,
  scopeIdOf,
  updated,
  type Facts,
  type Guard,
  type Operations,
  type Seen,
} from './command.ts'
import type { ParsedContext } from './context.ts'
import { decodeCursor, encodePage } from './cursor.ts'
import { UserEngineError } from './errors.ts'
import { id, pageFields, text } from './input.ts'
import { json } from './json.ts'
import { defineTransitions, nextState, type StateMachine } from './state-machine.ts'

const machine: StateMachine<AttributeCatalogState> = {
  'attribute_catalog.replace': { draft: 'draft' },
  'attribute_catalog.publish': { draft: 'published' },
  'attribute_catalog.deprecate': { published: 'deprecated' },
  'attribute_catalog.retire': { draft: 'retired', deprecated: 'retired' },
}

const catalogId = id(parseAttributeCatalogId)
const applicationId = id(parseApplicationId).nullish()
const definitions = json(1_048_576).pipe(
  definitionsSchema as z.ZodType<AttributeDefinitions, JsonValue>,
) as z.ZodType<AttributeDefinitions, AttributeDefinitions>

const target = ({ catalogId: of }: { readonly catalogId: AttributeCatalogId }) =>
  ({ kind: 'attribute_catalog', id: of }) as const

const told = ({ key, catalogVersion, layer, ownerId }: AttributeCatalog, state: AttributeCatalogState) => ({
  key,
  catalogVersion,
  layer,
  ownerId,
  state,
})

function moved(catalog: AttributeCatalog, state: AttributeCatalogState, facts: Facts, event: string) {
  return updated('attribute_catalog', catalog, { state }, facts, event, told(catalog, state))
}

const transition = defineTransitions({
  kind: 'attribute_catalog',
  name: 'catalog',
  machine,
  scope: 'context',
  shape: { catalogId },
  target,
  find: (tx, input) => tx.attributeCatalogs.find(input.catalogId),
  told,
})

interface Owner {
  readonly layer: AttributeLayer
  readonly ownerId: AttributeOwnerId
}

/** An application's where one is named, else the tenant's, and without a tenant the platform's. */
function ownerOf(
  application: ApplicationId | null | undefined,
  { tenantId }: Pick<ParsedContext, 'tenantId'>,
): Owner {
  if (typeof application === 'string') return { layer: 'application', ownerId: application }
  return tenantId === null
    ? { layer: 'platform', ownerId: DIRECTORY }
    : { layer: 'tenant', ownerId: tenantId }
}

interface DraftRecords {
  readonly tenant: Seen<Tenant> | null
  readonly application: Application | null
  readonly latest: AttributeCatalog | null
}

interface PublishRecords {
  readonly draft: AttributeCatalog | null
  readonly published: AttributeCatalog | null
  /** The one that was last in force: what readers rely on. */
  readonly previous: AttributeCatalog | null
}

async function previousOf(tx: StoreTransaction, draft: AttributeCatalog): Promise<AttributeCatalog | null> {
  let previous: AttributeCatalog | null = null
  let after: AttributeCatalogId | null = null
  do {
    const page = await tx.attributeCatalogs.listByOwner(draft.ownerId, { after, limit: 100 })
    for (const each of page.items) {
      const counts = each.key === draft.key && (each.state === 'published' || each.state === 'deprecated')
      if (counts && each.catalogVersion > (previous?.catalogVersion ?? 0)) previous = each
    }
    after = page.next
  } while (after !== null)
  return previous
}

/** On catalogs of the context's tenant and of its applications; without a tenant, on those of the directory. */
export const attributeCatalogCommands = {
  /**
   * Makes the next version of a key, as a draft that nobody is bound by. INVALID_STATE where there is a draft of the key
   * already. With `applicationId` the catalog is that application's.
   */
  draftCatalog: defineCommand(
    { key: text(256), definitions, applicationId },
    {
      action: 'attribute_catalog.draft',
      scope: 'context',
      home: 'context',
      target: (input) =>
        typeof input.applicationId === 'string'
          ? { kind: 'application', id: input.applicationId }
          : { kind: 'attribute_catalog', id: null },
      guardsTenant: true,
      async load(tx, input, context, known): Promise<DraftRecords> {
        const { key } = input
        const { ownerId } = ownerOf(input.applicationId, context)
        const scopeId = scopeIdOf('context', context.tenantId)
        const [tenant, application, latest] = await Promise.all([
          known.tenant(),
          typeof input.applicationId === 'string' ? tx.applications.find(input.applicationId) : null,
          tx.attributeCatalogs.findLatest({ scopeId, ownerId, key }),
        ])
        return { tenant, application, latest }
      },
      decide({ tenant, application, latest }: DraftRecords, input, facts) {
        const guards: Guard[] = []
        if (facts.tenantId !== null) guards.push(activeTenant(required(tenant, 'tenant'), facts))
        if (typeof input.applicationId === 'string') {
          const record = ownRecord(application, 'application', facts)
          expectState(record, 'application', ['draft', 'active', 'disabled'], facts.action)
          guards.push({ kind: 'application', record })
        }
        expectVersion(latest, 'attribute_catalog', input)
        if (latest !== null) {
          expectState(latest, 'attribute_catalog', ['published', 'deprecated', 'retired'], facts.action)
        }
        const catalog: AttributeCatalog = {
          scopeId: scopeIdOf('context', facts.tenantId),
          id: facts.newId() as AttributeCatalogId,
          ...ownerOf(input.applicationId, facts),
          key: input.key,
          catalogVersion: (latest?.catalogVersion ?? 0) + 1,
          state: 'draft',
          definitions: input.definitions as JsonValue,
          ...birth(facts),
        }
        const event = 'attribute_catalog.drafted'
        const change = created('attribute_catalog', catalog, event, told(catalog, 'draft'))
        return { changes: [change], guards, result: { catalog: ref(catalog) } }
      },
    },
  ),
  /** Replaces the definitions of a draft. */
  replaceDraft: defineCommand(
    { catalogId, definitions },
    {
      action: 'attribute_catalog.replace',
      scope: 'context',
      home: 'context',
      target,
      load: (tx, input) => tx.attributeCatalogs.find(input.catalogId),
      decide(loaded: AttributeCatalog | null, input, facts) {
        const catalog = ownRecord(loaded, 'attribute_catalog', facts)
        expectVersion(catalog, 'attribute_catalog', input)
        const state = nextState(machine, 'attribute_catalog', catalog.state, facts.action)
        const patch = { definitions: input.definitions as JsonValue }
        const event = 'attribute_catalog.replaced'
        const change = updated('attribute_catalog', catalog, patch, facts, event, told(catalog, state))
        return { changes: [change], guards: [], result: { catalog: ref(change.after) } }
      },
    },
  ),
  /**
   * Puts a draft in force, for good: a published version never changes. The version that was published until now is
   * deprecated in the same commit. BREAKING_CHANGE, with each change by name, where somebody may rely on what is different
   * now, unless `acceptBreaking` says that this is known.
   */
  publishCatalog: defineCommand(
    { catalogId, acceptBreaking: z.boolean().default(false) },
    {
      action: 'attribute_catalog.publish',
      scope: 'context',
      home: 'context',
      target,
      async load(tx, input): Promise<PublishRecords> {
        const draft = await tx.attributeCatalogs.find(input.catalogId)
        if (draft === null) return { draft, published: null, previous: null }
        const { scopeId, ownerId, key } = draft
        const [published, previous] = await Promise.all([
          tx.attributeCatalogs.findPublished({ scopeId, ownerId, key }),
          previousOf(tx, draft),
        ])
        return { draft, published, previous }
      },
      decide(loaded: PublishRecords, input, facts) {
        const draft = ownRecord(loaded.draft, 'attribute_catalog', facts)
        expectVersion(draft, 'attribute_catalog', input)
        const state = nextState(machine, 'attribute_catalog', draft.state, facts.action)
        const { published, previous } = loaded
        if (previous !== null) {
          // Both were accepted as definitions when they were drafted.
          const [before, after] = [previous, draft].map(
            ({ definitions: each }) => each as AttributeDefinitions,
          )
          const changes = before === undefined || after === undefined ? [] : breakingChanges(before, after)
          if (changes.length > 0 && !input.acceptBreaking)
            throw new UserEngineError('BREAKING_CHANGE', { changes })
        }
        const change = moved(draft, state, facts, 'attribute_catalog.published')
        const replaced =
          published === null ? [] : [moved(published, 'deprecated', facts, 'attribute_catalog.deprecated')]
        return { changes: [...replaced, change], guards: [], result: { catalog: ref(change.after) } }
      },
    },
  ),
  /** published to deprecated: it stays in force until another version is published, or it is retired. */
  deprecateCatalog: transition('attribute_catalog.deprecate', 'attribute_catalog.deprecated'),
  /** A draft or a deprecated version to retired, for good: its attributes are declared no more. */
  retireCatalog: transition('attribute_catalog.retire', 'attribute_catalog.retired'),
}

export const attributeCatalogQueries = {
  /** The catalog, or NOT_FOUND. In a tenant: one of its own, or one of the directory that is no draft. */
  getCatalog: defineQuery(
    { catalogId },
    {
      action: 'attribute_catalog.get',
      scope: 'context',
      target,
      read: async (tx, input) =>
        required(await tx.attributeCatalogs.find(input.catalogId), 'attribute_catalog'),
    },
  ),
  /**
   * The versions of an owner in order of id, by page: of an application where one is named, else of the `layer`, which is the
   * context's own unless a tenant asks for the platform's. Those that `getCatalog` finds.
   */
  listCatalogs: defineQuery(
    { applicationId, layer: z.enum(['platform', 'tenant']).optional(), ...pageFields },
    {
      action: 'attribute_catalog.list',
      scope: 'context',
      target: (input, { tenantId }) =>
        typeof input.applicationId === 'string'
          ? { kind: 'application', id: input.applicationId }
          : { kind: 'tenant', id: tenantId },
      async read(tx, { applicationId: application, layer, cursor, limit }, context) {
        if (layer === 'tenant' && context.tenantId === null) throw new UserEngineError('TENANT_REQUIRED', {})
        const owner = ownerOf(application, layer === 'platform' ? { tenantId: null } : context)
        const after = decodeCursor('catalogs', owner.ownerId, cursor, parseAttributeCatalogId)
        const page = await tx.attributeCatalogs.listByOwner(owner.ownerId, { after, limit })
        return encodePage('catalogs', owner.ownerId, page)
      },
    },
  ),
}

export type AttributeCatalogCommands = Operations<typeof attributeCatalogCommands>
export type AttributeCatalogQueries = Operations<typeof attributeCatalogQueries>
