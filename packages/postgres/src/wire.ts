import type { TransactionStatus } from './batch-error.ts'
import type { EncodedStatement } from './statement.ts'

/** The connection as the driver has it. Its published types ask for a second argument that it ignores. */
export interface Wire {
  readonly stream: { readonly writable: boolean; cork(): void; uncork(): void; destroy(): void }
  close(message: { type: 'S'; name: string }): void
  parse(message: { name: string; text: string }): void
  bind(message: { statement: string; values: EncodedStatement['values'] }): void
  describe(message: { type: 'P' }): void
  execute(): void
  sync(): void
  on<Name extends keyof WireEvents>(name: Name, listener: WireEvents[Name]): void
  off<Name extends keyof WireEvents>(name: Name, listener: WireEvents[Name]): void
}

export interface WireEvents {
  readyForQuery(message: { readonly status: TransactionStatus }): void
  end(): void
}

export interface Column {
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
  const sent = new Set<string>()
  wire.stream.cork()
  try {
    for (const { name, text, values } of statements) {
      const statement = name ?? ''
      const parse = name === null || !(known.has(name) || sent.has(name))
      if (parse) {
        // The server may still hold the name, from a parsed statement that failed, or one that it has outdated.
        if (name !== null) wire.close({ type: 'S', name })
        wire.parse({ name: statement, text })
        sent.add(statement)
      }
      wire.bind({ statement, values })
      if (parse) wire.describe({ type: 'P' })
      wire.execute()
    }
    wire.sync()
  } finally {
    wire.stream.uncork()
  }
}
