/** The whole number, or a TypeError that names its bounds: a call that the program must not make. */
export function within(what: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new TypeError(`${what} is a whole number from ${min} to ${max}.`)
}

/** How many rows to read for a page: one more than it has items, to see whether the list goes on. */
export function rowsOfPage(limit: number): number {
  return within('The limit of a page', limit, 1, 500) + 1
}
