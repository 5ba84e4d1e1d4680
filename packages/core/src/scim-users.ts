import type { JsonValue } from '@user-engine/store'

import { attributeOf, SCIM_USER } from './attribute-definitions.ts'
import type { EffectiveProfile } from './effective-profile.ts'
import { parseInput } from './input.ts'
import { emptyObject, json } from './json.ts'

/** A user as SCIM writes it (RFC 7643 section 4.1): attributes by name, extensions by the URN of their schema. */
export type ScimUser = Readonly<Record<string, JsonValue>>

/** What a service provider says of a resource itself (RFC 7643 section 3.1); it is no part of a profile. */
const COMMON = ['schemas', 'id', 'externalId', 'meta']

const isObject = (value: JsonValue): value is Readonly<Record<string, JsonValue>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The attributes of a SCIM user by the names that `setProfileValues` takes. Nothing is dropped but `schemas`, `id`,
 * `externalId` and `meta`, which stand beside a profile: an attribute that no catalog declares is refused there by name.
 */
export function fromScimUser(user: unknown): Readonly<Record<string, JsonValue>> {
  const read = json(1_048_576).refine(isObject, { params: { rule: 'invalid_type' } })
  const values = emptyObject()
  for (const [name, value] of Object.entries(parseInput(read, user) as ScimUser)) {
    if (COMMON.includes(name)) continue
    if (!name.includes(':')) values[name] = value
    else if (isObject(value))
      for (const [own, each] of Object.entries(value)) values[attributeOf(name, own)] = each
    else values[name] = value
  }
  return values
}

/**
 * A profile as a SCIM user: the attributes of the catalogs `extensions` under their URN, `schemas` naming those that are
 * there. `id`, `externalId` and `meta` are the caller's to add.
 */
export function toScimUser(profile: EffectiveProfile, extensions: readonly string[] = []): ScimUser {
  const user = emptyObject()
  const parts = new Map<string, Record<string, JsonValue>>()
  for (const [attribute, value] of Object.entries(profile)) {
    const place = attribute.lastIndexOf(':')
    const key = attribute.slice(0, Math.max(place, 0))
    if (place < 0) user[attribute] = value
    else if (extensions.includes(key)) {
      const part = parts.get(key) ?? emptyObject()
      part[attribute.slice(place + 1)] = value
      parts.set(key, part)
    }
  }
  return { schemas: [SCIM_USER, ...parts.keys()], ...user, ...Object.fromEntries(parts) }
}
