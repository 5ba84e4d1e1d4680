import type {
  AttributeCatalogId,
  AttributeLayer,
  JsonObject,
  JsonValue,
  ProfileValue,
} from '@user-engine/store'

import type { Audience, Sensitivity, WholeDefinition } from './attribute-definitions.ts'
import type { CompiledCatalog } from './attribute-validators.ts'
import { governing, isFinalAbove, layered } from './effective-profile.ts'
import { UserEngineError, type InputIssue } from './errors.ts'
import { canonicalJson } from './idempotency.ts'

/** A value that may be written. */
export interface Verdict {
  readonly attribute: string
  readonly before: ProfileValue | null
  /** Null clears it. */
  readonly value: JsonValue
  readonly catalogId: AttributeCatalogId
  readonly uniqueKey: string | null
  readonly sensitivity: Sensitivity
  /** What may be returned of it; null where nothing may. */
  readonly shown: JsonValue
  readonly unchanged: boolean
}

const isNothing = (value: JsonValue) => value === null || (Array.isArray(value) && value.length === 0)
const same = (one: JsonValue, other: JsonValue) => canonicalJson(one) === canonicalJson(other)

function listOf(value: JsonValue): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [value]
}

/** What mutability forbids (RFC 7643 section 7). The platform itself writes what clients only read. */
function mutabilityIssue(
  { mutability }: Pick<WholeDefinition, 'mutability'>,
  before: JsonValue,
  value: JsonValue,
  audience: Audience,
): string | null {
  if (same(before, value)) return null
  if (mutability === 'readOnly' && audience !== 'platform') return 'read_only'
  return mutability === 'immutable' && before !== null ? 'immutable' : null
}

/** The same for the parts of a single complex value; of several values each is new where it differs. */
function subIssues(
  definition: WholeDefinition,
  before: JsonValue,
  value: JsonValue,
  audience: Audience,
): readonly InputIssue[] {
  const part = (of: JsonValue, name: string): JsonValue =>
    typeof of === 'object' && of !== null && !Array.isArray(of) ? ((of as JsonObject)[name] ?? null) : null
  const kept = listOf(before)
  const items = listOf(value).filter((item) => !kept.some((each) => same(each, item)))
  const judged = definition.subAttributes.flatMap(({ name, mutability = 'readWrite' }) =>
    items.map((item) => {
      const rule = mutabilityIssue({ mutability }, part(before, name), part(item, name), audience)
      return rule === null ? null : { path: name, rule }
    }),
  )
  return judged.filter((each) => each !== null)
}

/** What the catalogs of this layer require of whoever sets any of their attributes. */
export function requiredWith(
  written: ReadonlyMap<string, JsonValue>,
  catalogs: readonly CompiledCatalog[],
  layer: AttributeLayer,
): readonly string[] {
  const touched = catalogs.filter(
    (catalog) => catalog.layer === layer && [...written.keys()].some((each) => catalog.validators.has(each)),
  )
  return touched
    .flatMap(({ validators }) => [...validators.values()])
    .filter(({ definition }) => definition.required)
    .map(({ attribute }) => attribute)
}

/** All that is required is set. It is never cleared, so that what was set before need not be guarded. */
function missing(
  verdicts: readonly Verdict[],
  own: readonly ProfileValue[],
  catalogs: readonly CompiledCatalog[],
  layer: AttributeLayer,
): readonly InputIssue[] {
  const written = new Map(verdicts.map((verdict) => [verdict.attribute, verdict.value]))
  const kept = new Set(own.filter(({ state }) => state === 'set').map(({ attribute }) => attribute))
  const isSet = (attribute: string) => {
    const value = written.get(attribute)
    return value === undefined ? kept.has(attribute) : value !== null
  }
  return requiredWith(written, catalogs, layer)
    .filter((attribute) => !isSet(attribute) && !isFinalAbove(layered(catalogs, attribute), layer))
    .map((attribute) => ({ path: attribute, rule: 'required' }))
}

/**
 * Judges all values of one write in one layer. INVALID_ATTRIBUTES names every attribute that is not declared, is decided
 * further up, or whose value is not allowed; never a value.
 */
export function judge(
  values: ReadonlyMap<string, JsonValue>,
  own: readonly ProfileValue[],
  catalogs: readonly CompiledCatalog[],
  layer: AttributeLayer,
  audience: Audience,
): readonly Verdict[] {
  const issues: InputIssue[] = []
  const verdicts: Verdict[] = []
  for (const [attribute, given] of values) {
    const layers = layered(catalogs, attribute)
    const declaration = governing(layers, layer)
    if (declaration === null) {
      issues.push({ path: attribute, rule: 'undeclared' })
      continue
    }
    const value = isNothing(given) ? null : given
    const before = own.find((each) => each.attribute === attribute) ?? null
    const earlier = before?.state === 'set' ? before.value : null
    const { catalog, validator } = declaration
    const { definition } = validator
    const mutability = mutabilityIssue(definition, earlier, value, audience)
    if (isFinalAbove(layers, layer)) issues.push({ path: attribute, rule: 'final' })
    else if (mutability !== null) issues.push({ path: attribute, rule: mutability })
    else if (value !== null) {
      const found = validator.issues(value)
      const inner = found.length > 0 ? [] : subIssues(definition, earlier, value, audience)
      issues.push(...found, ...inner.map(({ path, rule }) => ({ path: `${attribute}.${path}`, rule })))
    }
    const fits = issues.length === 0 && value !== null
    verdicts.push({
      attribute,
      before,
      value,
      catalogId: catalog.id,
      uniqueKey: fits ? validator.uniqueKey(value) : null,
      sensitivity: layers.sensitivity,
      shown: fits ? validator.shown(value) : null,
      unchanged: same(earlier, value) && (value === null || before?.catalogId === catalog.id),
    })
  }
  issues.push(...missing(verdicts, own, catalogs, layer))
  if (issues.length > 0) throw new UserEngineError('INVALID_ATTRIBUTES', { issues })
  return verdicts
}
