/** What stands in the way, and which migration it concerns. Nothing of the server's own text: it can quote values. */
export interface MigrationErrorDetails {
  /** An applied migration is not the one that was released, or one lacks in between. */
  readonly SCHEMA_TAMPERED: { readonly current: number }
  /** A newer release made the schema what this one must not touch. */
  readonly SCHEMA_BREAKING: { readonly current: number; readonly max: number }
  /** The schema or a role is not there: the provider runs `roles.sql` first. */
  readonly NOT_PROVIDED: { readonly migration: string | null }
  /** The login may not become the owner: it is not the migrator. */
  readonly NOT_PERMITTED: { readonly migration: string | null }
  /** The connection changes servers between transactions, as a pooler's does: a direct one is needed. */
  readonly NOT_DIRECT: { readonly migration: string | null }
  /** The database has no Citus. */
  readonly NOT_SPREADABLE: Readonly<Record<string, never>>
  /** Another migrator, or a lock of another session, stayed in the way until the deadline. */
  readonly BUSY: { readonly migration: string | null }
  /** The server was not reached, went away, or did not answer in time. Migrate again: it goes on where it ended. */
  readonly UNAVAILABLE: { readonly migration: string | null }
  /** The server refused a statement, with this code of its own. Nothing of the migration was kept. */
  readonly FAILED: { readonly migration: string | null; readonly sqlState: string }
}

export type MigrationErrorCode = keyof MigrationErrorDetails

const FACTS: Record<MigrationErrorCode, { readonly retryable: boolean; readonly message: string }> = {
  SCHEMA_TAMPERED: {
    retryable: false,
    message:
      'An applied migration is not the one that was released. Nothing was changed: restore it, or ask why.',
  },
  SCHEMA_BREAKING: {
    retryable: false,
    message:
      'A newer release has migrated this schema. Nothing was changed: run that release or a later one.',
  },
  NOT_PROVIDED: {
    retryable: false,
    message:
      'The schema or one of its roles is missing. Nothing was changed: the provider runs rolesSql() first.',
  },
  NOT_PERMITTED: {
    retryable: false,
    message:
      'This login may not become the owner of the schema. Nothing was changed: connect as the migrator.',
  },
  NOT_DIRECT: {
    retryable: false,
    message:
      'The connection lost its session lock. Nothing was changed: connect directly, not through a pooler.',
  },
  NOT_SPREADABLE: {
    retryable: false,
    message: 'This database has no Citus. Nothing was changed: the provider creates the extension first.',
  },
  BUSY: {
    retryable: true,
    message:
      'Another migrator or a lock stayed in the way. What was applied before stays: migrate again later.',
  },
  UNAVAILABLE: {
    retryable: true,
    message: 'The server can not be reached or went away. What was applied before stays: migrate again.',
  },
  FAILED: {
    retryable: false,
    message: 'The server refused a migration; see details. What was applied before stays.',
  },
}

const mark = Symbol.for('@user-engine/postgres/MigrationError')

/** The only error of `@user-engine/postgres/migrate`; a `TypeError` means that it was called wrongly. */
export class MigrationError<Code extends MigrationErrorCode = MigrationErrorCode> extends Error {
  readonly code: Code
  readonly retryable: boolean
  readonly details: MigrationErrorDetails[Code]

  constructor(code: Code, details: MigrationErrorDetails[Code]) {
    super(FACTS[code].message)
    this.name = 'MigrationError'
    this.code = code
    this.retryable = FACTS[code].retryable
    this.details = details
    Object.defineProperty(this, mark, { value: true })
  }
}

/** Recognises a MigrationError of any copy of this package. Narrows to `code` where given. */
export function isMigrationError<Code extends MigrationErrorCode = MigrationErrorCode>(
  error: unknown,
  code?: Code,
): error is MigrationError<Code> {
  return (
    typeof error === 'object' &&
    error !== null &&
    mark in error &&
    (code === undefined || (error as { readonly code?: unknown }).code === code)
  )
}

/** What a driver's error means to a migrator. Of the error only its code is looked at. */
export function toMigrationError(error: unknown, migration: string | null): MigrationError {
  if (isMigrationError(error)) return error
  const code = sqlState(error)
  // A lock that was not given, a deadlock, and a statement that ran into the deadline.
  if (code === '55P03' || code === '40P01' || code === '57014')
    return new MigrationError('BUSY', { migration })
  if (code === null || /^(?:08|53|57)/.test(code)) return new MigrationError('UNAVAILABLE', { migration })
  if (code === '42501' || code === '28P01' || code === '28000') {
    return new MigrationError('NOT_PERMITTED', { migration })
  }
  // An invalid schema name, an undefined role of a grant, and one of SET ROLE.
  if (code === '3F000' || code === '42704' || code === '22023') {
    return new MigrationError('NOT_PROVIDED', { migration })
  }
  return new MigrationError('FAILED', { migration, sqlState: code })
}

function sqlState(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null
}
