import type { RecordKind } from './records.ts'

/** Every uniqueness rule that a write can break, by name. Adapters map their own constraints to these. */
export type Constraint =
  | 'tenant_id'
  | 'tenant_external_ref'
  | 'user_id'
  | 'account_id'
  | 'account_user'
  | 'external_identity_id'
  | 'external_identity_subject'
  | 'tenant_account_id'
  | 'tenant_account_user'
  | 'tenant_account_external_id'
  | 'group_id'
  | 'group_key'
  | 'membership_id'
  | 'membership_member'
  | 'application_id'
  | 'application_client_key'
  | 'application_binding_id'
  | 'application_binding_application'
  | 'attribute_catalog_id'
  | 'attribute_catalog_version'
  | 'attribute_catalog_published'
  | 'profile_value_id'
  | 'profile_value_attribute'
  | 'profile_value_unique'
  | 'audit_record_id'
  | 'event_id'
  | 'event_ordinal'
  | 'idempotency_key'
  /** A record named another one that does not exist in its scope. */
  | 'reference'

/** Details hold ids and names only, never a value that a person or a system gave (UE-ERROR-002). */
export interface StoreErrorDetails {
  /** A unique value is taken, or a referenced record is absent. */
  readonly CONFLICT: { readonly constraint: Constraint }
  /** A written or guarded record is absent or no longer has the version that the decision rested on. */
  readonly VERSION_CONFLICT: { readonly kind: RecordKind; readonly id: string }
  /** The transaction was opened without a usable scope. */
  readonly SCOPE_MISSING: Readonly<Record<never, never>>
  /** A write left the bound scope. */
  readonly TENANT_BOUNDARY: { readonly kind: RecordKind | null }
  /** A deadlock or a serialization failure (UE-ERROR-004): nothing was kept, the same work may be run again. */
  readonly SERIALIZATION: Readonly<Record<never, never>>
  /** The commit was sent and its answer lost: the idempotency key tells whether it happened (UE-ERROR-005). */
  readonly UNKNOWN_OUTCOME: Readonly<Record<never, never>>
  /** The lease expired or another worker holds the event: nothing of the call took effect. */
  readonly LEASE_LOST: Readonly<Record<never, never>>
  /** The store must not be used as it is, e.g. its schema is behind or ahead of this release. */
  readonly NOT_READY: { readonly check: string }
  /** The store, or a queue in front of it, can't be reached or is full (UE-ERROR-006 to 009). Nothing was kept. */
  readonly UNAVAILABLE: { readonly reason: 'closed' | 'connection' | 'capacity' | 'read-only' | 'fault' }
  /** A deadline passed before anything was committed. Nothing was kept. */
  readonly TIMEOUT: Readonly<Record<never, never>>
}

export type StoreErrorCode = keyof StoreErrorDetails

const facts: Record<StoreErrorCode, { readonly retryable: boolean; readonly message: string }> = {
  CONFLICT: {
    retryable: false,
    message:
      'A unique value is taken or a referenced record is absent; see details.constraint. Nothing was written.',
  },
  VERSION_CONFLICT: {
    retryable: false,
    message: 'The record has changed since it was read. Nothing was written: read it again and decide again.',
  },
  SCOPE_MISSING: {
    retryable: false,
    message: 'The transaction has no usable scope. Open it with tenantScope(id) or directoryScope(id).',
  },
  TENANT_BOUNDARY: {
    retryable: false,
    message:
      'A write left the scope of its transaction. Nothing was written: open the transaction in the scope of the record.',
  },
  SERIALIZATION: {
    retryable: true,
    message: 'The transaction collided with another one and was rolled back. Run the same work again.',
  },
  UNKNOWN_OUTCOME: {
    retryable: false,
    message:
      'The commit was sent but its answer was lost. Ask again with the same idempotency key: it tells what happened.',
  },
  LEASE_LOST: {
    retryable: false,
    message: 'The lease has expired or is held by another worker. Nothing was settled: claim again.',
  },
  NOT_READY: {
    retryable: false,
    message: 'The store is not ready; see details.check and readiness(). Nothing was written.',
  },
  UNAVAILABLE: {
    retryable: true,
    message: 'The store can not be reached or has no capacity left. Nothing was written: try again later.',
  },
  TIMEOUT: {
    retryable: true,
    message: 'A deadline passed before the commit. Nothing was written: try again later.',
  },
}

const mark = Symbol.for('@user-engine/store/StoreError')

/**
 * The only error that a store throws for a reason outside of the program (UE-ERROR-001). A `TypeError` means that the
 * port was called wrongly. Codes are stable within a major version, messages are not.
 */
export class StoreError<Code extends StoreErrorCode = StoreErrorCode> extends Error {
  readonly code: Code
  /** True: nothing was kept, and the same work may succeed when it is run again. */
  readonly retryable: boolean
  readonly details: StoreErrorDetails[Code]

  /** `cause` must be free of values already: a driver's error is never attached as it is. */
  constructor(code: Code, details: StoreErrorDetails[Code], options?: { readonly cause?: unknown }) {
    super(facts[code].message, options)
    this.name = 'StoreError'
    this.code = code
    this.retryable = facts[code].retryable
    this.details = details
    Object.defineProperty(this, mark, { value: true })
  }
}

/** Recognises a StoreError of any copy of this package, which `instanceof` can not. Narrows to `code` where given. */
export function isStoreError<Code extends StoreErrorCode = StoreErrorCode>(
  error: unknown,
  code?: Code,
): error is StoreError<Code> {
  return (
    typeof error === 'object' &&
    error !== null &&
    mark in error &&
    (code === undefined || (error as { readonly code?: unknown }).code === code)
  )
}
