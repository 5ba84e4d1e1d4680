import type { ScopeId } from './scope.ts'

/** The nouns whose records have a life of their own: a version, a state machine, a stream of events. */
export type RecordKind =
  | 'tenant'
  | 'user'
  | 'account'
  | 'external_identity'
  | 'tenant_account'
  | 'group'
  | 'membership'
  | 'application'
  | 'application_binding'
  | 'attribute_catalog'
  | 'profile_value'

/**
 * What every record of those nouns has. Read back, it is what was written (UE-RECORD-001): every text of up to 512 bytes
 * in UTF-8, but for NUL and halves of surrogate pairs, which are a TypeError (UE-RECORD-005). Absent is null, never
 * undefined.
 */
export interface VersionedRecord {
  readonly scopeId: ScopeId
  readonly id: string
  /** 1 when inserted, and one more with each update. Order comes from versions, never from times. */
  readonly version: number
  /** Of the noun's own; what leads from one to the next is the engine's to know. */
  readonly state: string
  /** From the engine's clock, to the millisecond. */
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** What a guard needs to know of a record. */
export type RecordVersion<Record extends VersionedRecord> = Pick<Record, 'scopeId' | 'id' | 'version'>

/** What a guard needs to know of a record that was not read. */
export interface RecordState<Record extends VersionedRecord> extends Pick<Record, 'scopeId' | 'id'> {
  /** Any of them will do; none never does. */
  readonly states: readonly Record['state'][]
}

/**
 * What every repository of a versioned noun does.
 *
 * A conflict of a write or a guard surfaces at the call, at a later read, when a nested transaction begins, or when the
 * (nested) transaction that holds it settles, never later (UE-TRANSACTION-006): what a nested transaction has settled, no
 * other one can upset before the outermost ends. The transaction that holds the conflict is then lost and can only roll
 * back (UE-TRANSACTION-007): each later call in it fails with the same error. TENANT_BOUNDARY and TypeError surface at the
 * call always.
 *
 * What is stored is what was given at the call, whatever the caller does to its object later. A TypeError, which never
 * repeats the value: a text with NUL or half of a surrogate pair (UE-RECORD-005), a noun outside of its home (a user in a
 * tenant), what is not plain data, a version other than 1 at an insert (UE-RECORD-006).
 */
export interface Repository<Record extends VersionedRecord> {
  /**
   * The record as the transaction sees it, its own writes included, or null. Ids are UUIDs: where the directory and the
   * bound tenant should hold the same one, a store may answer either.
   */
  find(id: Record['id']): Promise<Record | null>
  /**
   * Adds a record with version 1. CONFLICT names the uniqueness rule that it breaks (UE-RECORD-002): that of the id where
   * it is one of several, else any of them.
   */
  insert(record: Record): Promise<void>
  /**
   * Replaces the record. `record.version` is the new version: the stored one MUST be exactly one less, or the write
   * fails with VERSION_CONFLICT (UE-VERSION-001); of concurrent updates one wins (UE-VERSION-002). The scope, the id
   * and `createdAt` never change (UE-RECORD-004); every other field may, under the rules that hold for an insert.
   */
  update(record: Record): Promise<void>
  /**
   * Makes the commit fail with VERSION_CONFLICT when the record no longer has this version at the moment of the commit
   * (UE-VERSION-003): what a decision rested on, but did not write, is guarded, crosswise too (UE-VERSION-004). The
   * version is the one that this transaction sees at the call; what it writes itself, before or after, is no conflict. A
   * record that the scope does not see is one that is absent: VERSION_CONFLICT.
   */
  guard(record: RecordVersion<Record>): Promise<void>
  /**
   * The same for a record that was not read: makes the commit fail with VERSION_CONFLICT when the record is in none of these
   * states at the moment of the commit, whatever its version (UE-VERSION-005). The state is the one that this transaction
   * sees at the call; what it writes itself afterwards is no conflict.
   */
  guardState(record: RecordState<Record>): Promise<void>
}

/** A page of a keyset list: stable under concurrent inserts, no row twice, none skipped (UE-PAGING-001, 002). */
export interface Page<Item, Key = string> {
  readonly items: readonly Item[]
  /** Give it as `after` to read on; null when the list is at its end. */
  readonly next: Key | null
}

export interface PageRequest<Key = string> {
  /** The last key already read, or null for the first page. */
  readonly after: Key | null
  /** 1 to 500 items, else TypeError (UE-PAGING-003). */
  readonly limit: number
}

/** Plain JSON, as it is stored in events, idempotency results, catalogs and profile values. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [name: string]: JsonValue
}
