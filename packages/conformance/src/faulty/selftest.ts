import type { Case } from '../case.ts'
import { storeCases } from '../cases/index.ts'
import { catalogue, type RequirementId } from '../catalogue/index.ts'
import { PROFILES } from '../catalogue/profiles.ts'
import type { Profile } from '../catalogue/requirement.ts'
import type { Need } from '../need.ts'
import { profileOf, requirementsOf } from '../plan.ts'
import { createSession } from '../session.ts'
import { powersOf } from '../subject.ts'
import type { Instance, Target } from '../target.ts'
import { decides } from '../verdict.ts'
import { createFaultyTarget, type FaultyStore } from './faulty-store.ts'
import { faultyStores } from './index.ts'

export interface SelftestOptions {
  readonly cases?: readonly Case[]
  readonly faulty?: readonly FaultyStore[]
  readonly seed?: string
  readonly timeScale?: number
}

/** What the kit made of one faulty store. */
export interface Kill {
  readonly faulty: FaultyStore
  /**
   * `killed`: red by the requirement that it breaks, with the observation that was expected. `astray`: red, but by
   * something else, such as a timeout. `survived`: not red. `untried`: the target lacks what the defect needs.
   */
  readonly result: 'killed' | 'astray' | 'survived' | 'untried'
  /** The case that found it, or was led astray; null where none was. */
  readonly caseId: string | null
  readonly observation: string | null
}

const STORE: readonly Profile[] = ['store-core', 'store-concurrent', 'store-durable', 'store-relational']

/**
 * Runs the cases of the broken requirement against each faulty store in turn, made of the target's good one: a kit that
 * finds nothing in them would find nothing in yours.
 */
export async function selftest<Subject extends Instance>(
  target: Target<Subject>,
  options: SelftestOptions = {},
  onKill: (kill: Kill) => void = () => {},
): Promise<readonly Kill[]> {
  const { cases = storeCases, faulty = faultyStores, seed = '1', timeScale = 0.2 } = options
  const has = await capabilitiesOf(target)
  const kills: Kill[] = []
  for (const one of faulty) {
    const kill = (one.needs ?? []).every((need) => has.has(need))
      ? await attempt(target, one, { cases, seed, timeScale })
      : { faulty: one, result: 'untried' as const, caseId: null, observation: null }
    kills.push(kill)
    onKill(kill)
  }
  return kills
}

/** Stable MUSTs of the profiles, those of a store where absent, that no faulty store shows to be watched. */
export function findGaps(
  kills: readonly Kill[],
  profiles: readonly Profile[] = STORE,
): readonly RequirementId[] {
  const killed = new Set(kills.filter(({ result }) => result === 'killed').map(({ faulty }) => faulty.breaks))
  return [...catalogue]
    .filter(
      ([id, requirement]) =>
        decides(requirement) &&
        profiles.includes(requirement.profile) &&
        requirement.proof !== 'evidence' &&
        !killed.has(id),
    )
    .map(([id]) => id)
}

async function attempt<Subject extends Instance>(
  target: Target<Subject>,
  faulty: FaultyStore,
  { cases, seed, timeScale }: Required<Omit<SelftestOptions, 'faulty'>>,
): Promise<Kill> {
  const relevant = cases.filter((one) => requirementsOf(one).includes(faulty.breaks))
  const session = createSession(createFaultyTarget(target, faulty), {
    profiles: PROFILES.filter((name) => relevant.some((one) => profileOf(one) === name)),
    cases: relevant,
    seed,
    timeScale,
  })
  let astray: Kill | null = null
  for (const planned of session.plan.cases) {
    const { verdict, failures, reason } = await session.run(planned)
    const caseId = planned.case.id
    const found = failures.find(
      ({ requirement, observation }) =>
        requirement === faulty.breaks && faulty.expect !== '' && observation.includes(faulty.expect),
    )
    if (found !== undefined) return { faulty, result: 'killed', caseId, observation: found.observation }
    const red = !['pass', 'unsupported', 'filtered'].includes(verdict)
    if (red) astray ??= { faulty, result: 'astray', caseId, observation: reason }
  }
  const [problem] = session.finish().problems
  if (astray !== null) return astray
  if (problem !== undefined) return { faulty, result: 'astray', caseId: null, observation: problem }
  return { faulty, result: 'survived', caseId: null, observation: null }
}

async function capabilitiesOf<Subject extends Instance>(target: Target<Subject>): Promise<ReadonlySet<Need>> {
  const has = new Set(powersOf(target))
  const instance = await target.open({ id: 'ue_selftest', signal: new AbortController().signal })
  if (instance.store.capabilities.durable) has.add('durable')
  await target.destroy(instance)
  return has
}
