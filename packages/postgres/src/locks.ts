import type { RecordKind } from '@user-engine/store'
import { sql } from 'kysely'

import { db } from './database.ts'
import { template, type Template } from './template.ts'

/** The tables of the versioned nouns, in the order in which every transaction locks them. */
export const TABLES = {
  account: 'accounts',
  external_identity: 'external_identities',
  tenant: 'tenants',
  tenant_account: 'tenant_accounts',
  user: 'users',
} as const satisfies Record<RecordKind, string>

/** Raised where a record is absent or has another version than the decision rested on. */
export const VERSION_MISMATCH = 'UE001'
/** Raised where a lease is not held any more. */
export const LEASE_MISMATCH = 'UE002'
/** Raised where an idempotency key is taken. */
export const KEY_TAKEN = 'UE003'

type Lock = Template<'scopeId' | 'id' | 'version'>

function lock(kind: RecordKind, mode: 'update' | 'share'): Lock {
  return template<'scopeId' | 'id' | 'version'>((parameter) => {
    const row = db
      .selectFrom(TABLES[kind])
      .select('id')
      .where('scope_id', '=', parameter('scopeId'))
      .where('id', '=', parameter('id'))
      .where('version', '=', parameter('version'))
    const locked = mode === 'update' ? row.forNoKeyUpdate() : row.forShare()
    return db
      .selectFrom(locked.as('locked'))
      .select(sql`user_engine.expect(count(*) = 1, ${sql.lit(VERSION_MISMATCH)})`.as('expected'))
  })
}

function both(kind: RecordKind) {
  return { update: lock(kind, 'update'), share: lock(kind, 'share') }
}

/** Takes the lock that a write or a guard needs, and raises VERSION_MISMATCH where the version is another one. */
export const LOCKS: Readonly<Record<RecordKind, { readonly update: Lock; readonly share: Lock }>> = {
  account: both('account'),
  external_identity: both('external_identity'),
  tenant: both('tenant'),
  tenant_account: both('tenant_account'),
  user: both('user'),
}
