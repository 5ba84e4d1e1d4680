import type { Entity } from '../catalogue/requirement.ts'

/** What each kind of record is, before what is promised of it. The chapters are in this order. */
export const ENTITIES: Readonly<Record<Entity, readonly string[]>> = {
  'all records': [
    'Every record has an id that is never used again and lives in one scope: in a tenant, or in the directory that all ' +
      'tenants share. Tenants, users, accounts, external identities, tenant accounts, groups, memberships, applications, ' +
      'bindings, catalogs and profile values have a life: a state, a version that ' +
      'begins at 1 and grows by one with each change, and two times from the engine’s clock. Audit records, denials, events ' +
      'and idempotency records are written once. Absent values are null.',
    'All of it is read and written in transactions, which hold for every kind of record alike.',
  ],
  tenants: [
    'A tenant is a reference: the platform owns its life, from provisioning through active, suspended and deleting to ' +
      'deleted. The record lives in the directory, under the id that is the scope of everything the tenant owns, and may carry ' +
      'the platform’s own name for it.',
  ],
  users: [
    'A user is the root of a person or of a service, across all tenants. It is active or suspended, and holds no personal ' +
      'data: what is known of somebody hangs on the records around it.',
  ],
  accounts: [
    'The account is the user’s own record, one for each user: invited, active, disabled or closed. It lives in the directory ' +
      'beside its user.',
  ],
  'tenant accounts': [
    'A tenant account is a user in a tenant, and the one place where the two meet. It is invited, active, suspended or ' +
      'deprovisioned; it is managed where the tenant owns the person’s life in it, and unmanaged where the person came alone. ' +
      'The tenant may give it an id of its own.',
  ],
  'external identities': [
    'An external identity is an account at an identity provider, linked to a user. It is named by issuer and subject as ' +
      'OpenID Connect has them, lives in the directory or in the tenant whose provider issued it, and is linked or unlinked.',
  ],
  groups: [
    'A group is a set of a tenant’s people, known by a key that the engine normalises. It is active, suspended or removed.',
  ],
  memberships: [
    'A membership is a tenant account in a group of its tenant, with references to roles of the host’s own authorization. It ' +
      'is active, suspended or removed; who comes back gets the same one back.',
  ],
  applications: [
    'An application is a program that people sign in to, known by a client key. The directory or a tenant owns it; it is a ' +
      'draft, active, disabled or retired.',
  ],
  'application bindings': [
    'A binding is a tenant’s use of an application: requested, active, suspended or revoked. It may pin one version of the ' +
      'application’s catalog.',
  ],
  'attribute catalogs': [
    'An attribute catalog is one version of a set of definitions, of the platform, a tenant or an application. It is a draft, ' +
      'published, deprecated or retired; the engine never changes definitions that were published.',
  ],
  'profile values': [
    'A profile value is what one owner knows of one attribute of a user: set or cleared, with who said so and the catalog that ' +
      'it was written under. A platform’s value lives in the directory; a tenant’s and an application’s live in the tenant.',
  ],
  'audit records': [
    'An audit record says who asked for what, about which record, and which versions and fields changed by it. It carries ' +
      'ids and names of fields, never their values.',
  ],
  denials: [
    'A denial is one attempt that the policy refused: who, what, about which record, and the policy’s code. It belongs to no ' +
      'transaction.',
  ],
  'outbox events': [
    'An event tells the outside of one version of one record. It lives in the scope of that record, bears an id that stays ' +
      'the same over every delivery, and leaves the outbox when it was acknowledged. A relay leases events, one of each record ' +
      'at a time; a lease ends by itself.',
  ],
  'idempotency records': [
    'An idempotency record keeps what a command answered, under the key that its caller chose, for the time that the command ' +
      'asked for. It holds a keyed hash of the request, and ids and versions as the result.',
  ],
  readiness: [
    'Readiness is a list of checks, each with a code that an operator can look up, and the status that follows from them: ' +
      'ready, degraded or not ready. An adapter adds checks of its own under its name.',
  ],
  'schema version': [
    'The schema version is the newest migration that was applied, as it stands in the store, beside the range that the release ' +
      'works on and the state that follows: current, compatible, behind, ahead, breaking or tampered. A store without ' +
      'migrations has one version, which is current.',
  ],
  diagnostics: [
    'Diagnostics are names, versions, capabilities, counts and the adapter’s own numbers: what goes into a ticket.',
  ],
}
