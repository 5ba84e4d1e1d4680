import {
  SENSITIVITIES,
  withDefaults,
  type AttributeDefinition,
  type AttributeDefinitions,
  type WholeDefinition,
} from './attribute-definitions.ts'

/** A change that readers or writers of a catalog's attributes would notice: which attribute, and what. */
export interface BreakingChange {
  /** e.g. `emails` or `emails.type` */
  readonly attribute: string
  /** e.g. `removed`, `type`, `required`. */
  readonly change: string
}

/** Whether somebody who relied on `before` is let down by `after`. */
const RULES: Readonly<Record<string, (before: WholeDefinition, after: WholeDefinition) => boolean>> = {
  type: (before, after) => before.type !== after.type,
  multi_valued: (before, after) => before.multiValued !== after.multiValued,
  required: (before, after) => !before.required && after.required,
  canonical_values: (before, after) => missing(before.canonicalValues, after.canonicalValues),
  case_exact: (before, after) => before.caseExact !== after.caseExact,
  mutability: (before, after) => before.mutability !== after.mutability && after.mutability !== 'readWrite',
  returned: (before, after) => openness(after) < openness(before),
  uniqueness: (before, after) => before.uniqueness === 'none' && after.uniqueness !== 'none',
  reference_types: (before, after) => missing(before.referenceTypes, after.referenceTypes),
  visibility: (before, after) => missing(before.visibility, after.visibility),
  // Up takes values out of events; down puts into them what was given under a promise.
  sensitivity: (before, after) =>
    SENSITIVITIES.indexOf(before.sensitivity) !== SENSITIVITIES.indexOf(after.sensitivity),
  final: (before, after) => !before.final && after.final,
  validation: (before, after) => narrower(before.validation, after.validation),
}

function missing(before: readonly string[], after: readonly string[]): boolean {
  return before.some((each) => !after.includes(each))
}

function openness({ returned }: WholeDefinition): number {
  return ['never', 'request', 'default', 'always'].indexOf(returned)
}

type Validation = WholeDefinition['validation']

function narrower(before: Validation, after: Validation): boolean {
  const least = ['minLength', 'minimum'] as const
  const most = ['maxLength', 'maximum', 'maxItems'] as const
  return (
    least.some((name) => (after[name] ?? -Infinity) > (before[name] ?? -Infinity)) ||
    most.some((name) => (after[name] ?? Infinity) < (before[name] ?? Infinity)) ||
    (after.format !== undefined && after.format !== before.format) ||
    (after.canonicalValuesOnly === true && before.canonicalValuesOnly !== true)
  )
}

function compare(
  path: string,
  before: readonly AttributeDefinition[],
  after: readonly AttributeDefinition[],
): readonly BreakingChange[] {
  const now = new Map(after.map((each) => [each.name, each]))
  const known = new Set(before.map(({ name }) => name))
  const changed = before.flatMap((old): readonly BreakingChange[] => {
    const attribute = `${path}${old.name}`
    const next = now.get(old.name)
    if (next === undefined) return [{ attribute, change: 'removed' }]
    const [one, other] = [withDefaults(old), withDefaults(next)]
    const broken = Object.entries(RULES).filter(([, breaks]) => breaks(one, other))
    const inner = compare(`${attribute}.`, one.subAttributes, other.subAttributes)
    return [...broken.map(([change]) => ({ attribute, change })), ...inner]
  })
  const demanded = after.filter(({ name, required }) => required === true && !known.has(name))
  return [...changed, ...demanded.map(({ name }) => ({ attribute: `${path}${name}`, change: 'required' }))]
}

/** Every breaking change from one version of a catalog to the next, by name, in the order of the definitions. */
export function breakingChanges(
  before: AttributeDefinitions,
  after: AttributeDefinitions,
): readonly BreakingChange[] {
  return compare('', before.attributes, after.attributes)
}
