import {
  DIRECTORY,
  parseApplicationId,
  parseUserId,
  type ApplicationId,
  type AttributeLayer,
  type JsonObject,
  type ProfileFacts,
  type ProfileValue,
  type ProfileValueId,
  type StoreTransaction,
  type Tenant,
  type TenantAccount,
  type TenantId,
  type User,
  type UserId,
} from '@user-engine/store'

import { SENSITIVITIES } from './attribute-definitions.ts'
import type { CompiledCatalog } from './attribute-validators.ts'
import {
  activeTenant,
  birth,
  created,
  defineCreation,
  defineQuery,
  expectState,
  ownersOf,
  required,
  scopeIdOf,
  updated,
  type Change,
  type Facts,
  type Guard,
  type Known,
  type Operations,
  type Seen,
} from './command.ts'
import type { CompiledCatalogs } from './compiled-catalogs.ts'
import type { ParsedContext } from './context.ts'
import { effectiveProfile, explainProfile, inForce, layered } from './effective-profile.ts'
import { UserEngineError } from './errors.ts'
import { id, text } from './input.ts'
import { judge, requiredWith, type Verdict } from './profile-changes.ts'
import { attributeList, expectedVersions, profileMap } from './profile-input.ts'

const userId = id(parseUserId)

interface SetInput {
  readonly userId: UserId
  readonly applicationId?: ApplicationId
  readonly values: ReadonlyMap<string, ProfileValue['value']>
  readonly expectedVersions?: ReadonlyMap<string, number> | undefined
  readonly source: string
}

interface SetRecords {
  readonly user: User | null
  readonly tenant: Seen<Tenant> | null
  readonly tenantAccount: TenantAccount | null
  readonly facts: ProfileFacts
  /** Of whoever writes, what is written and what is required with it. */
  readonly own: readonly ProfileValue[]
  readonly catalogs: readonly CompiledCatalog[]
}

async function load(
  tx: StoreTransaction,
  input: SetInput,
  { tenantId }: ParsedContext,
  { catalogs: compiled, tenant: findTenant }: Known,
): Promise<SetRecords> {
  const applicationId = input.applicationId ?? null
  const known = compiled.knownOf(ownersOf(tenantId, applicationId))
  const ownerId = ownerIdOf(tenantId, input)
  const layer = layerOf(tenantId, input.applicationId)
  const asked = new Set([...input.values.keys(), ...(input.expectedVersions?.keys() ?? [])])
  for (const each of requiredWith(input.values, known.catalogs, layer)) asked.add(each)
  const [user, tenant, tenantAccount, facts, own] = await Promise.all([
    tenantId === null ? tx.users.find(input.userId) : null,
    findTenant(),
    tenantId === null ? null : tx.tenantAccounts.findByUser(input.userId),
    tx.profileValues.facts({ userId: null, applicationId, knownCatalogIds: known.ids }),
    tx.profileValues.findByOwner(input.userId, ownerId, [...asked]),
  ])
  const catalogs = known.compile(facts.catalogs)
  // Of a catalog that is new here it is known only now what it requires.
  const others = requiredWith(input.values, catalogs, layer).filter((each) => !asked.has(each))
  const rest = others.length === 0 ? [] : await tx.profileValues.findByOwner(input.userId, ownerId, others)
  return { user, tenant, tenantAccount, facts, own: [...own, ...rest], catalogs }
}

/** Everybody without whom there is no profile to write to, in a state that allows it. */
function people(
  { user, tenant, tenantAccount, facts: found }: SetRecords,
  input: SetInput,
  facts: Facts,
): Guard[] {
  if (facts.tenantId === null) return [{ kind: 'user', record: required(user, 'user') }]
  const place = activeTenant(required(tenant, 'tenant'), facts)
  const account = required(tenantAccount, 'tenant_account')
  expectState(account, 'tenant_account', ['invited', 'active', 'suspended'], facts.action)
  const guards: Guard[] = [place, { kind: 'tenant_account', record: account }]
  if (input.applicationId === undefined) return guards
  const application = required(found.application, 'application')
  expectState(application, 'application', ['active'], facts.action)
  const binding = required(found.binding, 'application_binding')
  expectState(binding, 'application_binding', ['active'], facts.action)
  return [
    ...guards,
    { kind: 'application', record: application },
    { kind: 'application_binding', record: binding },
  ]
}

/** Ids, names and states; of the value what may be returned, and only where its class lets everybody have it. */
function told(record: ProfileValue, { sensitivity, shown: value }: Verdict): JsonObject {
  const { userId: of, layer, ownerId, attribute, catalogId, state } = record
  const data = { userId: of, layer, ownerId, attribute, catalogId, state, sensitivity }
  const open = SENSITIVITIES.indexOf(sensitivity) <= SENSITIVITIES.indexOf('internal')
  return open && value !== null ? { ...data, value } : data
}

function changed(verdict: Verdict, input: SetInput, layer: AttributeLayer, facts: Facts): Change {
  const { attribute, before, value, catalogId, uniqueKey } = verdict
  const state = value === null ? 'cleared' : 'set'
  const patch = { value, state, source: input.source, catalogId, uniqueKey } as const
  const event = `profile_value.${state}`
  const made = (version: Pick<ProfileValue, 'id' | 'version' | 'createdAt' | 'updatedAt'>): ProfileValue => ({
    scopeId: scopeIdOf('context', facts.tenantId),
    userId: input.userId,
    layer,
    ownerId: ownerIdOf(facts.tenantId, input),
    attribute,
    ...patch,
    ...version,
  })
  // The audit names the attribute: the fields of the record are the same each time.
  if (before === null) {
    const after = made({ id: facts.newId() as ProfileValueId, ...birth(facts) })
    return { ...created('profile_value', after, event, told(after, verdict)), fields: [attribute] }
  }
  const change = updated('profile_value', before, patch, facts, event, {})
  return { ...change, fields: [attribute], data: told({ ...before, ...patch }, verdict) }
}

