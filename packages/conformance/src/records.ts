import {
  DIRECTORY,
  parseAccountId,
  parseApplicationBindingId,
  parseApplicationId,
  parseAttributeCatalogId,
  parseAuditRecordId,
  parseCommandId,
  parseDenialId,
  parseEventId,
  parseExternalIdentityId,
  parseGroupId,
  parseMembershipId,
  parseProfileValueId,
  parseTenantAccountId,
  parseTenantId,
  parseUserId,
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
  type ProfileCatalog,
  type ProfileEntry,
  type ProfileValue,
  type RecordKind,
  type Tenant,
  type TenantAccount,
  type User,
  type VersionedRecord,
} from '@user-engine/store'

import type { Random } from './random.ts'

/** The first instant of every run: records are dated from here on, one millisecond apart. */
const EPOCH = Date.UTC(2026, 0, 1)

/** What a profile is made of, of a value that is set. */
export function entryOf({ layer, attribute, value, source, catalogId }: ProfileValue): ProfileEntry {
  return { layer, attribute, value, source, catalogId }
}

/** Of a catalog, what a profile is made and judged by; its definitions where they are not known. */
export function profileCatalogOf(
  { scopeId, id, version, layer, ownerId, key, catalogVersion, definitions }: AttributeCatalog,
  isKnown = false,
): ProfileCatalog {
  const place = { scopeId, id, version, layer, ownerId, key, catalogVersion }
  return { ...place, definitions: isKnown ? null : definitions }
}

/** A record of a noun from what is special about it. */
type Build<Item, Required extends keyof Item = never> = (
  own: Partial<Item> & { readonly [Name in Required]: Item[Name] },
) => Item
type BuildAny<Item> = (own?: Partial<Item>) => Item

/** Builds valid records. Each id is a UUIDv7 of a later millisecond than all before it, so order of id is order of making. */
export interface Records {
  /** A time that is later than all before it. */
  now(): Date
  /** A UUIDv7 of `now()`. Give it to a parser of the store for an id of a kind. */
  uuid(): string
  tenant: BuildAny<Tenant>
  user: BuildAny<User>
  account: Build<Account, 'userId'>
  externalIdentity: Build<ExternalIdentity, 'userId'>
  tenantAccount: Build<TenantAccount, 'scopeId' | 'userId'>
  group: Build<Group, 'scopeId'>
  membership: Build<Membership, 'scopeId' | 'groupId' | 'tenantAccountId'>
  /** Active, in the directory. */
  application: BuildAny<Application>
  applicationBinding: Build<ApplicationBinding, 'scopeId' | 'applicationId'>
  /** Version 1 of a key of the platform, published. */
  attributeCatalog: BuildAny<AttributeCatalog>
  /** Of the platform. */
  profileValue: Build<ProfileValue, 'userId' | 'catalogId'>
  auditRecord: BuildAny<AuditRecord>
  denial: BuildAny<DenialRecord>
  /** The event of the record's version, `ordinal` 0, in the record's scope. */
  event(
    kind: RecordKind,
    record: Pick<VersionedRecord, 'scopeId' | 'id' | 'version'>,
    own?: Partial<OutboxEvent>,
  ): OutboxEvent
  idempotencyRecord: BuildAny<IdempotencyRecord>
  /** The record's next version, with what changes. */
  next<Item extends VersionedRecord>(record: Item, changes?: Partial<Item>): Item
  /**
   * A tenant, and a user with account, identity (in the directory), tenant account and a group in it; an application of
   * the directory that the tenant is bound to; a catalog of the platform and a value of the user under it.
   */
  seed(): {
    readonly tenant: Tenant
    readonly user: User
    readonly account: Account
    readonly identity: ExternalIdentity
    readonly tenantAccount: TenantAccount
    readonly group: Group
    readonly membership: Membership
    readonly application: Application
    readonly binding: ApplicationBinding
    readonly catalog: AttributeCatalog
    readonly value: ProfileValue
  }
}

