import type { RecordKind } from '@user-engine/store'
import { sql } from 'kysely'

import { db } from './database.ts'
import type { Form, Parameter } from './expectations.ts'

/** The tables of the versioned nouns, in the order in which every transaction locks them. */
export const TABLES = {
  account: 'accounts',
  application: 'applications',
  application_binding: 'application_bindings',
  attribute_catalog: 'attribute_catalogs',
  external_identity: 'external_identities',
  group: 'groups',
  membership: 'memberships',
  profile_value: 'profile_values',
  tenant: 'tenants',
  tenant_account: 'tenant_accounts',
  user: 'users',
} as const satisfies Record<RecordKind, string>

/** Makes one of something for each of the versioned nouns. */
export function forEachKind<Value>(make: (kind: RecordKind) => Value): Readonly<Record<RecordKind, Value>> {
  const kinds = Object.keys(TABLES) as RecordKind[]
  return Object.fromEntries(kinds.map((kind) => [kind, make(kind)])) as Record<RecordKind, Value>
}

/** Raised where a record is absent or has another version than the decision rested on. */
export const VERSION_MISMATCH = 'UE001'
/** Raised where a lease is not held any more. */
export const LEASE_MISMATCH = 'UE002'
/** Raised where an idempotency key is taken. */
export const KEY_TAKEN = 'UE003'

function lock(kind: RecordKind, mode: 'update' | 'share' | 'state'): Form {
  const row = (parameter: Parameter) =>
    db
      .selectFrom(TABLES[kind])
      .select('id')
      .where('scope_id', '=', parameter('scopeId'))
      .where('id', '=', parameter('id'))
  const rows = {
    update: (parameter: Parameter) =>
      row(parameter).where('version', '=', parameter('version')).forNoKeyUpdate(),
    share: (parameter: Parameter) => row(parameter).where('version', '=', parameter('version')).forShare(),
    state: (parameter: Parameter) =>
      row(parameter)
        .where(sql<boolean>`state = any(${parameter('states')}::text[])`)
        .forShare(),
  }
  const expected = mode === 'state' ? 'states' : 'version'
  return {
    name: `${kind} ${mode}`,
    values: ['scopeId', 'id', expected],
    code: VERSION_MISMATCH,
    row: rows[mode],
  }
}

/** Takes the lock that a write or a guard needs, of the version or in a state that the decision rested on. */
export const LOCKS = forEachKind((kind) => ({
  update: lock(kind, 'update'),
  share: lock(kind, 'share'),
  state: lock(kind, 'state'),
}))