function decide(loaded: SetRecords, input: SetInput, facts: Facts) {
  const guards = people(loaded, input, facts)
  const layer = layerOf(facts.tenantId, input.applicationId)
  const { own } = loaded
  for (const [attribute, version] of input.expectedVersions ?? []) {
    if (own.find((value) => value.attribute === attribute)?.version !== version) {
      throw new UserEngineError('VERSION_CONFLICT', { kind: 'profile_value' })
    }
  }
  const catalogs = inForce(loaded.facts, loaded.catalogs)
  const verdicts = judge(input.values, own, catalogs, layer, facts.audience)
  const used = new Set(
    verdicts.flatMap(({ attribute }) =>
      Object.values(layered(catalogs, attribute).declared).map(({ catalog }) => catalog.id),
    ),
  )
  for (const record of loaded.facts.catalogs) {
    if (used.has(record.id)) guards.push({ kind: 'attribute_catalog', record })
  }
  const changes = verdicts
    .filter(({ unchanged }) => !unchanged)
    .map((each) => changed(each, input, layer, facts))
  const values = changes.map(({ after, fields: [attribute = ''] }) => {
    const { id: of, version } = after
    return { attribute, id: of, version }
  })
  return { changes, guards, result: { values } }
}

function layerOf(tenantId: TenantId | null, applicationId: ApplicationId | undefined): AttributeLayer {
  if (applicationId !== undefined) return 'application'
  return tenantId === null ? 'platform' : 'tenant'
}

function ownerIdOf(tenantId: TenantId | null, { applicationId }: Pick<SetInput, 'applicationId'>) {
  return applicationId ?? tenantId ?? DIRECTORY
}

const setFields = {
  userId,
  /** By attribute. Null and an empty list clear it (RFC 7643 section 2.5). At most 100, each at most 64 KiB of JSON. */
  values: profileMap,
  /** Who says so, in the host's own words, e.g. `scim`. */
  source: text(128),
  /** By attribute: the version that the caller decided on. */
  expectedVersions,
}

export const profileValueCommands = {
  /**
   * Sets and clears attributes of a user, all or none: in a tenant those that the tenant says of its member, without one
   * those of the platform. INVALID_ATTRIBUTES names each attribute that the catalogs in force do not declare or whose
   * value they do not allow; ALREADY_EXISTS `profile_value_unique` where the definition asks for a value of one's own. What
   * is equal already is not written again.
   */
  setProfileValues: defineCreation(setFields, {
    action: 'profile_value.set',
    scope: 'context',
    home: 'context',
    guardsTenant: true,
    target: (input) => ({ kind: 'user', id: input.userId }),
    load,
    decide,
  }),
  /** The same in the layer of an application, in a tenant whose binding to it is active. */
  setApplicationProfileValues: defineCreation(
    { ...setFields, applicationId: id(parseApplicationId) },
    {
      action: 'profile_value.set_for_application',
      scope: 'tenant',
      home: 'tenant',
      guardsTenant: true,
      target: (input) => ({ kind: 'application', id: input.applicationId }),
      load,
      decide,
    },
  ),
}

const profileFields = { userId, applicationId: id(parseApplicationId).nullish() }
const target = ({ userId: of }: { readonly userId: UserId }) => ({ kind: 'user', id: of }) as const

async function read(
  tx: StoreTransaction,
  input: { readonly userId: UserId; readonly applicationId?: ApplicationId | null | undefined },
  { tenantId }: ParsedContext,
  compiled: CompiledCatalogs,
) {
  const applicationId = input.applicationId ?? null
  const known = compiled.knownOf(ownersOf(tenantId, applicationId))
  const query = { userId: input.userId, applicationId, knownCatalogIds: known.ids }
  const [person, facts] = await Promise.all([
    tenantId === null ? tx.users.find(input.userId) : tx.tenantAccounts.findByUser(input.userId),
    tx.profileValues.facts(query),
  ])
  // What the platform knows of somebody who left is no business of the tenant any more.
  const isThere = person !== null && person.state !== 'deprovisioned'
  required(isThere ? person : null, tenantId === null ? 'user' : 'tenant_account')
  return { facts, catalogs: known.compile(facts.catalogs) }
}

export const profileValueQueries = {
  /**
   * The effective profile, for the context's audience: of each attribute the value of application, tenant or platform, in
   * this order. `attributes` asks for some alone, and for those that are returned on request; `always` comes in any case
   * (RFC 7643 section 7). NOT_FOUND where the user is none of the tenant's, or has left it.
   */
  getProfile: defineQuery(
    { ...profileFields, attributes: attributeList.optional() },
    {
      action: 'profile_value.get',
      scope: 'directory',
      target,
      async read(tx, input, context, compiled) {
        const { facts, catalogs } = await read(tx, input, context, compiled)
        return effectiveProfile(facts, catalogs, context.audience, input.attributes ?? null)
      },
    },
  ),
  /** Why the profile is what it is, attribute by attribute, whoever may see them; it answers no value. */
  explainProfile: defineQuery(profileFields, {
    action: 'profile_value.explain',
    scope: 'directory',
    target,
    async read(tx, input, context, compiled) {
      const { facts, catalogs } = await read(tx, input, context, compiled)
      return { attributes: explainProfile(facts, catalogs) }
    },
  }),
}

export type ProfileValueCommands = Operations<typeof profileValueCommands>
export type ProfileValueQueries = Operations<typeof profileValueQueries>
