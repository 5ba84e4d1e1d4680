import type { Case } from './case.ts'
import type { RequirementId } from './catalogue/index.ts'
import type { PlannedCase } from './plan.ts'

type Candidate = Pick<PlannedCase, 'case' | 'requirements' | 'needs'>

/**
 * What a smoke run takes: for each requirement one case, the first of those that rank lowest, and those that are marked for
 * it. As each is chosen by its requirement or itself alone, what is taken of many is also taken of few: a filter or a
 * replay never loses it.
 */
export function takeForSmoke(candidates: readonly Candidate[]): ReadonlySet<Case> {
  const taken = new Map<RequirementId, Candidate>()
  for (const one of candidates) {
    for (const requirement of one.requirements) {
      const before = taken.get(requirement)
      if (before === undefined || rank(one, requirement) < rank(before, requirement))
        taken.set(requirement, one)
    }
  }
  const marked = candidates.filter((one) => one.case.budget === 'smoke')
  return new Set([...taken.values(), ...marked].map((one) => one.case))
}

/** The requirement's own before those that observe it besides, the short before the long, and who needs little first. */
function rank({ case: { budget }, requirements, needs }: Candidate, requirement: RequirementId): number {
  return (requirements[0] === requirement ? 0 : 10_000) + (budget === 'full' ? 100 : 0) + needs.length
}
