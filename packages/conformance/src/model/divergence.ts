import type { ModelRequirement } from './requirements.ts'

/** Where a store and the model part. */
export class Divergence extends Error {
  override readonly name = 'Divergence'
  readonly requirement: ModelRequirement
  readonly observation: string

  constructor(requirement: ModelRequirement, observation: string) {
    super(`${requirement}: ${observation}`)
    this.requirement = requirement
    this.observation = observation
  }
}

/** How often each promise was compared and held. */
export class Tally {
  readonly #counts = new Map<ModelRequirement, number>()

  add(requirement: ModelRequirement): void {
    this.#counts.set(requirement, this.of(requirement) + 1)
  }

  of(requirement: ModelRequirement): number {
    return this.#counts.get(requirement) ?? 0
  }
}
