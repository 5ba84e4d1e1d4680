import type { AttributeCatalog } from '@user-engine/store'
import { z } from 'zod'

import { definitionsSchema, type AttributeDefinitions } from './attribute-definitions.ts'
import { parseInput, text } from './input.ts'

const SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Schema'

/** A schema as SCIM describes it (RFC 7643 section 7). */
export interface ScimSchema extends AttributeDefinitions {
  readonly schemas?: readonly string[] | undefined
  /** The URN of the schema. */
  readonly id: string
  readonly meta?: { readonly resourceType?: string; readonly location?: string } | undefined
}

const documentSchema = z.strictObject({
  schemas: z.tuple([z.literal(SCHEMA)]).optional(),
  id: text(256),
  meta: z
    .looseObject({ resourceType: z.literal('Schema').optional(), location: z.string().optional() })
    .optional(),
  ...definitionsSchema.shape,
})

/**
 * A SCIM schema as what `draftCatalog` takes: its URN is the key. Everything that SCIM says of an attribute is kept as
 * given; visibility, sensitivity and validation may be added to the definitions before they are drafted. INVALID_INPUT
 * names what is none of RFC 7643's.
 */
export function fromScimSchema(document: unknown): {
  readonly key: string
  readonly definitions: AttributeDefinitions
} {
  const {
    id,
    schemas: _,
    meta: __,
    ...definitions
  } = parseInput<z.output<typeof documentSchema>>(documentSchema, document)
  return { key: id, definitions }
}

/** The schema document of a catalog, without what is not SCIM's: the very attributes that were imported. */
export function toScimSchema({
  key,
  definitions,
}: Pick<AttributeCatalog, 'key' | 'definitions'>): ScimSchema {
  const { attributes, ...rest } = parseInput<AttributeDefinitions>(definitionsSchema, definitions)
  return {
    schemas: [SCHEMA],
    id: key,
    ...rest,
    attributes: attributes.map(
      ({ visibility: _, sensitivity: __, final: ___, validation: ____, ...own }) => own,
    ),
    meta: { resourceType: 'Schema', location: `/v2/Schemas/${key}` },
  }
}
