/** JSON with sorted members and two spaces: the same value is always the same text. */
export function canonicalJson(value: unknown): string {
  return `${JSON.stringify(value, (_, member: unknown) => sorted(member), 2)}\n`
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
