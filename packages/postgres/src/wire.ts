import type { TransactionStatus } from './batch-error.ts'
import { FrontendMessages } from './frontend-messages.ts'
import type { EncodedStatement } from './statement.ts'

/** The connection as the driver has it. */
export interface Wire {
  readonly stream: { readonly writable: boolean; write(messages: Buffer): void; destroy(): void }
  on<Name extends keyof WireEvents>(name: Name, listener: WireEvents[Name]): void
  off<Name extends keyof WireEvents>(name: Name, listener: WireEvents[Name]): void
}

export interface WireEvents {
  readyForQuery(message: { readonly status: TransactionStatus }): void
  end(): void
}

export interface Column {
  /** What comes before the dot in its name: the part of the row that it is a field of. */
  readonly part: string | null
  readonly name: string
  parse(value: string): unknown
}

export interface Prepared {
  readonly text: string
  readonly columns: readonly Column[]
}

/** What the server holds for a connection. Only an executed statement is in it: an error skips all that follows. */
const preparedByConnection = new WeakMap<object, Map<string, Prepared>>()

export function preparedOn(connection: object): Map<string, Prepared> {
  let prepared = preparedByConnection.get(connection)
  if (prepared === undefined) preparedByConnection.set(connection, (prepared = new Map<string, Prepared>()))
  return prepared
}

/** The name that would stand for two texts, or null. */
export function findAmbiguous(
  statements: readonly EncodedStatement[],
  known: ReadonlyMap<string, Prepared>,
): string | null {
  const added = new Map<string, string>()
  for (const { name, text } of statements) {
    if (name === null) continue
    const other = known.get(name)?.text ?? added.get(name)
    if (other === undefined) added.set(name, text)
    else if (other !== text) return name
  }
  return null
}

/** Parses what is not parsed yet, binds and executes each statement, and ends with the one Sync. */
export function writeBatch(
  wire: Wire,
  statements: readonly EncodedStatement[],
  known: ReadonlyMap<string, Prepared>,
): void {
  const messages = new FrontendMessages()
  const sent = new Set<string>()
  for (const { name, text, values } of statements) {
    const statement = name ?? ''
    const parse = name === null || !(known.has(name) || sent.has(name))
    if (parse) {
      // The server may still hold the name, from a parsed statement that failed, or one that it has outdated.
      if (name !== null) messages.close(name)
      messages.parse(statement, text)
      sent.add(statement)
    }
    messages.bind(statement, values)
    if (parse) messages.describe()
    messages.execute()
  }
  messages.sync()
  wire.stream.write(messages.take())
}
