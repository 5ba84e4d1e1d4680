/** What an error of the server may say outside: names and codes. Its texts quote values, so none of them is kept. */
export interface ServerFault {
  readonly sqlState: string
  /** Of the violated constraint, without the shard number that an engine may append. */
  readonly constraint: string | null
  /** What a failed expectation of our own was about; it names records by id. */
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
    constraint: violation?.replace(/_\d+$/, '') ?? null,
    subject: code.startsWith('UE') ? (detail ?? null) : null,
    leftScope: code === '42501' && routine === 'ExecWithCheckOptions',
    forgetsStatements: code === '26000' || (code === '0A000' && routine === 'RevalidateCachedQuery'),
  }
}
