import type {
  AttributeCatalogId,
  AttributeLayer,
  JsonValue,
  ProfileEntry,
  ProfileFacts,
} from '@user-engine/store'

import { AUDIENCES, SENSITIVITIES, type Audience, type Sensitivity } from './attribute-definitions.ts'
import type { AttributeValidator, CompiledCatalog } from './attribute-validators.ts'
import { emptyObject } from './json.ts'

/** From the upper to the lower: each is overridden by the next. */
export const LAYERS = ['platform', 'tenant', 'application'] as const satisfies readonly AttributeLayer[]

/** What a reader gets of a user: values by attribute. */
export type EffectiveProfile = Readonly<Record<string, JsonValue>>

/** Why an attribute has the value it has, or none. It holds no value. */
export interface AttributeExplanation {
  readonly attribute: string
  /** Whose value it is, or null where nobody's counts. */
  readonly layer: AttributeLayer | null
  readonly source: string | null
  /** The catalog that the value is read by; null where none declares the attribute. */
  readonly catalogId: AttributeCatalogId | null
  /**
   * Values that do not count. `overridden` by a lower layer; `final`: an upper layer's definition lets nobody else decide;
   * `outdated`: it does not fit the catalog in force; `undeclared`: none in force has the attribute.
   */
  readonly hidden: readonly {
    readonly layer: AttributeLayer
    readonly reason: 'overridden' | 'final' | 'outdated' | 'undeclared'
  }[]
  readonly visibility: readonly Audience[]
  /** Whom the definitions keep it from. */
  readonly withheldFrom: readonly Audience[]
  readonly sensitivity: Sensitivity
}

/** An attribute as all layers together define it. */
export interface LayeredAttribute {
  /** By layer, where that layer declares it. */
  readonly declared: Readonly<Partial<Record<AttributeLayer, Declaration>>>
  readonly visibility: readonly Audience[]
  readonly sensitivity: Sensitivity
}

interface Declaration {
  readonly catalog: CompiledCatalog
  readonly validator: AttributeValidator
}

/** The catalogs that count: of each key the newest, which is what there is, or the version that the tenant's binding stays with. */
export function inForce(
  { binding }: Pick<ProfileFacts, 'binding'>,
  catalogs: readonly CompiledCatalog[],
): readonly CompiledCatalog[] {
  const chosen = new Map<string, CompiledCatalog>()
  for (const catalog of catalogs) {
    const place = `${catalog.ownerId} ${catalog.key}`
    if (!chosen.has(place) || catalog.id === binding?.catalogId) chosen.set(place, catalog)
  }
  return [...chosen.values()]
}

/** The definition of an attribute in each layer; visibility is what all allow, sensitivity the highest. */
export function layered(catalogs: readonly CompiledCatalog[], attribute: string): LayeredAttribute {
  const declared: Partial<Record<AttributeLayer, Declaration>> = {}
  let visibility: readonly Audience[] = AUDIENCES
  let rank = -1
  for (const catalog of catalogs) {
    const validator = catalog.validators.get(attribute)
    if (validator === undefined) continue
    declared[catalog.layer] = { catalog, validator }
    visibility = visibility.filter((each) => validator.definition.visibility.includes(each))
    rank = Math.max(rank, SENSITIVITIES.indexOf(validator.definition.sensitivity))
  }
  return { declared, visibility, sensitivity: SENSITIVITIES[rank] ?? 'personal' }
}

/** The definition that a layer's value is judged by: its own, or that of the next layer above. */
export function governing({ declared }: LayeredAttribute, layer: AttributeLayer): Declaration | null {
  const own = LAYERS.indexOf(layer)
  const governs = LAYERS.findLast((each, index) => index <= own && declared[each] !== undefined)
  return governs === undefined ? null : (declared[governs] ?? null)
}

/** Whether a layer above has the last word. */
export function isFinalAbove({ declared }: LayeredAttribute, layer: AttributeLayer): boolean {
  const own = LAYERS.indexOf(layer)
  return LAYERS.some((each, index) => index < own && declared[each]?.validator.definition.final === true)
}

interface Winner {
  readonly value: ProfileEntry
  readonly declaration: Declaration
}

interface Contest {
  readonly attribute: string
  readonly layers: LayeredAttribute
  readonly winner: Winner | null
  readonly hidden: AttributeExplanation['hidden']
}

const lowestFirst = (a: ProfileEntry, b: ProfileEntry) => LAYERS.indexOf(b.layer) - LAYERS.indexOf(a.layer)

function contest(attribute: string, layers: LayeredAttribute, given: readonly ProfileEntry[]): Contest {
  let winner: Winner | null = null
  const hidden: AttributeExplanation['hidden'][number][] = []
  // Most attributes are set in one layer alone.
  const downwards = given.length === 1 ? given : given.toSorted(lowestFirst)
  for (const value of downwards) {
    const { layer } = value
    const declaration = governing(layers, layer)
    const fits = (by: Declaration) =>
      value.catalogId === by.catalog.id || by.validator.issues(value.value).length === 0
    if (declaration === null) hidden.push({ layer, reason: 'undeclared' })
    else if (isFinalAbove(layers, layer)) hidden.push({ layer, reason: 'final' })
    else if (!fits(declaration)) hidden.push({ layer, reason: 'outdated' })
    else if (winner !== null) hidden.push({ layer, reason: 'overridden' })
    else winner = { value, declaration }
  }
  return { attribute, layers, winner, hidden }
}

function contests(facts: ProfileFacts, catalogs: readonly CompiledCatalog[]): readonly Contest[] {
  const counting = inForce(facts, catalogs)
  const given = new Map<string, ProfileEntry[]>()
  for (const value of facts.values) {
    const others = given.get(value.attribute)
    if (others === undefined) given.set(value.attribute, [value])
    else others.push(value)
  }
  return [...given].map(([attribute, values]) => contest(attribute, layered(counting, attribute), values))
}

/**
 * What an audience sees: of each attribute the value of the lowest layer that counts, unless it is kept from them, never
 * returned (RFC 7643 section 7), or returned only on request and not in `asked`.
 */
export function effectiveProfile(
  facts: ProfileFacts,
  catalogs: readonly CompiledCatalog[],
  audience: Audience,
  asked: readonly string[] | null = null,
): EffectiveProfile {
  const profile = emptyObject()
  for (const { attribute, layers, winner } of contests(facts, catalogs)) {
    if (winner === null || !layers.visibility.includes(audience)) continue
    const { validator } = winner.declaration
    const { returned } = validator.definition
    const wanted = asked === null ? returned !== 'request' : asked.includes(attribute)
    if (!wanted && returned !== 'always') continue
    const value = validator.shown(winner.value.value)
    if (value !== null) profile[attribute] = value
  }
  return Object.freeze(profile)
}

/** One explanation for each attribute that anybody has set, in order of name. */
export function explainProfile(
  facts: ProfileFacts,
  catalogs: readonly CompiledCatalog[],
): readonly AttributeExplanation[] {
  const all = contests(facts, catalogs).toSorted((a, b) => (a.attribute < b.attribute ? -1 : 1))
  return all.map(({ attribute, layers, winner, hidden }) => ({
    attribute,
    layer: winner?.value.layer ?? null,
    source: winner?.value.source ?? null,
    catalogId: winner?.declaration.catalog.id ?? null,
    hidden,
    visibility: layers.visibility,
    withheldFrom: AUDIENCES.filter((each) => !layers.visibility.includes(each)),
    sensitivity: layers.sensitivity,
  }))
}
