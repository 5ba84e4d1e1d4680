declare const brand: unique symbol

/** A string that only the parser of its kind can make, so that ids of different nouns never mix. */
export type Brand<Name extends string> = string & { readonly [brand]: Name }

export type TenantId = Brand<'TenantId'>
export type UserId = Brand<'UserId'>
export type AccountId = Brand<'AccountId'>
export type ExternalIdentityId = Brand<'ExternalIdentityId'>
export type TenantAccountId = Brand<'TenantAccountId'>
export type GroupId = Brand<'GroupId'>
export type MembershipId = Brand<'MembershipId'>
export type ApplicationId = Brand<'ApplicationId'>
export type ApplicationBindingId = Brand<'ApplicationBindingId'>
export type AttributeCatalogId = Brand<'AttributeCatalogId'>
export type ProfileValueId = Brand<'ProfileValueId'>
export type AuditRecordId = Brand<'AuditRecordId'>
export type DenialId = Brand<'DenialId'>
export type EventId = Brand<'EventId'>
/** Names one execution of one command; its audit record and its events carry it. */
export type CommandId = Brand<'CommandId'>
/** Fencing token of one claim: who holds it, and nobody else, may settle the claimed events. */
export type LeaseToken = Brand<'LeaseToken'>

/** The scope of rows that belong to no tenant. A reserved, non-nil UUID: a forgotten default is never the directory. */
export type DirectoryId = Brand<'DirectoryId'>
export const DIRECTORY = '64697265-6374-8f72-b900-000000000000' as DirectoryId

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** True for a UUID (RFC 9562) in its one canonical form: lower case, hyphens, not nil and not max. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value)
}

function parser<Id extends Brand<string>>(noun: string): (value: unknown) => Id {
  return (value) => {
    if (!isUuid(value)) throw new TypeError(`A ${noun} id is a canonical lower-case UUID.`)
    if (value === DIRECTORY) throw new TypeError(`The directory's reserved id is not a ${noun} id.`)
    return value as Id
  }
}

/** Each parser returns its argument as a branded id, or throws a TypeError that never repeats the value. */
export const parseTenantId = parser<TenantId>('tenant')
export const parseUserId = parser<UserId>('user')
export const parseAccountId = parser<AccountId>('account')
export const parseExternalIdentityId = parser<ExternalIdentityId>('external identity')
export const parseTenantAccountId = parser<TenantAccountId>('tenant account')
export const parseGroupId = parser<GroupId>('group')
export const parseMembershipId = parser<MembershipId>('membership')
export const parseApplicationId = parser<ApplicationId>('application')
export const parseApplicationBindingId = parser<ApplicationBindingId>('application binding')
export const parseAttributeCatalogId = parser<AttributeCatalogId>('attribute catalog')
export const parseProfileValueId = parser<ProfileValueId>('profile value')
export const parseAuditRecordId = parser<AuditRecordId>('audit record')
export const parseDenialId = parser<DenialId>('denial')
export const parseEventId = parser<EventId>('event')
export const parseCommandId = parser<CommandId>('command')
export const parseLeaseToken = parser<LeaseToken>('lease')
