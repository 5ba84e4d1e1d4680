import type { Budget } from './budget.ts'
import type { Case } from './case.ts'
import { defaultCases } from './cases/index.ts'
import { catalogue, type RequirementId } from './catalogue/index.ts'
import { isProfile, PROFILES } from './catalogue/profiles.ts'
import type { Profile, Requirement } from './catalogue/requirement.ts'
import { KitError } from './kit-error.ts'
import type { Need } from './need.ts'
import { hasStore } from './no-store.ts'
import { createRandom } from './random.ts'
import {
  checkSelection,
  IN_ANOTHER_SHARD,
  isInShard,
  leftOut,
  NOT_FOR_SMOKE,
  type Selection,
  type Shard,
} from './selection.ts'
import { takeForSmoke } from './smoke.ts'
import { powersOf } from './subject.ts'
import type { Target } from './target.ts'

export interface PlanOptions extends Selection {
  /** Which profiles are claimed. */
  readonly profiles: readonly Profile[]
  /** The cases to choose from; those about a store alone, and about a provider, where absent. */
  readonly cases?: readonly Case[]
  /** Orders the cases, and decides everything random in them. */
  readonly seed?: string
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
  readonly budget: Budget
  readonly only: readonly string[]
  readonly not: readonly string[]
  readonly shard: Shard | null
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
  const { profiles, cases = defaultCases, seed = DEFAULT_SEED, shard = null, budget = 'full' } = options
  const problems = checkCases(cases)
  if (profiles.length === 0) problems.push('No profile is chosen.')
  for (const name of profiles.filter((one) => !isProfile(one)))
    problems.push(`No profile is called ${String(name)}: ${PROFILES.join(', ')}.`)
  problems.push(...checkSelection(options, cases))
  if (problems.length > 0) throw new KitError(problems.join('\n'))

  const chosen = cases
    .map((one): PlannedCase => {
      const [own, ...also] = requirementsOf(one)
      const requirement = requirementOf(own)
      const needs = [...new Set([...requirement.needs, ...(one.needs ?? [])])]
      return {
        case: one,
        requirements: [own, ...also],
        profile: profileOf(one),
        needs,
        skip: skipOf(one, needs, target, options),
      }
    })
    .filter(({ profile }) => profiles.includes(profile))
  const smoke = takeForSmoke(chosen.filter(({ skip }) => skip === null))
  const inBudget = (one: PlannedCase): PlannedCase =>
    budget === 'full' || one.skip !== null || smoke.has(one.case)
      ? one
      : { ...one, skip: { verdict: 'filtered', reason: NOT_FOR_SMOKE } }
  const whole = inOrder(chosen).map(inBudget)
  const shuffled = createRandom(`order ${seed}`).shuffle(whole)
  const elsewhere = new Set(shard === null ? [] : othersOf(shuffled, shard))
  const inShard = (one: PlannedCase): PlannedCase =>
    elsewhere.has(one) ? { ...one, skip: { verdict: 'filtered', reason: IN_ANOTHER_SHARD } } : one
  const planned = new Map(whole.map((one) => [one, inShard(one)]))
  const requirements = [...catalogue]
    .filter(
      ([id, { profile, status }]) =>
        status !== 'retired' &&
        (profiles.includes(profile) || whole.some((one) => one.requirements.includes(id))),
    )
    .map(([id]) => id)
  return {
    profiles: [...profiles],
    seed,
    budget,
    only: [...(options.only ?? [])],
    not: [...(options.not ?? [])],
    shard,
    cases: [...planned.values()],
    order: shuffled.flatMap((one) => planned.get(one) ?? []),
    requirements,
  }
}

/** The requirements that a case proves, the one of its id first. */
export function requirementsOf({ id, also = [] }: Case): readonly [RequirementId, ...RequirementId[]] {
  return [id.slice(0, id.indexOf('/')) as RequirementId, ...also]
}

/** The profile that a case is of: that of its requirement, unless it says another. */
export function profileOf(one: Case): Profile {
  return one.profile ?? requirementOf(requirementsOf(one)[0]).profile
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

function inOrder(cases: readonly PlannedCase[]): PlannedCase[] {
  const places = new Map([...catalogue.keys()].map((id, place) => [id, place]))
  const place = (one: PlannedCase) => places.get(one.requirements[0]) ?? 0
  return cases.toSorted((one, other) => place(one) - place(other) || (one.case.id < other.case.id ? -1 : 1))
}

/** Those of the cases that can be run which other shards run. */
function othersOf(cases: readonly PlannedCase[], shard: Shard): PlannedCase[] {
  return cases.filter(({ skip }) => skip === null).filter((_, place) => !isInShard(place, shard))
}

function skipOf(
  one: Case,
  needs: readonly Need[],
  target: Target,
  selection: Selection,
): PlannedCase['skip'] {
  const reason = leftOut(one, selection)
  if (reason !== null) return { verdict: 'filtered', reason }
  if (!hasStore(target) && !needs.includes('provider'))
    return { verdict: 'unsupported', reason: 'the target has no store' }
  const powers = powersOf(target)
  const lacking = needs.filter((need) => need !== 'durable' && !powers.has(need))
  if (lacking.length === 0) return null
  return { verdict: 'unsupported', reason: `the target has no power ${lacking.join(', ')}` }
}
