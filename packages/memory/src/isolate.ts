import { isDate } from 'node:util/types'

/** A copy that shares nothing: neither side can change what the other holds. */
export function isolate<Value>(value: Value): Value {
  return structuredClone(value)
}

/** A copy of what a caller gave. What a database could not keep as it is, is a TypeError that does not repeat it. */
export function accept<Value>(value: Value): Value {
  expectPlain(value, new Set())
  return isolate(value)
}

function expectPlain(value: unknown, ancestors: Set<object>): void {
  if (value === null || typeof value === 'boolean') return
  if (typeof value === 'string') {
    if (!value.isWellFormed() || value.includes('\0')) {
      throw new TypeError('A text is well-formed Unicode without NUL.')
    }
    return
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('A number is finite.')
    return
  }
  if (isDate(value)) {
    if (Number.isNaN(value.getTime())) throw new TypeError('A time is a valid date.')
    return
  }
  if (typeof value !== 'object' || !isPlain(value)) {
    throw new TypeError('A record holds texts, numbers, booleans, null, dates, arrays and plain objects.')
  }
  if (ancestors.has(value)) throw new TypeError('A record does not hold itself.')
  ancestors.add(value)
  for (const part of Object.entries(value).flat()) expectPlain(part, ancestors)
  ancestors.delete(value)
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  // By shape and not by identity: an object of another realm is plain as well.
  return Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null
}
