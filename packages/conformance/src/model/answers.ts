import {
  DIRECTORY,
  type Account,
  type Application,
  type ApplicationBinding,
  type ApplicationId,
  type AttributeCatalog,
  type AttributeCatalogId,
  type AttributeCatalogQuery,
  type AttributeOwnerId,
  type ExternalIdentity,
  type Group,
  type GroupMembership,
  type IdempotencyKey,
  type IdempotencyRecord,
  type Membership,
  type PendingEvent,
  type ProfileFacts,
  type ProfileValue,
  type RecordCounts,
  type RecordKind,
  type ScopeId,
  type SignIn,
  type SignInQuery,
  type SubjectQuery,
  type Tenant,
  type TenantAccount,
  type TimelineEntry,
  type User,
  type UserId,
  type VersionedRecord,
} from '@user-engine/store'

import { entryOf, profileCatalogOf } from '../records.ts'
import { byId, idsSeen, seen, UNCLAIMED, type Delivery, type View } from './state.ts'

/** What the port has to answer, by the plainest reading of its docstrings: all is looked through, nothing is indexed. */

export function find(view: View, kind: RecordKind, id: string): VersionedRecord | null {
  return seen(view, kind).find((record) => record.id === id) ?? null
}

/** The one record of the noun that matches, or null. */
export function one<Item extends VersionedRecord>(
  view: View,
  kind: RecordKind,
  matches: (record: Item) => boolean,
): Item | null {
  return seen<Item>(view, kind).find(matches) ?? null
}

export function findLinked(view: View, { scopeId, issuer, subject }: SubjectQuery): ExternalIdentity | null {
  return one<ExternalIdentity>(
    view,
    'external_identity',
    (identity) =>
      identity.scopeId === scopeId &&
      identity.issuer === issuer &&
      identity.subject === subject &&
      identity.state === 'linked',
  )
}

export function catalogsOf(
  view: View,
  { scopeId, ownerId, key }: AttributeCatalogQuery,
): readonly AttributeCatalog[] {
  return seen<AttributeCatalog>(view, 'attribute_catalog').filter(
    (catalog) => catalog.scopeId === scopeId && catalog.ownerId === ownerId && catalog.key === key,
  )
}

export function latest(catalogs: readonly AttributeCatalog[]): AttributeCatalog | null {
  const highest = Math.max(...catalogs.map(({ catalogVersion }) => catalogVersion))
  return catalogs.find(({ catalogVersion }) => catalogVersion === highest) ?? null
}

export function timeline(view: View, scopeId: ScopeId, targetId: string | null): readonly TimelineEntry[] {
  if (!idsSeen(view).includes(scopeId)) return []
  const entries: TimelineEntry[] = [
    ...view.kept.audit.map((record) => ({ kind: 'change' as const, record })),
    ...view.denials.map((record) => ({ kind: 'denial' as const, record })),
  ]
  return entries
    .filter(({ record }) => record.scopeId === scopeId)
    .filter(({ record }) => targetId === null || record.target.id === targetId)
    .toSorted((entry, other) => byId(entry.record, other.record))
}

export function pending(view: View): readonly PendingEvent[] {
  return view.kept.events
    .filter(({ scopeId }) => idsSeen(view).includes(scopeId))
    .toSorted(byId)
    .map((event) => {
      const delivery = view.deliveries.get(event.id) ?? UNCLAIMED
      return { event, attempts: delivery.attempts, state: stateOf(delivery, view.time) }
    })
}

export function stateOf({ dead, token, until }: Delivery, time: number): PendingEvent['state'] {
  if (dead) return 'dead'
  return token !== null && until > time ? 'leased' : 'pending'
}

export function answerTo(view: View, { scopeId, actor, key }: IdempotencyKey): IdempotencyRecord | null {
  if (!idsSeen(view).includes(scopeId)) return null
  const found = view.kept.answers.find(
    ({ record }) => record.scopeId === scopeId && record.actor === actor && record.key === key,
  )
  return found !== undefined && found.expiresAt > view.time ? found.record : null
}

