import type { JsonValue } from '@user-engine/store'
import { z } from 'zod'

import { json } from './json.ts'

const MAX_ATTRIBUTES = 100

/** A catalog's key and an attribute's name (RFC 7644 section 3.10): what is none is not even repeated in an error. */
const attributeName = z
  .string()
  .max(400)
  .regex(/^(?:[^\p{Cc}\p{Cs}]{1,256}:)?[A-Za-z$][A-Za-z0-9_$-]{0,63}$/u)

/** Entries of a plain object, own names alone; none is dropped and none is a prototype. */
function entries<Value extends z.ZodType>(value: Value) {
  return z.unknown().transform((given, context): ReadonlyMap<string, z.output<Value>> => {
    const refuse = (rule: string, path: PropertyKey[] = []) => {
      context.addIssue({ code: 'custom', path, params: { rule } })
      return z.NEVER
    }
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return refuse('invalid_type')
    const prototype: unknown = Object.getPrototypeOf(given)
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return refuse('invalid_type')
    const all = Object.entries(given)
    if (all.length > MAX_ATTRIBUTES) return refuse('too_big')
    const read = new Map<string, z.output<Value>>()
    for (const [name, each] of all) {
      if (!attributeName.safeParse(name).success) return refuse('not_an_attribute')
      const parsed = value.safeParse(each)
      if (parsed.success) read.set(name, parsed.data)
      else
        for (const issue of parsed.error.issues)
          context.issues.push({ ...issue, path: [name, ...issue.path], input: null } as never)
    }
    return read
  })
}

/** Values by attribute: at least one, at most 100, each of at most 64 KiB of JSON. */
export const profileMap = entries(json(65_536)).refine((given) => given.size > 0, {
  params: { rule: 'too_small' },
}) as z.ZodType<ReadonlyMap<string, JsonValue>, Readonly<Record<string, JsonValue>>>

/** Versions by attribute. */
export const expectedVersions = entries(z.int().positive()).optional() as z.ZodOptional<
  z.ZodType<ReadonlyMap<string, number>, Readonly<Record<string, number>>>
>

/** Attributes that are asked for by name. */
export const attributeList = z.array(attributeName).max(MAX_ATTRIBUTES)
