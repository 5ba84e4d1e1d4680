import type { CommandId } from './ids.ts'
import type { JsonObject } from './records.ts'
import type { ScopeId } from './scope.ts'

/** A key belongs to one actor in one scope (UE-IDEMPOTENCY-004): (scope, actor, key) is unique, `idempotency_key`. */
export interface IdempotencyKey {
  readonly scopeId: ScopeId
  /** Kind and id of the actor as one string, e.g. `service:signup`. */
  readonly actor: string
  readonly key: string
}

/** What a command answered, kept so that asking again answers the same. */
export interface IdempotencyRecord extends IdempotencyKey {
  readonly commandId: CommandId
  /** A keyed hash (HMAC-SHA-256) of the request: not reversible without the key. */
  readonly requestHash: string
  /** Ids and versions only. */
  readonly result: JsonObject
  readonly createdAt: Date
}

export interface IdempotencyLog {
  /** The record that is kept for this key and has not expired, by the store's clock (UE-IDEMPOTENCY-003). */
  find(key: IdempotencyKey): Promise<IdempotencyRecord | null>
  /**
   * Keeps the record for `ttlMs`, by the store's clock. It commits or rolls back with its command (UE-IDEMPOTENCY-001).
   * Where the key is taken, also by a transaction that commits meanwhile, the commit fails with CONFLICT
   * `idempotency_key`, and with that before any version is compared of what was written or guarded after this call
   * (UE-IDEMPOTENCY-002): insert the key first.
   */
  insert(record: IdempotencyRecord, ttlMs: number): Promise<void>
}