export function createRecords(random: Random, canary: () => string): Records {
  let time = EPOCH
  const now = () => new Date((time += 1))
  const uuidAt = (at: Date) => {
    const stamp = at.getTime().toString(16).padStart(12, '0')
    const tail = random.hex(18)
    const variant = '89ab'[Number.parseInt(tail.slice(0, 1), 16) % 4] ?? '8'
    return `${stamp.slice(0, 8)}-${stamp.slice(8)}-7${tail.slice(1, 4)}-${variant}${tail.slice(4, 7)}-${tail.slice(6)}`
  }
  const versioned = <Id>(parse: (text: string) => Id) => {
    const at = now()
    return { id: parse(uuidAt(at)), version: 1, createdAt: at, updatedAt: at }
  }
  const logged = <Id>(parse: (text: string) => Id) => {
    const at = now()
    return { scopeId: DIRECTORY, id: parse(uuidAt(at)), occurredAt: at, correlationId: canary() }
  }
  const actor = () => ({ kind: 'service', id: canary() }) as const

  const records: Records = {
    now,
    uuid: () => uuidAt(now()),
    tenant: (own = {}) => ({
      ...versioned(parseTenantId),
      scopeId: DIRECTORY,
      externalRef: canary(),
      state: 'active',
      ...own,
    }),
    user: (own = {}) => ({
      ...versioned(parseUserId),
      scopeId: DIRECTORY,
      kind: 'person',
      state: 'active',
      ...own,
    }),
    account: (own) => ({ ...versioned(parseAccountId), scopeId: DIRECTORY, state: 'active', ...own }),
    externalIdentity: (own) => ({
      ...versioned(parseExternalIdentityId),
      scopeId: DIRECTORY,
      issuer: `https://${canary()}.example`,
      subject: canary(),
      state: 'linked',
      ...own,
    }),
    tenantAccount: (own) => ({
      ...versioned(parseTenantAccountId),
      externalId: canary(),
      origin: 'managed',
      state: 'active',
      ...own,
    }),
    group: (own) => ({
      ...versioned(parseGroupId),
      key: canary(),
      displayName: canary(),
      state: 'active',
      ...own,
    }),
    membership: (own) => ({
      ...versioned(parseMembershipId),
      roles: [canary()],
      state: 'active',
      ...own,
    }),
    application: (own = {}) => ({
      ...versioned(parseApplicationId),
      scopeId: DIRECTORY,
      clientKey: canary(),
      state: 'active',
      ...own,
    }),
    applicationBinding: (own) => ({
      ...versioned(parseApplicationBindingId),
      catalogId: null,
      state: 'active',
      ...own,
    }),
    attributeCatalog: (own = {}) => ({
      ...versioned(parseAttributeCatalogId),
      scopeId: DIRECTORY,
      layer: 'platform',
      ownerId: DIRECTORY,
      key: canary(),
      catalogVersion: 1,
      state: 'published',
      definitions: [{ name: canary(), type: 'string' }],
      ...own,
    }),
    profileValue: (own) => ({
      ...versioned(parseProfileValueId),
      scopeId: DIRECTORY,
      layer: 'platform',
      ownerId: DIRECTORY,
      attribute: canary(),
      value: canary(),
      state: 'set',
      source: canary(),
      uniqueKey: null,
      ...own,
    }),
    auditRecord: (own = {}) => ({
      ...logged(parseAuditRecordId),
      actor: actor(),
      action: 'user.suspend',
      target: { kind: 'user', id: records.uuid() },
      commandId: parseCommandId(records.uuid()),
      changes: [],
      ...own,
    }),
    denial: (own = {}) => ({
      ...logged(parseDenialId),
      actor: actor(),
      action: 'user.suspend',
      target: { kind: 'user', id: null },
      reason: 'not_permitted',
      ...own,
    }),
    event: (kind, record, own = {}) => ({
      ...logged(parseEventId),
      scopeId: record.scopeId,
      type: `${kind}.changed`,
      aggregate: { kind, id: record.id },
      aggregateVersion: record.version,
      ordinal: 0,
      commandId: parseCommandId(records.uuid()),
      data: { version: record.version },
      ...own,
    }),
    idempotencyRecord: (own = {}) => ({
      scopeId: DIRECTORY,
      actor: `service:${canary()}`,
      key: canary(),
      commandId: parseCommandId(records.uuid()),
      requestHash: random.hex(64),
      result: { version: 1 },
      createdAt: now(),
      ...own,
    }),
    next: (record, changes = {}) => ({
      ...record,
      version: record.version + 1,
      updatedAt: now(),
      ...changes,
    }),
    seed() {
      const tenant = records.tenant()
      const user = records.user()
      const account = records.account({ userId: user.id })
      const identity = records.externalIdentity({ userId: user.id })
      const tenantAccount = records.tenantAccount({ scopeId: tenant.id, userId: user.id })
      const group = records.group({ scopeId: tenant.id })
      const application = records.application()
      const catalog = records.attributeCatalog()
      return {
        tenant,
        user,
        account,
        identity,
        tenantAccount,
        group,
        membership: records.membership({
          scopeId: tenant.id,
          groupId: group.id,
          tenantAccountId: tenantAccount.id,
        }),
        application,
        binding: records.applicationBinding({ scopeId: tenant.id, applicationId: application.id }),
        catalog,
        value: records.profileValue({ userId: user.id, catalogId: catalog.id }),
      }
    },
  }
  return records
}
