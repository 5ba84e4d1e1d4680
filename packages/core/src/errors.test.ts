import { inspect } from 'node:util'

import { StoreError, type StoreErrorCode, type StoreErrorDetails } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { fromStoreError, isUserEngineError, UserEngineError } from './errors.ts'

const ID = '0190a0b0-0000-7000-8000-00000000000a'

const STORE: { readonly [Code in StoreErrorCode]: readonly [StoreErrorDetails[Code], object] } = {
  CONFLICT: [
    { constraint: 'tenant_external_ref' },
    { code: 'ALREADY_EXISTS', retryable: false, details: { constraint: 'tenant_external_ref' } },
  ],
  VERSION_CONFLICT: [
    { kind: 'user', id: ID },
    { code: 'CONTENTION', retryable: true, details: {} },
  ],
  SCOPE_MISSING: [{}, { name: 'StoreError', code: 'SCOPE_MISSING' }],
  TENANT_BOUNDARY: [{ kind: 'user' }, { name: 'StoreError', code: 'TENANT_BOUNDARY' }],
  SERIALIZATION: [{}, { code: 'CONTENTION', retryable: true, details: {} }],
  UNKNOWN_OUTCOME: [{}, { code: 'UNKNOWN_OUTCOME', retryable: true, details: { idempotencyKeys: ['key'] } }],
  LEASE_LOST: [{}, { name: 'StoreError', code: 'LEASE_LOST' }],
  NOT_READY: [
    { check: 'schema.version' },
    { code: 'NOT_READY', retryable: false, details: { check: 'schema.version' } },
  ],
  UNAVAILABLE: [
    { reason: 'connection' },
    { code: 'UNAVAILABLE', retryable: true, details: { reason: 'connection' } },
  ],
  TIMEOUT: [{}, { code: 'TIMEOUT', retryable: true, details: {} }],
}

describe('errors', () => {
  it.each(Object.entries(STORE))(
    '%s of the store has one word of the engine',
    (code, [details, expected]) => {
      const cause = new StoreError(code as StoreErrorCode, details)
      const error = fromStoreError(cause, ['key'])
      expect(error).toMatchObject(expected)
      if (isUserEngineError(error)) expect(error.cause).toBe(cause)
      else expect(error).toBe(cause)
    },
  )

  it('an identity that is taken, and a key that is, have words of their own', () => {
    const of = (constraint: StoreErrorDetails['CONFLICT']['constraint']) =>
      fromStoreError(new StoreError('CONFLICT', { constraint }), [])
    expect(of('external_identity_subject')).toMatchObject({ code: 'IDENTITY_TAKEN' })
    expect(of('idempotency_key')).toMatchObject({ code: 'CONTENTION' })
  })

  it("leaves the caller's own errors as they are", () => {
    const own = new RangeError('own')
    expect(fromStoreError(own, [])).toBe(own)
  })

  it('is recognised from any copy of the package, and narrows by code', () => {
    const copy = Object.assign(new Error('copy'), {
      code: 'NOT_FOUND',
      [Symbol.for('@user-engine/core/UserEngineError')]: true,
    })
    expect(isUserEngineError(copy)).toBe(true)
    expect(isUserEngineError(copy, 'NOT_FOUND')).toBe(true)
    expect(isUserEngineError(copy, 'TIMEOUT')).toBe(false)
    for (const other of [
      null,
      undefined,
      'NOT_FOUND',
      new Error('NOT_FOUND'),
      new StoreError('TIMEOUT', {}),
    ]) {
      expect(isUserEngineError(other)).toBe(false)
    }
  })

  it('says in its message what to do, and shows code and details', () => {
    const error = new UserEngineError('NOT_FOUND', { kind: 'user' })
    expect(error.message).toMatch(/\.$/)
    expect(inspect(error)).toContain('NOT_FOUND')
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'UserEngineError',
      code: 'NOT_FOUND',
      retryable: false,
      details: { kind: 'user' },
    })
  })
})
