import type { ClientBase, Submittable } from 'pg'

import { BatchError, type TransactionStatus } from './batch-error.ts'
import { isServerError, serverFault, type ServerFault } from './sqlstate.ts'
import { encode, type EncodedStatement, type Statement } from './statement.ts'
import { findAmbiguous, preparedOn, writeBatch, type Column, type Prepared, type Wire } from './wire.ts'

export type { Statement }

export interface StatementResult {
  /** The server's word for what was done, e.g. `INSERT`; `''` for an empty text. */
  readonly command: string
  /** Rows returned or changed; 0 for a command that has no rows. */
  readonly rowCount: number
  readonly rows: readonly Row[]
}

export type Row = Readonly<Record<string, unknown>>

export interface BatchResult {
  readonly status: TransactionStatus
  readonly results: readonly StatementResult[]
}

/**
 * Sends the statements in one turn, with a single Sync, and resolves when the server is ready again.
 *
 * Outside of a transaction the batch is one: all of it is kept or nothing. Inside, it is a part of it. The first failure
 * ends the batch: what follows is not executed. Values and columns are converted as the driver does for its own queries,
 * and columns named `part.field` become one object for each part.
 *
 * When the promise settles, the connection is ready for its next query, or destroyed.
 *
 * @throws {BatchError} `outcome` says whether nothing was sent, the server refused, or nobody knows.
 * @throws {TypeError} the batch can't be sent as it is; nothing was sent.
 */
export async function executeBatch(
  client: ClientBase,
  statements: readonly Statement[],
): Promise<BatchResult> {
  if ('pipeline' in client && client.pipeline === true) {
    throw new TypeError('a batch needs a connection of its own: create the client without `pipeline`')
  }
  const encoded = statements.map(encode)
  const { promise, resolve, reject } = Promise.withResolvers<BatchResult>()
  client.query(createBatch(client, encoded, { resolve, reject }))
  return promise
}

/** What the driver calls while a batch is its active query. */
interface ActiveQuery extends Submittable {
  /** The driver puts a function here to learn that the query is over, where `query_timeout` is set. */
  callback?: () => void
  handleRowDescription(message: { readonly fields: readonly { name: string; dataTypeID: number }[] }): void
  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void
  handleCommandComplete(message: { readonly text: string }): void
  handleEmptyQuery(): void
  handlePortalSuspended(): void
  handleCopyInResponse(): void
  handleCopyData(): void
  handleError(error: unknown): void
  handleReadyForQuery(): void
}

interface Settlement {
  resolve(result: BatchResult): void
  reject(error: Error): void
}

