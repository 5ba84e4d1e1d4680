import type { JsonValue } from '@user-engine/store'
import { z } from 'zod'

/** Levels of lists and objects in one value. */
export const MAX_DEPTH = 8

/** What is wrong with a value before anything is known of what it should be. */
class Unfit extends Error {
  readonly rule: string
  constructor(rule: string) {
    super(rule)
    this.rule = rule
  }
}

/** Text of several lines: well-formed Unicode, without control characters but tab, line feed and carriage return. */
export function ruleOfProse(value: string): string | null {
  if (!value.isWellFormed()) return 'ill_formed_unicode'
  return /[^\P{Cc}\t\n\r]/u.test(value) ? 'control_character' : null
}

/**
 * JSON, copied, of up to `maxBytes` of UTF-8: plain objects and lists alone, of at most 8 levels, numbers that every party
 * reads alike (no integer past 2^53, RFC 8259 section 6), text without NUL. Names in objects are read as names, never as
 * a prototype.
 */
export function json(maxBytes: number) {
  return z.unknown().transform((given, context): JsonValue => {
    try {
      const value = copy(given, MAX_DEPTH)
      if (Buffer.byteLength(JSON.stringify(value)) > maxBytes) throw new Unfit('too_big')
      return value
    } catch (error) {
      // What a getter of the input throws stays out: it may say anything.
      const rule = error instanceof Unfit ? error.rule : 'unreadable'
      context.addIssue({ code: 'custom', params: { rule } })
      return z.NEVER
    }
  })
}

/** An object without a prototype, whose names are all its own. */
export function emptyObject(): Record<string, JsonValue> {
  return Object.create(null) as Record<string, JsonValue>
}

function copy(given: unknown, levels: number): JsonValue {
  if (given === null || typeof given === 'boolean') return given
  if (typeof given === 'string') return fit(given)
  if (typeof given === 'number') {
    if (!Number.isFinite(given)) throw new Unfit('not_finite')
    if (Math.abs(given) > Number.MAX_SAFE_INTEGER) throw new Unfit('unsafe_number')
    return given + 0
  }
  if (typeof given !== 'object') throw new Unfit('invalid_type')
  if (levels === 0) throw new Unfit('too_deep')
  if (Array.isArray(given)) return Array.from(given, (each) => copy(each, levels - 1))
  const prototype: unknown = Object.getPrototypeOf(given)
  // Objects of another realm are as plain as ours.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw new Unfit('invalid_type')
  const made = emptyObject()
  for (const [name, each] of Object.entries(given)) made[fit(name)] = copy(each, levels - 1)
  return made
}

function fit(text: string): string {
  const rule = ruleOfProse(text)
  if (rule !== null) throw new Unfit(rule)
  return text
}
