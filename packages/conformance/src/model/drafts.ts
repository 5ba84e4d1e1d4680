import {
  DIRECTORY,
  type Account,
  type Application,
  type ApplicationBinding,
  type AttributeCatalog,
  type AuditRecord,
  type DenialRecord,
  type ExternalIdentity,
  type Group,
  type IdempotencyRecord,
  type Membership,
  type OutboxEvent,
  type ProfileValue,
  type RecordKind,
  type ScopeId,
  type Tenant,
  type TenantAccount,
  type User,
  type VersionedRecord,
} from '@user-engine/store'

import { textOf, valueOf } from './alphabet.ts'
import { KINDS, NOUNS } from './nouns.ts'
import type { Draft } from './script.ts'
import { SLOTS, type World } from './world.ts'

/** How many of each noun are named by others: few, so that they meet. */
const NAMED = 3

type Fields<Record extends VersionedRecord> = Omit<Record, keyof VersionedRecord | 'state'>

/** The fields of a noun that a draft stands for, in a scope. */
type Fill = { readonly [Kind in RecordKind]: (draft: Draft, scopeId: ScopeId) => object }

function fill(world: World): Fill {
  const named = <Id extends string>(kind: RecordKind, scopeId: ScopeId, of: number) =>
    world.idOf(kind, scopeId, of % NAMED) as Id
  /** What is unique in the directory is told apart from that of scripts before. */
  const unique = (scopeId: ScopeId, text: number) =>
    scopeId === DIRECTORY ? world.prefix + textOf(text) : textOf(text)
  const userId = (of: number) => named<User['id']>('user', DIRECTORY, of)
  const owner = (scopeId: ScopeId, of: number) =>
    of % 2 === 0
      ? { layer: scopeId === DIRECTORY ? ('platform' as const) : ('tenant' as const), ownerId: scopeId }
      : { layer: 'application' as const, ownerId: named<Application['id']>('application', scopeId, of >> 1) }
  const optional = (scopeId: ScopeId, text: number) => (text % 7 === 6 ? null : unique(scopeId, text))
  return {
    tenant: ({ text }): Fields<Tenant> => ({ externalRef: optional(DIRECTORY, text) }),
    user: ({ text }): Fields<User> => ({ kind: text % 2 === 0 ? 'person' : 'service' }),
    account: ({ of }): Fields<Account> => ({ userId: userId(of) }),
    external_identity: ({ text, of }, scopeId): Fields<ExternalIdentity> => ({
      userId: userId(of),
      issuer: unique(scopeId, of >> 1),
      subject: textOf(text),
    }),
    tenant_account: ({ slot, text, of }, scopeId): Fields<TenantAccount> => ({
      userId: world.idOf('user', DIRECTORY, slot < SLOTS ? of : slot) as User['id'],
      externalId: slot < SLOTS ? optional(scopeId, text) : null,
      origin: of % 2 === 0 ? 'managed' : 'unmanaged',
    }),
    group: ({ slot, text, of }): Fields<Group> => ({
      key: slot < SLOTS ? textOf(text) : `group ${slot}`,
      displayName: textOf(text + of),
    }),
    membership: ({ slot, text, of }, scopeId): Fields<Membership> => ({
      groupId: named('group', scopeId, of),
      tenantAccountId: named('tenant_account', scopeId, slot),
      roles: Array.from({ length: text % 4 }, (_, place) => textOf(text + place)),
    }),
    application: ({ slot, text }, scopeId): Fields<Application> => ({
      clientKey: slot < SLOTS ? unique(scopeId, text) : `${unique(scopeId, 0)} ${slot}`,
    }),
    application_binding: ({ text, of }, scopeId): Fields<ApplicationBinding> => ({
      applicationId: named('application', of % 2 === 0 ? DIRECTORY : scopeId, of >> 1),
      catalogId:
        text % 3 === 0 ? null : named('attribute_catalog', text % 3 === 1 ? DIRECTORY : scopeId, text >> 2),
    }),
    attribute_catalog: ({ slot, text, of }, scopeId): Fields<AttributeCatalog> => ({
      ...owner(scopeId, of),
      key: unique(scopeId, text % 3),
      // As texts they are in another order.
      catalogVersion: (slot % 3) + 9,
      definitions: valueOf(text),
    }),
    profile_value: ({ slot, text, of }, scopeId): Fields<ProfileValue> => ({
      ...owner(scopeId, of),
      userId: userId(slot),
      attribute: textOf(text),
      value: valueOf(text + slot),
      source: textOf(of),
      catalogId: named('attribute_catalog', scopeId, text),
      uniqueKey: text % 2 === 0 ? null : unique(scopeId, of),
    }),
  }
}

