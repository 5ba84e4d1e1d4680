import { isStoreError, type Constraint } from '@user-engine/store'

import type { BreakingChange } from './catalog-compatibility.ts'

/** One thing that is wrong with an input: where, and which rule. Never the value. */
export interface InputIssue {
  /** e.g. `identity.subject` */
  readonly path: string
  /** e.g. `unrecognized_keys`, `too_big`, `invalid_type`. */
  readonly rule: string
}

export interface UserEngineErrorDetails {
  /** The input is malformed. Nothing was asked of anybody and nothing happened. */
  readonly INVALID_INPUT: { readonly issues: readonly InputIssue[] }
  /** The cursor was not made by this list in this scope. */
  readonly INVALID_CURSOR: Readonly<Record<never, never>>
  /** The operation needs `tenantId` in the context. */
  readonly TENANT_REQUIRED: Readonly<Record<never, never>>
  /** The authorize port refused. `durable` is false only where the denial could not be recorded. */
  readonly ACCESS_DENIED: { readonly reason: string; readonly denialId: string; readonly durable: boolean }
  /** The authorize port failed, or did not answer in time: refused, nothing was written. */
  readonly AUTHORIZATION_UNAVAILABLE: Readonly<Record<never, never>>
  /** Absent, or not visible from here: the answer is the same. */
  readonly NOT_FOUND: { readonly kind: string }
  /** The catalogs in force do not declare these attributes, or do not allow these values; `path` begins with the attribute. */
  readonly INVALID_ATTRIBUTES: { readonly issues: readonly InputIssue[] }
  /** Readers or writers may rely on what this version changes. */
  readonly BREAKING_CHANGE: { readonly changes: readonly BreakingChange[] }
  /** The state machine has no such transition. */
  readonly INVALID_STATE: { readonly kind: string; readonly state: string; readonly action: string }
  /** The user's last linked identity stays, unless `allowLast` says otherwise. */
  readonly LAST_IDENTITY: Readonly<Record<never, never>>
  /** The issuer's subject is linked already, to this user or to another. */
  readonly IDENTITY_TAKEN: Readonly<Record<never, never>>
  /** Another unique value is taken. */
  readonly ALREADY_EXISTS: { readonly constraint: Constraint }
  /** The record does not have the version that the caller expected. */
  readonly VERSION_CONFLICT: { readonly kind: string }
  /** The idempotency key was used for another request. */
  readonly IDEMPOTENCY_MISMATCH: Readonly<Record<never, never>>
  /** Other transactions won, each time. Nothing was written. */
  readonly CONTENTION: Readonly<Record<never, never>>
  /** It happened or it did not: the same call with these idempotency keys tells, and does nothing twice. */
  readonly UNKNOWN_OUTCOME: { readonly idempotencyKeys: readonly string[] }
  readonly NOT_READY: { readonly check: string }
  readonly UNAVAILABLE: { readonly reason: string }
  readonly TIMEOUT: Readonly<Record<never, never>>
}

export type UserEngineErrorCode = keyof UserEngineErrorDetails

