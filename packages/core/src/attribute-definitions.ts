import { z } from 'zod'

import { ruleOfProse } from './json.ts'

/** Who reads a profile; a host says in the context on whose behalf it acts. */
export const AUDIENCES = ['self', 'tenant', 'application', 'platform'] as const
export type Audience = (typeof AUDIENCES)[number]

/** From the least to the most protected. Values of `public` and `internal` may stand in events; of no other class. */
export const SENSITIVITIES = ['public', 'internal', 'personal', 'special', 'secret-ref'] as const
export type Sensitivity = (typeof SENSITIVITIES)[number]

/** RFC 7643 section 2.1, and `$ref`, which it uses itself (section 2.4). */
const attributeName = z.string().regex(/^[A-Za-z$][A-Za-z0-9_$-]{0,63}$/)

const rule = (name: string) => ({ params: { rule: name } })

function prose(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .refine((value) => ruleOfProse(value) === null, rule('not_text'))
}

function distinct<Item extends z.ZodType>(item: Item, max: number) {
  return z
    .array(item)
    .max(max)
    .refine((given) => new Set(given).size === given.length, rule('not_distinct'))
}

/** RFC 7643 section 7: what SCIM says of every attribute. What is left out has the default of section 2.2. */
const characteristics = {
  name: attributeName,
  type: z
    .enum(['string', 'boolean', 'decimal', 'integer', 'dateTime', 'binary', 'reference', 'complex'])
    .optional(),
  multiValued: z.boolean().optional(),
  description: prose(4096).optional(),
  required: z.boolean().optional(),
  /** Suggestions (RFC 7643 section 7), unless `validation.canonicalValuesOnly` makes them a rule. */
  canonicalValues: distinct(prose(256), 200).optional(),
  caseExact: z.boolean().optional(),
  mutability: z.enum(['readOnly', 'readWrite', 'immutable', 'writeOnly']).optional(),
  returned: z.enum(['always', 'never', 'default', 'request']).optional(),
  uniqueness: z.enum(['none', 'server', 'global']).optional(),
  referenceTypes: distinct(prose(256), 50).optional(),
}

const bound = z.number().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER)
const length = z.int().min(0).max(65_536)

/** No free pattern: one of a careless author can be made to run for hours. */
const validation = z.strictObject({
  /** In code points. */
  minLength: length.optional(),
  maxLength: length.optional(),
  minimum: bound.optional(),
  maximum: bound.optional(),
  maxItems: z.int().min(1).max(1000).optional(),
  format: z.enum(['email', 'phone', 'uri', 'uuid', 'language', 'timezone', 'date']).optional(),
  canonicalValuesOnly: z.boolean().optional(),
})

const attribute = z
  .strictObject({
    ...characteristics,
    subAttributes: z.array(z.strictObject(characteristics)).min(1).max(100).optional(),
    /** Whom the value is shown to. Left out: everybody. Narrowed, never widened, by a definition of a lower layer. */
    visibility: distinct(z.enum(AUDIENCES), 4).optional(),
    /** Left out: `secret-ref` where SCIM says that it is never returned, else `personal`. Of several layers the highest counts. */
    sensitivity: z.enum(SENSITIVITIES).optional(),
    /** Layers below have no say in it. */
    final: z.boolean().optional(),
    validation: validation.optional(),
  })
  .superRefine((given, context) => {
    const refuse = (field: string, name: string) =>
      context.addIssue({ code: 'custom', path: [field], ...rule(name) })
    const complex = given.type === 'complex'
    if (complex !== (given.subAttributes !== undefined)) refuse('subAttributes', 'complex_alone')
    const plain = !complex && given.multiValued !== true
    if (!plain && (given.uniqueness ?? 'none') !== 'none') refuse('uniqueness', 'single_value_alone')
    if (!plain && given.sensitivity === 'secret-ref') refuse('sensitivity', 'single_value_alone')
    const subs = given.subAttributes ?? []
    if (!distinctNames(subs)) refuse('subAttributes', 'not_distinct')
    if (subs.some(({ type }) => type === 'complex')) refuse('subAttributes', 'nested_complex')
    if (subs.some(({ uniqueness }) => (uniqueness ?? 'none') !== 'none')) {
      refuse('subAttributes', 'single_value_alone')
    }
  })

/** Names are the same whatever their case (RFC 7643 section 2.1). */
function distinctNames(given: readonly { readonly name: string }[]): boolean {
  return new Set(given.map(({ name }) => name.toLowerCase())).size === given.length
}

/** The definitions of one catalog: at most 1 MiB of JSON, kept as given. */
export const definitionsSchema = z
  .strictObject({
    name: prose(256).optional(),
    description: prose(4096).optional(),
    attributes: z.array(attribute).max(500).refine(distinctNames, rule('not_distinct')),
  })
  .refine((given) => Buffer.byteLength(JSON.stringify(given)) <= 1_048_576, rule('too_big'))

export type AttributeDefinitions = z.input<typeof definitionsSchema>
export type AttributeDefinition = AttributeDefinitions['attributes'][number]
export type SubAttributeDefinition = NonNullable<AttributeDefinition['subAttributes']>[number]

/** The defaults of RFC 7643 section 2.2, and ours. What is `writeOnly` is never returned (section 7). */
export function withDefaults(given: AttributeDefinition) {
  const { type = 'string', multiValued = false, mutability = 'readWrite' } = given
  const returned = mutability === 'writeOnly' ? 'never' : (given.returned ?? 'default')
  const kept = returned === 'never' && type !== 'complex' && !multiValued
  return {
    name: given.name,
    type,
    multiValued,
    required: given.required ?? false,
    canonicalValues: given.canonicalValues ?? [],
    caseExact: given.caseExact ?? false,
    mutability,
    returned,
    uniqueness: given.uniqueness ?? 'none',
    referenceTypes: given.referenceTypes ?? [],
    subAttributes: given.subAttributes ?? [],
    visibility: given.visibility ?? AUDIENCES,
    sensitivity: given.sensitivity ?? (kept ? 'secret-ref' : 'personal'),
    final: given.final ?? false,
    validation: given.validation ?? {},
  } as const
}

export type WholeDefinition = ReturnType<typeof withDefaults>

/** The schema of a SCIM user, whose attributes go by their bare names (RFC 7643 section 4.1). */
export const SCIM_USER = 'urn:ietf:params:scim:schemas:core:2.0:User'

/** How a profile names an attribute: `nickName`, or `key:name` where the catalog is not SCIM's own (RFC 7644 section 3.10). */
export function attributeOf(key: string, name: string): string {
  return key === SCIM_USER ? name : `${key}:${name}`
}