function createBatch(
  client: ClientBase,
  statements: readonly EncodedStatement[],
  { resolve, reject }: Settlement,
): ActiveQuery {
  const results: StatementResult[] = []
  let wire: Wire | null = null
  let prepared = new Map<string, Prepared>()
  let columns: readonly Column[] = []
  let rows: Row[] = []
  let fault: ServerFault | null = null
  let unreadable = false
  let settled = false

  function awaitNext(): void {
    const name = statements[results.length]?.name ?? null
    columns = (name === null ? null : prepared.get(name)?.columns) ?? []
    rows = []
  }

  function complete(command: string, rowCount: number): void {
    const statement = statements[results.length]
    results.push({ command, rowCount, rows })
    if (statement !== undefined && statement.name !== null && !prepared.has(statement.name)) {
      prepared.set(statement.name, { text: statement.text, columns })
    }
    awaitNext()
  }

  function settle(end: () => void): void {
    if (settled) return
    settled = true
    wire?.off('readyForQuery', onReady)
    wire?.off('end', onEnd)
    batch.callback?.()
    end()
  }

  function failure(outcome: BatchError['outcome'], status: TransactionStatus | null): BatchError {
    const index = results.length
    return new BatchError({ outcome, index, count: statements.length, atCommit: atCommit(), status, fault })
  }

  function atCommit(): boolean {
    const next = statements[results.length]
    return next === undefined || /^\s*commit\b/i.test(next.text)
  }

  function onReady({ status }: { readonly status: TransactionStatus }): void {
    settle(() => {
      if (fault !== null) reject(failure('failed', status))
      else if (unreadable || results.length < statements.length) reject(failure('unknown', status))
      else resolve({ status, results })
    })
  }

  function onEnd(): void {
    settle(() => reject(failure('unknown', null)))
  }

  /** What became of the batch can't be told, and the connection can't be used again: only its end settles. */
  function abandon(): void {
    wire?.off('readyForQuery', onReady)
    wire?.stream.destroy()
  }

  const batch: ActiveQuery = {
    submit(connection) {
      const opened = connection as unknown as Wire
      const known = preparedOn(connection)
      const ambiguous = findAmbiguous(statements, known)
      if (ambiguous !== null) {
        return new TypeError(`the statement name ${ambiguous} stands for another text on this connection`)
      }
      if (!opened.stream.writable) return new Error('the connection has ended')
      wire = opened
      prepared = known
      wire.on('readyForQuery', onReady)
      wire.on('end', onEnd)
      awaitNext()
      writeBatch(wire, statements, known)
      return null
    },
    handleRowDescription({ fields }) {
      columns = fields.map(({ name, dataTypeID }) => {
        const parse = client.getTypeParser(dataTypeID, 'text') as Column['parse']
        return columnNamed(name, dataTypeID === TIMESTAMPTZ ? timesBeside(parse) : parse)
      })
    },
    handleDataRow({ fields }) {
      try {
        rows.push(readRow(columns, fields))
      } catch {
        unreadable = true // The parser's error may quote the value.
      }
    },
    handleCommandComplete({ text: tag }) {
      const { command, rowCount } = readTag(tag)
      // A failed transaction answers COMMIT with ROLLBACK, and calls that a success.
      const text = statements[results.length]?.text ?? ''
      if (command === 'ROLLBACK' && !/^\s*(?:rollback|abort)\b/i.test(text)) {
        fault ??= serverFault({ code: '25P02' })
      }
      if (fault === null) complete(command, rowCount)
    },
    handleEmptyQuery: () => complete('', 0),
    handleError(error) {
      if (wire === null) {
        settle(() => reject(error instanceof TypeError ? error : failure('not-sent', null)))
      } else if (isServerError(error)) {
        fault ??= serverFault(error)
        if (fault.forgetsStatements) prepared.clear()
      } else {
        abandon()
      }
    },
    // The driver drops a query that failed before the server is ready again; `onReady` hears of both.
    handleReadyForQuery: () => {},
    handlePortalSuspended: abandon,
    handleCopyInResponse: abandon,
    handleCopyData: abandon,
  }
  return batch
}

/** E.g. `INSERT 0 2`, `UPDATE 2`, `CREATE TABLE`: words and then numbers, of which the last one counts rows. */
function readTag(tag: string) {
  const numbers = tag.search(/ \d/)
  if (numbers === -1) return { command: tag, rowCount: 0 }
  return { command: tag.slice(0, numbers), rowCount: Number(tag.slice(tag.lastIndexOf(' '))) }
}

function columnNamed(label: string, parse: Column['parse']): Column {
  const dot = label.indexOf('.')
  return { part: dot === -1 ? null : label.slice(0, dot), name: label.slice(dot + 1), parse }
}

/** Columns of one part, `part.field`, stand side by side and are one object, which is null where the first of them is. */
function readRow(columns: readonly Column[], fields: readonly (string | null)[]): Row {
  if (columns.length !== fields.length) throw new TypeError('the row does not fit its description')
  const row: Record<string, unknown> = {}
  let begun: string | null = null
  let into: Record<string, unknown> | null = row
  for (let place = 0; place < columns.length; place += 1) {
    const { part, name, parse } = columns[place] as Column
    const field = fields[place] ?? null
    if (part !== begun) {
      begun = part
      into = row
      if (part !== null) row[part] = into = field === null ? null : {}
    }
    if (into !== null) into[name] = field === null ? null : parse(field)
  }
  return row
}

const TIMESTAMPTZ = 1184
const IN_UTC = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?\+00$/

/** The times of a row are mostly the same. */
let latest = { text: '', time: 0 }

/** Times as most servers tell them, in a fraction of what the driver's own parser takes, which knows all other forms. */
function timesBeside(parse: Column['parse']): Column['parse'] {
  return (text) => {
    if (text !== latest.text) {
      if (!IN_UTC.test(text)) return parse(text)
      latest = { text, time: Date.parse(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`) }
    }
    return new Date(latest.time)
  }
}
