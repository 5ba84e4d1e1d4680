import { StoreError, type Constraint } from '@user-engine/store'

import { BatchError } from './batch-error.ts'
import type { ServerFault } from './sqlstate.ts'

const CONSTRAINTS: ReadonlySet<string> = new Set<Constraint>([
  'tenant_id',
  'tenant_external_ref',
  'user_id',
  'account_id',
  'account_user',
  'external_identity_id',
  'external_identity_subject',
  'tenant_account_id',
  'tenant_account_user',
  'tenant_account_external_id',
  'audit_record_id',
  'event_id',
  'event_ordinal',
  'idempotency_key',
])

type Meaning = (fault: ServerFault) => StoreError

const unavailable = (reason: 'connection' | 'capacity' | 'read-only' | 'fault') => () =>
  new StoreError('UNAVAILABLE', { reason })
const notReady = () => new StoreError('NOT_READY', { check: 'schema.version' })
const boundary = () => new StoreError('TENANT_BOUNDARY', { kind: null })

/** What each answer of the server means to a caller of the port; the first pattern that fits. */
const MEANINGS: readonly (readonly [sqlState: RegExp, meaning: Meaning])[] = [
  [
    /^23505$/,
    ({ constraint }) =>
      constraint !== null && CONSTRAINTS.has(constraint)
        ? new StoreError('CONFLICT', { constraint: constraint as Constraint })
        : notReady(),
  ],
  [/^23503$/, () => new StoreError('CONFLICT', { constraint: 'reference' })],
  // Of the schema's checks, those that keep the directory and the tenants apart.
  [/^23514$/, ({ constraint }) => (constraint?.includes('_in_') === true ? boundary() : notReady())],
  [
    /^42501$/,
    ({ leftScope }) =>
      leftScope ? boundary() : new StoreError('NOT_READY', { check: 'postgres.rights_missing' }),
  ],
  [/^(?:40001|40P01)$/, () => new StoreError('SERIALIZATION', {})],
  [/^(?:55P03|57014|25P03|25P04)$/, () => new StoreError('TIMEOUT', {})],
  [/^UE000$/, () => new StoreError('SCOPE_MISSING', {})],
  [/^UE002$/, () => new StoreError('LEASE_LOST', {})],
  [/^(?:42P01|42703|42883|3F000|42P10|0A000|26000)$/, notReady],
  [/^25006$/, unavailable('read-only')],
  [/^53/, unavailable('capacity')],
  [/^(?:08|57P|28|3D)/, unavailable('connection')],
]

/**
 * The store's word for a batch that did not succeed. `commits`: it would have committed, so that a lost answer leaves the
 * outcome unknown. `unmet`: what the failed statement's own expectation means.
 */
export function batchFailure(
  error: unknown,
  commits: boolean,
  unmet: (() => StoreError) | null = null,
): unknown {
  if (!(error instanceof BatchError)) return error
  if (error.outcome === 'not-sent') return unavailable('connection')()
  if (error.outcome === 'unknown') {
    return commits ? new StoreError('UNKNOWN_OUTCOME', {}) : unavailable('connection')()
  }
  const { fault } = error
  if (fault === null) return unavailable('fault')()
  if (unmet !== null && /^UE00[13]$/.test(fault.sqlState)) return unmet()
  const meaning = MEANINGS.find(([sqlState]) => sqlState.test(fault.sqlState))?.[1] ?? unavailable('fault')
  return meaning(fault)
}
