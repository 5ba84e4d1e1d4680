/** A copy that shares nothing with what the caller holds, and that nobody changes. */
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
