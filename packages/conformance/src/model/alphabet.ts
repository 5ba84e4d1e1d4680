import type { JsonValue } from '@user-engine/store'

/** Texts that a careless store takes for one another, family by family. The first family is used most. */
const FAMILIES: readonly (readonly string[])[] = [
  ['key', 'KEY', 'Key', ' key', 'key ', 'key\u200B', '\uFEFFkey', '\u212Aey', '\uFF4B\uFF45\uFF59', 'key\t'],
  ['\u00E9', 'e\u0301', '\u00C9', 'e'],
  ['i', 'I', '\u0131', '\u0130', 'i\u0307'],
  ['ab', 'a%', 'a_', 'a\\', 'a\\%', 'a*', "a'b", 'a"b'],
  ['ss', '\u00DF', '\u1E9E', '\uFB01', 'fi'],
  ['1', '01', '1.0', '\u0661', '\u00B9'],
  ['', ' ', '\u00A0', 'null', '0', 'false'],
  ['__proto__', 'constructor', 'toString', 'hasOwnProperty'],
  ['x'.repeat(500), 'x'.repeat(499), `${'x'.repeat(499)}y`, '\u{1F9D1}'.repeat(125)],
]

/** What a store refuses: a NUL, and halves of surrogate pairs. */
const REFUSED = ['key\0', '\uD800key', 'key\uDC00']

export const TEXTS: readonly string[] = [...FAMILIES.flat(), ...REFUSED]

export function textOf(choice: number): string {
  return TEXTS[choice % TEXTS.length] ?? ''
}

/** Whether a text can be kept. */
export function isKept(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/** Every text in a value. */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || value instanceof Date) return []
  return Object.values(value).flatMap(textsIn)
}

/** The texts that are most easily taken for this one. */
export function lookalikesOf(text: string): readonly string[] {
  const family = FAMILIES.find((texts) => texts.includes(text)) ?? []
  const place = family.indexOf(text)
  return family.length < 2 ? [] : [1, 2].map((step) => family[(place + step) % family.length] ?? '')
}

const VALUES: readonly JsonValue[] = [
  'key',
  '',
  0,
  null,
  -12.5e-7,
  9_007_199_254_740_991,
  true,
  [],
  {},
  [[], {}, [null, ['two']]],
  { a: { b: [{ c: 'd' }] }, 'a "name"': 1 },
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": "\u00FC"}') as JsonValue,
]

export function valueOf(choice: number): JsonValue {
  return VALUES[choice % VALUES.length] ?? null
}