export function counts(view: View): RecordCounts {
  const here = ({ scopeId }: { readonly scopeId: ScopeId }) => idsSeen(view).includes(scopeId)
  const count = (kind: RecordKind) => seen(view, kind).length
  return {
    tenants: count('tenant'),
    users: count('user'),
    accounts: count('account'),
    externalIdentities: count('external_identity'),
    tenantAccounts: count('tenant_account'),
    groups: count('group'),
    memberships: count('membership'),
    applications: count('application'),
    applicationBindings: count('application_binding'),
    attributeCatalogs: count('attribute_catalog'),
    profileValues: count('profile_value'),
    auditRecords: view.kept.audit.filter(here).length,
    denials: view.denials.filter(here).length,
    pendingEvents: view.kept.events.filter(here).length,
    idempotencyRecords: view.kept.answers.filter(
      ({ record, expiresAt }) => here(record) && expiresAt > view.time,
    ).length,
  }
}

/** Scopes, and who owns something in them. */
type Owners = readonly (readonly [scopeId: string | null, ownerId: string | null])[]

export function facts(
  view: View,
  userId: UserId | null,
  applicationId: ApplicationId | null,
  knownCatalogIds: readonly AttributeCatalogId[],
): ProfileFacts {
  const { tenantId } = view.scope
  const application =
    applicationId === null ? null : one<Application>(view, 'application', ({ id }) => id === applicationId)
  const binding =
    applicationId === null
      ? null
      : one<ApplicationBinding>(
          view,
          'application_binding',
          (bound) => bound.scopeId === tenantId && bound.applicationId === applicationId,
        )
  const owners: Owners = [
    [DIRECTORY, DIRECTORY],
    [tenantId, tenantId],
  ]
  const values: Owners = application === null ? owners : [...owners, [tenantId, application.id]]
  const catalogs: Owners = application === null ? owners : [...owners, [application.scopeId, application.id]]
  const belongs = (to: Owners, item: { readonly scopeId: string; readonly ownerId: string }) =>
    to.some(([scopeId, ownerId]) => item.scopeId === scopeId && item.ownerId === ownerId)
  const inForce = seen<AttributeCatalog>(view, 'attribute_catalog').filter(
    (catalog) => belongs(catalogs, catalog) && ['published', 'deprecated'].includes(catalog.state),
  )
  const isLatest = (catalog: AttributeCatalog) =>
    !inForce.some(
      (other) =>
        other.scopeId === catalog.scopeId &&
        other.ownerId === catalog.ownerId &&
        other.key === catalog.key &&
        other.catalogVersion > catalog.catalogVersion,
    )
  return {
    application,
    binding,
    catalogs: inForce
      .filter((catalog) => isLatest(catalog) || catalog.id === binding?.catalogId)
      .map((catalog) => profileCatalogOf(catalog, knownCatalogIds.includes(catalog.id))),
    values: seen<ProfileValue>(view, 'profile_value')
      .filter((value) => value.userId === userId && value.state === 'set' && belongs(values, value))
      .map(entryOf),
  }
}

export function ownerValues(
  view: View,
  userId: UserId,
  ownerId: AttributeOwnerId,
  attributes: readonly string[],
): ProfileValue[] {
  return seen<ProfileValue>(view, 'profile_value').filter(
    (value) => value.userId === userId && value.ownerId === ownerId && attributes.includes(value.attribute),
  )
}

export function signIn(view: View, query: SignInQuery): SignIn {
  const { tenantId } = view.scope
  const identity = findLinked(view, query)
  const userId = identity?.userId ?? null
  const tenantAccount =
    userId === null
      ? null
      : one<TenantAccount>(
          view,
          'tenant_account',
          (account) => account.scopeId === tenantId && account.userId === userId,
        )
  return {
    identity,
    user: userId === null ? null : one<User>(view, 'user', ({ id }) => id === userId),
    account: userId === null ? null : one<Account>(view, 'account', (account) => account.userId === userId),
    tenant: one<Tenant>(view, 'tenant', ({ id }) => id === tenantId),
    tenantAccount,
    memberships: tenantAccount === null ? [] : membershipsOf(view, tenantAccount.id),
    profile: {
      ...facts(view, userId, query.applicationId, query.knownCatalogIds),
      ...(!query.withProfile && { catalogs: [], values: [] }),
    },
  }
}

function membershipsOf(view: View, tenantAccountId: string): GroupMembership[] {
  return seen<Membership>(view, 'membership')
    .filter((membership) => membership.tenantAccountId === tenantAccountId && membership.state !== 'removed')
    .flatMap((membership) => {
      const group = one<Group>(view, 'group', ({ id }) => id === membership.groupId)
      return group === null || group.state === 'removed' ? [] : [{ membership, group }]
    })
}
