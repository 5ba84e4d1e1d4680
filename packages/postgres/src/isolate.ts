import { isDate } from 'node:util/types'

const NOT_PLAIN =
  'A record holds plain data: texts, finite numbers, booleans, null, dates, arrays and plain objects.'

/**
 * A copy that shares nothing with what the caller holds, and that nobody changes. What a database could not keep as it is,
 * is a TypeError of the call itself: found later, in a batch, it would take along what others have written. One pass, as
 * every write is copied: the platform's clone takes several times as long.
 */
export function isolate<Value>(value: Value): Value {
  try {
    return copyOf(value) as Value
  } catch (error) {
    // An error of a getter repeats what it likes; one that holds itself ends with the stack.
    throw error instanceof Unstorable ? error : new TypeError(NOT_PLAIN)
  }
}

class Unstorable extends TypeError {}

const OWN = { enumerable: true, writable: true, configurable: true }

function textOf(value: string): string {
  if (value.isWellFormed() && !value.includes('\0')) return value
  throw new Unstorable('Text in a record must be well-formed and without the character NUL.')
}

/** Short names that were looked at: the fields of records are few, and most of what is copied. */
const names = new Set<string>()

function nameOf(name: string): string {
  if (names.has(name)) return name
  textOf(name)
  if (name.length <= 32 && names.size < 1000) names.add(name)
  return name
}

function copyOf(value: unknown): unknown {
  if (typeof value === 'string') return textOf(value)
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return value
  if (typeof value !== 'object') throw new Unstorable(NOT_PLAIN)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype) {
    if (isDate(value)) {
      if (!Number.isNaN(value.getTime())) return new Date(value)
      throw new Unstorable('A date in a record must be valid.')
    }
    if (Array.isArray(value)) return copyOfAll(value)
    // By shape and not by identity: an object of another realm is plain as well.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw new Unstorable(NOT_PLAIN)
  }
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(value)) {
    const part = copyOf((value as Record<string, unknown>)[name])
    // Assigned, it would be the prototype.
    if (name === '__proto__') Object.defineProperty(copy, name, { ...OWN, value: part })
    else copy[nameOf(name)] = part
  }
  return copy
}

function copyOfAll(values: readonly unknown[]): readonly unknown[] {
  const copies: unknown[] = []
  for (const value of values) copies.push(copyOf(value))
  return copies
}
