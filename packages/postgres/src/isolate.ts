/** A copy that shares nothing with what the caller holds, and that nobody changes. */
export function isolate<Value>(value: Value): Value {
  const copy = clone(value)
  assertStorable(copy, new Set())
  return copy
}

function clone<Value>(value: Value): Value {
  try {
    return structuredClone(value)
  } catch {
    // The platform's own error repeats what it could not copy.
    throw new TypeError(
      'A record holds plain data: strings, numbers, booleans, null, dates, arrays and objects.',
    )
  }
}

/** Refused by the call itself: found later, in a batch, it would take along what others have written. */
function assertStorable(value: unknown, ancestors: Set<object>): void {
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed()) {
      throw new TypeError('Text in a record must be well-formed and without the character NUL.')
    }
  } else if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new TypeError('A date in a record must be valid.')
  } else if (typeof value === 'object' && value !== null) {
    if (ancestors.has(value)) throw new TypeError('A record does not hold itself.')
    ancestors.add(value)
    for (const part of Object.entries(value).flat()) assertStorable(part, ancestors)
    ancestors.delete(value)
  }
}