const facts: Record<UserEngineErrorCode, readonly [retryable: boolean, message: string]> = {
  INVALID_INPUT: [
    false,
    'The input is not valid; details.issues names each field and rule. Nothing was written.',
  ],
  INVALID_CURSOR: [false, 'The cursor does not belong to this list. Start again without one.'],
  TENANT_REQUIRED: [false, 'This operation works in a tenant. Set tenantId in the context.'],
  ACCESS_DENIED: [false, 'The policy refused; details.reason says why. Nothing was written but the denial.'],
  AUTHORIZATION_UNAVAILABLE: [true, 'The policy did not answer, so nothing was done. Try again later.'],
  NOT_FOUND: [false, 'There is no such record here.'],
  INVALID_ATTRIBUTES: [
    false,
    'The catalogs in force do not allow this; details.issues names each attribute and rule. Nothing was written.',
  ],
  BREAKING_CHANGE: [
    false,
    'This version breaks what some rely on; see details.changes, and say acceptBreaking. Nothing was written.',
  ],
  INVALID_STATE: [
    false,
    'The record is in a state that does not allow this; see details. Nothing was written.',
  ],
  LAST_IDENTITY: [
    false,
    'This is the last identity the user can sign in with. Link another first, or say allowLast.',
  ],
  IDENTITY_TAKEN: [false, 'This identity is linked already. Unlink it first. Nothing was written.'],
  ALREADY_EXISTS: [false, 'A unique value is taken; see details.constraint. Nothing was written.'],
  VERSION_CONFLICT: [false, 'The record has changed since you read it. Read it again. Nothing was written.'],
  IDEMPOTENCY_MISMATCH: [false, 'This idempotency key was used for another request. Use a new one.'],
  CONTENTION: [true, 'Others changed the same records, each time. Nothing was written: try again later.'],
  UNKNOWN_OUTCOME: [
    true,
    'The answer to the commit was lost. Call again with the idempotency keys of details: nothing is done twice.',
  ],
  NOT_READY: [false, 'The store is not ready; see readiness(). Nothing was written.'],
  UNAVAILABLE: [true, 'The store can not be reached. Nothing was written: try again later.'],
  TIMEOUT: [true, 'The store did not answer in time. Nothing was written: try again later.'],
}

const mark = Symbol.for('@user-engine/core/UserEngineError')

/** The only error the engine throws. Codes are stable within a major version, messages are not. */
export class UserEngineError<Code extends UserEngineErrorCode = UserEngineErrorCode> extends Error {
  readonly code: Code
  /** True: nothing was kept that the same call with the same idempotency key would do twice. */
  readonly retryable: boolean
  readonly details: UserEngineErrorDetails[Code]

  constructor(code: Code, details: UserEngineErrorDetails[Code], options?: { readonly cause?: unknown }) {
    super(facts[code][1], options)
    this.name = 'UserEngineError'
    this.code = code
    this.retryable = facts[code][0]
    this.details = details
    Object.defineProperty(this, mark, { value: true })
  }
}

/** Recognises a UserEngineError of any copy of this package. Narrows to `code` where given. */
export function isUserEngineError<Code extends UserEngineErrorCode = UserEngineErrorCode>(
  error: unknown,
  code?: Code,
): error is UserEngineError<Code> {
  return (
    typeof error === 'object' &&
    error !== null &&
    mark in error &&
    (code === undefined || (error as { readonly code?: unknown }).code === code)
  )
}

/** The engine's word for what a store said. Anything else, such as an error of the caller's own work, stays as it is. */
export function fromStoreError(error: unknown, idempotencyKeys: readonly string[]): unknown {
  if (!isStoreError(error)) return error
  const options = { cause: error }
  if (isStoreError(error, 'CONFLICT')) {
    const { constraint } = error.details
    if (constraint === 'external_identity_subject') return new UserEngineError('IDENTITY_TAKEN', {}, options)
    if (constraint === 'idempotency_key') return new UserEngineError('CONTENTION', {}, options)
    return new UserEngineError('ALREADY_EXISTS', { constraint }, options)
  }
  if (isStoreError(error, 'UNKNOWN_OUTCOME')) {
    return new UserEngineError('UNKNOWN_OUTCOME', { idempotencyKeys }, options)
  }
  if (isStoreError(error, 'NOT_READY')) return new UserEngineError('NOT_READY', error.details, options)
  if (isStoreError(error, 'UNAVAILABLE')) return new UserEngineError('UNAVAILABLE', error.details, options)
  if (isStoreError(error, 'TIMEOUT')) return new UserEngineError('TIMEOUT', {}, options)
  if (isStoreError(error, 'SERIALIZATION') || isStoreError(error, 'VERSION_CONFLICT')) {
    return new UserEngineError('CONTENTION', {}, options)
  }
  return error
}
