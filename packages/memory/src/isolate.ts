/** A copy that shares nothing: neither side can change what the other holds. */
export function isolate<Value>(value: Value): Value {
  try {
    return structuredClone(value)
  } catch {
    // The platform's own error repeats what it could not copy.
    throw new TypeError(
      'A record holds plain data: strings, numbers, booleans, null, dates, arrays and objects.',
    )
  }
}
