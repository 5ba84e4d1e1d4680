import { createHash } from 'node:crypto'
import { inspect } from 'node:util'

import { isStoreError } from '@user-engine/store'

import type { Random } from './random.ts'

/** What all canaries begin with. The rest of each is its own. */
const MARK = 'uecanary'
const REVERSED = Array.from(MARK).toReversed().join('')
const TAIL = 16
/** As much of a canary as is enough to know it by. */
const PIECE = 10

export interface Canaries {
  make(): string
  /** The name of the encoding in which a canary, or a piece of one, was found in the text; null where none was. */
  find(text: string): string | null
}

export function createCanaries(random: Random): Canaries {
  const made: string[] = []
  return {
    make() {
      const canary = MARK + random.hex(TAIL)
      made.push(canary)
      return canary
    },
    find(text) {
      const marked = findMark(text)
      if (marked !== null) return marked
      const folded = text.toLowerCase()
      for (const canary of made) {
        const tail = canary.slice(MARK.length)
        for (let start = 0; start + PIECE <= tail.length; start += 1) {
          if (folded.includes(tail.slice(start, start + PIECE))) return 'a piece'
        }
        if (digests(canary).some((digest) => text.includes(digest))) return 'a plain digest'
      }
      return null
    },
  }
}

/** Finds what all canaries have in common: quick, for long texts such as reports. */
export function findMark(text: string): string | null {
  const folded = text.toLowerCase()
  if (folded.includes(MARK)) return 'plain text'
  if (folded.includes(REVERSED)) return 'reversed text'
  if (folded.includes(Buffer.from(MARK).toString('hex'))) return 'hexadecimal'
  if (base64Of(MARK).some((encoded) => text.includes(encoded))) return 'base64'
  return null
}

/** The part of the text's base64 that does not depend on what stands around it, at each of three alignments. */
function base64Of(text: string): string[] {
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.from('x'.repeat(shift) + text).toString('base64')
    const start = shift === 0 ? 0 : shift + 1
    const end = Math.floor(((shift + text.length) * 8) / 6)
    return encoded.slice(start, end)
  })
}

function digests(text: string): string[] {
  return ['sha256', 'sha1', 'md5'].flatMap((algorithm) =>
    (['hex', 'base64', 'base64url'] as const).map((encoding) =>
      createHash(algorithm).update(text).digest(encoding),
    ),
  )
}

/** Everything that anybody could print of a value, hidden and symbol properties and causes included. */
export function exposeText(thing: unknown): string {
  const parts: string[] = []
  const seen = new Set<unknown>()
  const visit = (value: unknown): void => {
    if (typeof value === 'string') parts.push(value)
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
      return
    seen.add(value)
    for (const name of Reflect.ownKeys(value)) {
      parts.push(String(name))
      visit(readQuietly(value, name))
    }
    if (value instanceof Map || value instanceof Set) for (const item of value) visit(item)
  }
  visit(thing)
  parts.push(inspect(thing, { depth: Infinity, showHidden: true, maxStringLength: Infinity }))
  for (const print of [() => JSON.stringify(thing), () => String(thing)]) {
    try {
      parts.push(print())
    } catch {
      // Not everything can be printed in every way.
    }
  }
  return parts.join('\n')
}

function readQuietly(owner: object, name: PropertyKey): unknown {
  try {
    return Reflect.get(owner, name)
  } catch (error) {
    return error
  }
}

/** An error as a report may show it: with its own words only where they carry no canary. */
export function describeError(error: unknown): string {
  if (isStoreError(error))
    return `StoreError ${String(error.code)} ${withheld(JSON.stringify(error.details))}`
  if (!(error instanceof Error)) return `a thrown ${typeof error}`
  const [frame = ''] = /at .*/.exec(error.stack?.split('\n').slice(1).join('\n') ?? '') ?? []
  const place = /([^/\\]+:\d+):\d+\)?$/.exec(frame)?.[1]
  return withheld(`${error.name}: ${error.message}${place === undefined ? '' : ` (${place})`}`)
}

/** The text, or that it is withheld because it carries a canary. */
export function withheld(text: string): string {
  return findMark(text) === null ? text : '(withheld: it carries a value that must not be shown)'
}
