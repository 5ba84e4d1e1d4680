import { hash } from 'node:crypto'

import type { AttributeLayer, AttributeOwnerId, JsonValue, ProfileCatalog } from '@user-engine/store'
import { z } from 'zod'

import {
  attributeOf,
  definitionsSchema,
  withDefaults,
  type SubAttributeDefinition,
  type WholeDefinition,
} from './attribute-definitions.ts'
import type { InputIssue } from './errors.ts'
import { canonicalJson } from './idempotency.ts'
import { comparable, issuesOf } from './input.ts'

/** One attribute of a catalog, ready to judge values. */
export interface AttributeValidator {
  readonly attribute: string
  readonly definition: WholeDefinition
  /** What is wrong with a value; none where it fits. Paths begin with the attribute. */
  issues(value: JsonValue): readonly InputIssue[]
  /** What must differ from everybody else's, or null where the definition asks for no uniqueness. */
  uniqueKey(value: JsonValue): string | null
  /** The value without sub-attributes that are not returned by default; null where it is never returned. */
  shown(value: JsonValue): JsonValue
}

/** A catalog that is compiled: made once for each version, since a published one never changes. */
export interface CompiledCatalog {
  readonly id: ProfileCatalog['id']
  readonly layer: AttributeLayer
  readonly ownerId: AttributeOwnerId
  readonly key: string
  readonly catalogVersion: number
  readonly validators: ReadonlyMap<string, AttributeValidator>
}

const rule = (name: string) => ({ params: { rule: name } })

const FORMATS = {
  email: z.email(),
  phone: z.e164(),
  uri: z.string().refine((value) => URL.canParse(value), rule('not_a_uri')),
  uuid: z.guid(),
  language: z.string().refine((value) => quietly(() => new Intl.Locale(value)), rule('not_a_language')),
  timezone: z
    .string()
    .refine(
      (value) => quietly(() => new Intl.DateTimeFormat('en', { timeZone: value })),
      rule('not_a_timezone'),
    ),
  date: z.iso.date(),
}

function quietly(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch {
    return false
  }
}

/** A URI, also one without a scheme (RFC 7643 section 2.3.7), but none that a browser would run. */
const reference = z.string().refine((value) => {
  const base = 'https://base.invalid'
  return URL.canParse(value, base) && !/^(?:java|vb)script:$/.test(new URL(value, base).protocol)
}, rule('not_a_reference'))

const TYPES = {
  string: z.string(),
  boolean: z.boolean(),
  decimal: z.number(),
  integer: z.int(),
  dateTime: z.iso.datetime({ offset: true, local: true }),
  binary: z.base64(),
  reference,
}

type Simple = Pick<WholeDefinition, 'type' | 'canonicalValues' | 'validation' | 'sensitivity'>

function simple({ type, canonicalValues, validation, sensitivity }: Simple): z.ZodType {
  // A secret is kept elsewhere; here is where it is found.
  if (sensitivity === 'secret-ref')
    return z.string().refine((value) => URL.canParse(value), rule('not_a_reference'))
  const { minLength = 0, maxLength, minimum, maximum, format, canonicalValuesOnly } = validation
  const typed = TYPES[type === 'complex' ? 'string' : type]
  if (Object.keys(validation).length === 0) return typed
  return typed.superRefine((value, context) => {
    const refuse = (name: string) => context.addIssue({ code: 'custom', ...rule(name) })
    if (typeof value === 'string') {
      const length = Array.from(value).length
      if (length < minLength) refuse('too_short')
      if (maxLength !== undefined && length > maxLength) refuse('too_long')
      if (format !== undefined && !FORMATS[format].safeParse(value).success) refuse(`not_a_${format}`)
      if (canonicalValuesOnly === true && !canonicalValues.includes(value)) refuse('not_canonical')
    }
    if (typeof value === 'number') {
      if (minimum !== undefined && value < minimum) refuse('too_small')
      if (maximum !== undefined && value > maximum) refuse('too_big')
    }
  })
}

function complex(subAttributes: readonly SubAttributeDefinition[]): z.ZodType {
  const shape = subAttributes.map((sub) => {
    const { type, multiValued, canonicalValues, required } = withDefaults(sub)
    const one = simple({ type, canonicalValues, validation: {}, sensitivity: 'personal' })
    const field = multiValued ? z.array(one).max(1000) : one
    return [sub.name, required ? field : field.optional()] as const
  })
  return z.strictObject(Object.fromEntries(shape))
}

function valueSchema(definition: WholeDefinition): z.ZodType {
  const { type, multiValued, subAttributes, validation } = definition
  const one = type === 'complex' ? complex(subAttributes) : simple(definition)
  if (!multiValued) return one
  const primaries = (items: readonly unknown[]) =>
    items.filter(
      (item) => typeof item === 'object' && item !== null && 'primary' in item && item.primary === true,
    )
  // RFC 7643 section 2.4.
  const list = z.array(one).max(validation.maxItems ?? 1000)
  return list.refine((items) => primaries(items).length <= 1, rule('several_primary'))
}

function keyOf({ type, caseExact }: WholeDefinition, value: JsonValue): string {
  const same = type === 'string' && typeof value === 'string' && !caseExact
  const compared = same ? comparable(value).replaceAll(/\p{Cf}/gu, '') : value
  return hash('sha256', canonicalJson(compared), 'hex')
}

function validatorOf(attribute: string, definition: WholeDefinition): AttributeValidator {
  const hidden = definition.subAttributes
    .map(withDefaults)
    .filter(({ returned }) => returned === 'never' || returned === 'request')
    .map(({ name }) => name)
  const trim = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(trim)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).filter(([name]) => !hidden.includes(name)))
  }
  // Made by the first value that is judged: whoever only reads has values that were judged when they were written.
  let schema: z.ZodType | null = null
  return {
    attribute,
    definition,
    issues: (value) => issuesOf((schema ??= valueSchema(definition)).safeParse(value), attribute),
    uniqueKey: (value) => (definition.uniqueness === 'none' ? null : keyOf(definition, value)),
    shown(value) {
      if (definition.returned === 'never') return null
      return hidden.length === 0 ? value : trim(value)
    },
  }
}

/** Fails where the definitions are none of ours: nobody is signed in by rules that can not be read. */
export function compileCatalog(catalog: ProfileCatalog): CompiledCatalog {
  const { id, layer, ownerId, key, catalogVersion } = catalog
  const parsed = definitionsSchema.safeParse(catalog.definitions)
  if (!parsed.success) throw new TypeError(`The definitions of catalog ${id} can not be read.`)
  const validators = new Map<string, AttributeValidator>()
  for (const definition of parsed.data.attributes) {
    const attribute = attributeOf(key, definition.name)
    validators.set(attribute, validatorOf(attribute, withDefaults(definition)))
  }
  return { id, layer, ownerId, key, catalogVersion, validators }
}
