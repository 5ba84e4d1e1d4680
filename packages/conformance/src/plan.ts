import type { Case } from './case.ts'
import { storeCases } from './cases/index.ts'
import { catalogue, type RequirementId } from './catalogue/index.ts'
import type { Profile, Requirement } from './catalogue/requirement.ts'
import { KitError } from './kit-error.ts'
import type { Need } from './need.ts'
import { createRandom } from './random.ts'
import { powersOf } from './subject.ts'
import type { Target } from './target.ts'

export interface PlanOptions {
  /** Which profiles are claimed. */
  readonly profiles: readonly Profile[]
  /** The cases to choose from; those about a store alone where absent. */
  readonly cases?: readonly Case[]
  /** Orders the cases, and decides everything random in them. */
  readonly seed?: string
  /** Only cases whose id begins with one of these. The verdict is then partial at best. */
  readonly only?: readonly string[]
}

/** A case as it will be run, or not. */
export interface PlannedCase {
  readonly case: Case
  /** The requirement of its id first. */
  readonly requirements: readonly [RequirementId, ...RequirementId[]]
  readonly profile: Profile
  /** Its own needs and those of its requirement. */
  readonly needs: readonly Need[]
  /** Why it is not run, where that is known before a store is opened. */
  readonly skip: { readonly verdict: 'filtered' | 'unsupported'; readonly reason: string } | null
}

/** What a run will do: data alone, the same for the same target, options and kit. */
export interface Plan {
  readonly profiles: readonly Profile[]
  readonly seed: string
  readonly only: readonly string[]
  /** In the order of the catalogue. */
  readonly cases: readonly PlannedCase[]
  /** The same, in the order in which they are run. */
  readonly order: readonly PlannedCase[]
  /** What the profiles promise. */
  readonly requirements: readonly RequirementId[]
}

export const DEFAULT_SEED = '1'

/** Plans a run. Throws a KitError where a case, a profile or a filter makes no sense. */
export function planConformance(target: Target, options: PlanOptions): Plan {
  const { profiles, cases = storeCases, seed = DEFAULT_SEED, only = [] } = options
  const powers = powersOf(target)
  const problems = checkCases(cases)
  if (profiles.length === 0) problems.push('No profile is chosen.')
  for (const prefix of only) {
    if (!cases.some(({ id }) => id.startsWith(prefix))) problems.push(`No case is called ${prefix}.`)
  }
  if (problems.length > 0) throw new KitError(problems.join('\n'))

  const planned = inOrder(cases)
    .map((one): PlannedCase => {
      const [own, ...also] = requirementsOf(one)
      const requirement = requirementOf(own)
      const needs = [...new Set([...requirement.needs, ...(one.needs ?? [])])]
      return {
        case: one,
        requirements: [own, ...also],
        profile: one.profile ?? requirement.profile,
        needs,
        skip: skipOf(one, needs, powers, only),
      }
    })
    .filter(({ profile }) => profiles.includes(profile))
  const requirements = [...catalogue]
    .filter(
      ([id, { profile, status }]) =>
        status !== 'retired' &&
        (profiles.includes(profile) || planned.some((one) => one.requirements.includes(id))),
    )
    .map(([id]) => id)
  return {
    profiles: [...profiles],
    seed,
    only: [...only],
    cases: planned,
    order: createRandom(`order ${seed}`).shuffle(planned),
    requirements,
  }
}

/** The requirements that a case proves, the one of its id first. */
export function requirementsOf({ id, also = [] }: Case): readonly [RequirementId, ...RequirementId[]] {
  return [id.slice(0, id.indexOf('/')) as RequirementId, ...also]
}

/** What is wrong with a list of cases. */
export function checkCases(cases: readonly Case[]): string[] {
  const problems: string[] = []
  const ids = new Set<string>()
  for (const one of cases) {
    if (!/^UE-[A-Z]+-\d{3}\/[a-z0-9-]+$/.test(one.id))
      problems.push(`${one.id} is not a case id: UE-AREA-NNN/its-own-name.`)
    if (ids.has(one.id)) problems.push(`${one.id} is there twice.`)
    ids.add(one.id)
    for (const id of requirementsOf(one)) {
      if (!catalogue.has(id)) problems.push(`${one.id} names ${id}, which is not in the catalogue.`)
    }
  }
  return problems
}

function requirementOf(id: RequirementId): Requirement {
  const requirement = catalogue.get(id)
  if (requirement === undefined) throw new KitError(`${id} is not in the catalogue.`)
  return requirement
}

function inOrder(cases: readonly Case[]): Case[] {
  const places = new Map([...catalogue.keys()].map((id, place) => [id, place]))
  const place = (one: Case) => places.get(requirementsOf(one)[0]) ?? 0
  return cases.toSorted((one, other) => place(one) - place(other) || (one.id < other.id ? -1 : 1))
}

function skipOf(
  { id }: Case,
  needs: readonly Need[],
  powers: ReadonlySet<Need>,
  only: readonly string[],
): PlannedCase['skip'] {
  if (only.length > 0 && !only.some((prefix) => id.startsWith(prefix))) {
    return { verdict: 'filtered', reason: 'left out by a filter' }
  }
  const lacking = needs.filter((need) => need !== 'durable' && !powers.has(need))
  if (lacking.length === 0) return null
  return { verdict: 'unsupported', reason: `the target has no power ${lacking.join(', ')}` }
}
