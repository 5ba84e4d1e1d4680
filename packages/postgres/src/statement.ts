import pg from 'pg'

import type { Question } from './questions.ts'

export interface Statement {
  /**
   * A name keeps the statement parsed on its connection; one name, one text. A server has one set of names for each
   * connection: none of them may also be used in a named query of the driver. `null` is parsed every time.
   */
  readonly name: string | null
  readonly text: string
  readonly values: readonly unknown[]
  /** It binds the scope, until the end of the transaction or the next that does. */
  readonly binds?: true
  /** Others may ask it at the same moment, as one statement. */
  readonly question?: Question
}

export interface EncodedStatement extends Statement {
  readonly values: readonly (string | Buffer | null)[]
}

/** The driver's own conversion; its published types leave it out. */
const { prepareValue } = (
  pg as unknown as { utils: { prepareValue(value: unknown): string | Buffer | null } }
).utils

const NAME_BYTES = 63
const VALUE_COUNT = 65_535

/** Converts everything before anything is written: a value that can't be must not leave half a batch behind. */
export function encode({ name, text, values }: Statement): EncodedStatement {
  if (name !== null && (name === '' || Buffer.byteLength(name) > NAME_BYTES)) {
    throw new TypeError(`a statement name has 1 to ${NAME_BYTES} bytes: ${name}`)
  }
  if (text.includes('\0') || name?.includes('\0') === true) {
    throw new TypeError('a statement must not contain the character NUL')
  }
  if (values.length > VALUE_COUNT) {
    throw new TypeError(`a statement has at most ${VALUE_COUNT} values, not ${values.length}: split it`)
  }
  return { name, text, values: values.map(encodeValue) }
}

/** The times of one command are the same. */
let latest = { time: 0, text: new Date(0).toISOString() }

/** Text that the server could not keep as it is, or that would be changed on the way, is not sent. */
function encodeValue(value: unknown): string | Buffer | null {
  if (value === null) return null
  if (typeof value === 'string') return encodeText(value)
  if (value instanceof Date) {
    const time = value.getTime()
    if (time === latest.time) return latest.text
    if (Number.isNaN(time)) throw new TypeError('a date must be valid')
    const year = value.getUTCFullYear()
    // The driver's own form takes several times as long; it knows of years that this one has no word for.
    if (year > 0 && year < 10_000) {
      latest = { time, text: value.toISOString() }
      return latest.text
    }
  }
  const encoded = prepareValue(value)
  return typeof encoded === 'string' ? encodeText(encoded) : encoded
}

function encodeText(text: string): string {
  if (!text.includes('\0') && text.isWellFormed()) return text
  throw new TypeError('a value must be well-formed text without the character NUL')
}
