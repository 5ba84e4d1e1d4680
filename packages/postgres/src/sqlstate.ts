import { StoreError, type Constraint, type StoreErrorCode, type StoreErrorDetails } from '@user-engine/store'

/** What an error of the server may say outside: names and codes. Its texts quote values, so none of them is kept. */
export interface ServerFault {
  readonly sqlState: string
  /** Of the violated constraint, without the suffix of a partition or the shard number that an engine may append. */
  readonly constraint: string | null
  /** What a failed expectation of our own was about: its place in its statement. */
  readonly subject: string | null
  /** Row security refused the row, rather than the role's rights the whole statement. */
  readonly leftScope: boolean
  /** The connection no longer has the prepared statement as it was: the same batch may succeed when sent again. */
  readonly forgetsStatements: boolean
}

interface ServerError {
  readonly code: string
  readonly message?: string | undefined
  readonly detail?: string | undefined
  readonly constraint?: string | undefined
  readonly routine?: string | undefined
}

/** An answer of the server, as opposed to a broken connection. */
export function isServerError(error: unknown): error is ServerError {
  if (typeof error !== 'object' || error === null) return false
  const { code, severity } = error as { readonly code?: unknown; readonly severity?: unknown }
  return typeof code === 'string' && typeof severity === 'string'
}

export function serverFault({ code, message, detail, constraint, routine }: ServerError): ServerFault {
  const violation = code.startsWith('23')
    ? (constraint ?? /constraint "([^"]+)"/.exec(message ?? '')?.[1])
    : undefined
  return {
    sqlState: code,
    constraint: violation?.replace(/(?:_p\d+|_default)?(?:_\d+)?$/, '') ?? null,
    subject: code.startsWith('UE') ? (detail ?? null) : null,
    leftScope: code === '42501' && routine === 'ExecWithCheckOptions',
    forgetsStatements: code === '26000' || (code === '0A000' && routine === 'RevalidateCachedQuery'),
  }
}

/** A statement's own expectation was not met: what that means is the statement's to say. */
export function isUnmet({ sqlState }: ServerFault): boolean {
  return sqlState === 'UE001' || sqlState === 'UE003'
}

/** The server answered a commit, and does not know itself whether it happened. */
export function isDoubtful({ sqlState }: ServerFault, atCommit: boolean): boolean {
  return /^(?:08|40003)/.test(sqlState) || (atCommit && sqlState.startsWith('XX'))
}

/** The store's word for what the server refused. Of the refusal it keeps the SQLSTATE. */
export function meaningOf(fault: ServerFault): Error {
  const { sqlState } = fault
  const meaning = MEANINGS.find(([pattern]) => pattern.test(sqlState))?.[1] ?? unavailable('fault')
  return meaning(fault)
}

type Meaning = (fault: ServerFault) => Error

function say<Code extends StoreErrorCode>(code: Code, details: StoreErrorDetails[Code]): Meaning {
  return ({ sqlState }) => new StoreError(code, details, { cause: { sqlState } })
}

const unavailable = (reason: StoreErrorDetails['UNAVAILABLE']['reason']) => say('UNAVAILABLE', { reason })
const notReady = say('NOT_READY', { check: 'schema.version' })
const boundary = say('TENANT_BOUNDARY', { kind: null })
const retry = say('SERIALIZATION', {})

const misfit: Meaning = ({ sqlState }) =>
  new TypeError('A record has a value that its noun does not take. Nothing was written.', {
    cause: { sqlState },
  })

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
  'group_id',
  'group_key',
  'membership_id',
  'membership_member',
  'application_id',
  'application_client_key',
  'application_binding_id',
  'application_binding_application',
  'attribute_catalog_id',
  'attribute_catalog_version',
  'attribute_catalog_published',
  'profile_value_id',
  'profile_value_attribute',
  'profile_value_unique',
  'audit_record_id',
  'event_id',
  'event_ordinal',
  'idempotency_key',
])

/** Whether it is one of the port's: a command relies on it. */
export function isConstraint(name: string): name is Constraint {
  return CONSTRAINTS.has(name)
}

const taken: Meaning = (fault) => {
  const { constraint } = fault
  if (constraint === null || !isConstraint(constraint)) return notReady(fault)
  return say('CONFLICT', { constraint })(fault)
}

function violated({ constraint }: ServerFault): Meaning {
  if (constraint === null) return retry
  return constraint.includes('_in_') ? boundary : misfit
}

/** What each answer of the server means to a caller of the port; the first pattern that fits. */
const MEANINGS: readonly (readonly [sqlState: RegExp, meaning: Meaning])[] = [
  [/^23505$/, taken],
  [/^23503$/, say('CONFLICT', { constraint: 'reference' })],
  // Of the schema's checks, those that keep the directory and the tenants apart. One without a name is a partition's, which
  // was made between the choice of the default one and the write: the next choice finds it.
  [/^23514$/, (fault) => violated(fault)(fault)],
  [/^(?:22|23502)/, misfit],
  [
    /^42501$/,
    (fault) => (fault.leftScope ? boundary : say('NOT_READY', { check: 'postgres.rights_missing' }))(fault),
  ],
  [/^(?:40001|40P01|26000)$/, retry],
  [/^0A000$/, (fault) => (fault.forgetsStatements ? retry : notReady)(fault)],
  [/^(?:55P03|57014|25P03|25P04)$/, say('TIMEOUT', {})],
  [/^UE000$/, say('SCOPE_MISSING', {})],
  [/^UE004$/, notReady],
  [/^UE002$/, say('LEASE_LOST', {})],
  [/^(?:42P01|42703|42883|3F000|42P10)$/, notReady],
  [/^25006$/, unavailable('read-only')],
  [/^53/, unavailable('capacity')],
  [/^(?:08|57P|28|3D)/, unavailable('connection')],
]