/** The record that a draft stands for, as its first version. */
export function draftRecord(world: World, kind: RecordKind, scopeId: ScopeId, draft: Draft): VersionedRecord {
  const at = world.now()
  const { states } = NOUNS[kind]
  const record = {
    scopeId,
    id: world.idOf(kind, scopeId, draft.slot),
    version: 1,
    createdAt: at,
    updatedAt: at,
    ...fill(world)[kind](draft, scopeId),
    state: states[draft.state % states.length] ?? '',
  }
  return record
}

/** What an audit record, a denial or an event is about: one of a few records, which need not exist. */
export function targetOf(world: World, scopeId: ScopeId, about: number) {
  const kind = KINDS[about % KINDS.length] ?? 'user'
  return { kind, id: world.idOf(kind, scopeId, about % 2) }
}

export function draftAudit(world: World, scopeId: ScopeId, about: number): AuditRecord {
  const target = targetOf(world, scopeId, about)
  return {
    scopeId,
    id: world.fresh() as AuditRecord['id'],
    occurredAt: world.now(),
    actor: { kind: about % 2 === 0 ? 'user' : 'service', id: `actor ${about}` },
    action: `${target.kind}.change`,
    target: about % 5 === 4 ? { ...target, id: null } : target,
    commandId: world.fresh() as AuditRecord['commandId'],
    correlationId: about % 3 === 0 ? null : 'request \u00FC',
    changes: about % 2 === 0 ? [] : [{ ...target, scopeId, version: about + 1, fields: ['state', 'key'] }],
  }
}

export function draftDenial(world: World, scopeId: ScopeId, about: number): DenialRecord {
  const { occurredAt, actor, action, target, correlationId } = draftAudit(world, scopeId, about)
  return {
    scopeId,
    id: world.fresh() as DenialRecord['id'],
    occurredAt,
    actor,
    action,
    target,
    correlationId,
    reason: 'not_permitted',
  }
}

export function draftEvent(
  world: World,
  scopeId: ScopeId,
  { about, version, ordinal }: { readonly about: number; readonly version: number; readonly ordinal: number },
): OutboxEvent {
  const aggregate = targetOf(world, scopeId, about)
  return {
    scopeId,
    id: world.fresh() as OutboxEvent['id'],
    type: `${aggregate.kind}.changed`,
    aggregate,
    aggregateVersion: version + 1,
    ordinal,
    occurredAt: world.now(),
    commandId: world.fresh() as OutboxEvent['commandId'],
    correlationId: null,
    data: { version: version + 1, list: [valueOf(about)] },
  }
}

export function draftAnswer(
  world: World,
  scopeId: ScopeId,
  { actor, text }: { readonly actor: number; readonly text: number },
): IdempotencyRecord {
  return {
    scopeId,
    actor: `${world.prefix}service:${actor}`,
    key: textOf(text).slice(0, 100),
    commandId: world.fresh() as IdempotencyRecord['commandId'],
    requestHash: world.fresh(),
    result: { version: 1, value: valueOf(text) },
    createdAt: world.now(),
  }
}
