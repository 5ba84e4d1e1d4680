import type { Budget } from '../budget.ts'
import type { Case } from '../case.ts'
import { providerCases } from '../provider/cases.ts'
import { storeCases } from '../cases/index.ts'
import { catalogue, type RequirementId } from '../catalogue/index.ts'
import { PROFILES } from '../catalogue/profiles.ts'
import type { Profile } from '../catalogue/requirement.ts'
import type { Need } from '../need.ts'
import { hasStore } from '../no-store.ts'
import type { ProviderTarget } from '../postgres/provider.ts'
import { planConformance, profileOf, requirementsOf, type PlannedCase } from '../plan.ts'
import { createRandom } from '../random.ts'
import { createSession, type Session } from '../session.ts'
import { powersOf } from '../subject.ts'
import type { Instance, Target } from '../target.ts'
import { decides } from '../verdict.ts'
import { createFaultyTarget, type FaultyStore } from './faulty-store.ts'
import { faultyStores } from './index.ts'
import { isLandmark } from './landmarks.ts'
import {
  asProviderTarget,
  obstacleOf,
  spoilProvider,
  type FaultyProvider,
} from './provider/faulty-provider.ts'
import { faultyProviders } from './provider/index.ts'
import {
  asPostgresTarget,
  createFaultyPostgresTarget,
  type FaultyPostgresTarget,
  type FaultyPostgres,
} from './postgres/faulty-postgres.ts'
import { faultyPostgres } from './postgres/index.ts'

export interface SelftestOptions {
  readonly cases?: readonly Case[]
  /** What the target's stores are made into; all that are published where absent. */
  readonly faulty?: readonly FaultyStore[]
  /** What its databases are made into, where it is one of `createPostgresTarget` for `@user-engine/postgres`. */
  readonly postgres?: readonly FaultyPostgres[]
  /** What is made of its handoff, where it is one of `defineProvider`. */
  readonly providers?: readonly FaultyProvider[]
  /** How many landmarks each of them is tried on as well; 3 where absent. */
  readonly landmarks?: number
  readonly seed?: string
  readonly timeScale?: number
  /** `smoke`: what a smoke run would have found. `full` where absent. */
  readonly budget?: Budget
}

type Faulty = Omit<FaultyStore, 'corrupt'>

type SpoiledTarget = Target & Partial<Pick<FaultyPostgresTarget, 'unsent'>>

/** What the kit made of one faulty store. */
export interface Kill {
  readonly faulty: Faulty
  /**
   * `killed`: red by the requirement that it breaks, with the observation that was expected. `astray`: red, but by
   * something else, such as a timeout, or with a part of its defect that the store never met. `broad`: killed, and red in a
   * landmark as well. `survived`: not red. `untried`: the target lacks what the defect needs.
   */
  readonly result: 'killed' | 'astray' | 'broad' | 'survived' | 'untried'
  /** The case that found it, or was led astray; null where none was. */
  readonly caseId: string | null
  /** What was seen, or what the target lacks; null where nothing was. */
  readonly observation: string | null
  /** It was found, and not when the same case was run again. */
  readonly flaky: boolean
}

const STORE: readonly Profile[] = ['store-core', 'store-concurrent', 'store-durable', 'store-relational']

/**
 * Runs the cases of the broken requirement against each faulty store in turn, made of the target's good one: a kit that
 * finds nothing in them would find nothing in yours. Of the landmarks, cases of other promises, each must stay green: a
 * store that breaks everything shows nothing of the case that finds it.
 */
export async function selftest<Subject extends Instance>(
  target: Target<Subject>,
  options: SelftestOptions = {},
  onKill: (kill: Kill) => void = () => {},
): Promise<readonly Kill[]> {
  const provider = asProviderTarget(target)
  if (provider !== null) return selftestProvider(provider, options, onKill)
  const { budget, cases: all = storeCases, faulty = faultyStores, postgres = faultyPostgres } = options
  const { cases: planned } = planConformance(target, {
    profiles: PROFILES,
    cases: all,
    ...(budget && { budget }),
  })
  const left = new Set(planned.filter(({ skip }) => skip?.verdict === 'filtered').map((one) => one.case))
  // In the order of all: what a smoke run takes of several that rank alike is the first.
  const cases = all.filter((one) => !left.has(one))
  const has = await capabilitiesOf(target)
  const database = asPostgresTarget(target)
  const spoiled: readonly { readonly one: Faulty; readonly target: SpoiledTarget }[] = [
    ...faulty.map((one) => ({ one, target: createFaultyTarget(target, one) })),
    ...(database === null
      ? []
      : postgres.map((one) => ({ one, target: createFaultyPostgresTarget(database, one) as SpoiledTarget }))),
  ]
  const kills: Kill[] = []
  for (const { one, target: broken } of spoiled) {
    const lacking = lackOf(one, has)
    const kill =
      lacking === null
        ? await attempt(broken, one, { ...options, cases })
        : killOf(one, 'untried', { observation: lacking })
    kills.push(kill)
    onKill(kill)
  }
  return kills
}

/** The same for who has no store: each database is spoilt, judged and mended again. */
async function selftestProvider(
  target: ProviderTarget,
  { providers = faultyProviders, ...options }: SelftestOptions,
  onKill: (kill: Kill) => void,
): Promise<readonly Kill[]> {
  const has = powersOf(target)
  const kills: Kill[] = []
  for (const one of providers) {
    const lacking = lackOf(one, has) ?? obstacleOf(target, one)
    const kill =
      lacking === null
        ? await attemptOn(target, one, { cases: providerCases, ...options })
        : killOf(one, 'untried', { observation: lacking })
    kills.push(kill)
    onKill(kill)
  }
  return kills
}

async function attemptOn(
  target: ProviderTarget,
  one: FaultyProvider,
  options: SelftestOptions & { readonly cases: readonly Case[] },
): Promise<Kill> {
  const { target: spoilt, mend } = await spoilProvider(target, one)
  try {
    return await attempt(spoilt, one, options)
  } finally {
    await mend()
  }
}

function lackOf({ needs = [] }: Faulty, has: ReadonlySet<Need>): string | null {
  const lacking = needs.filter((need) => !has.has(need))
  return lacking.length === 0 ? null : `needs ${lacking.join(', ')}`
}

/** How often each stable MUST of the profiles, those of a store where absent, is broken by a faulty store that was killed. */
export function countKills(
  kills: readonly Kill[],
  profiles: readonly Profile[] = STORE,
): ReadonlyMap<RequirementId, number> {
  const killed = kills.filter(({ result }) => result === 'killed').map(({ faulty }) => faulty.breaks)
  return new Map(
    [...catalogue]
      .filter(
        ([, requirement]) =>
          decides(requirement) && profiles.includes(requirement.profile) && requirement.proof !== 'evidence',
      )
      .map(([id]) => [id, killed.filter((breaks) => breaks === id).length]),
  )
}

/** Stable MUSTs of the profiles that no faulty store shows to be watched. */
export function findGaps(kills: readonly Kill[], profiles?: readonly Profile[]): readonly RequirementId[] {
  return [...countKills(kills, profiles)].filter(([, count]) => count === 0).map(([id]) => id)
}

function killOf(
  faulty: Faulty,
  result: Kill['result'],
  found: Partial<Pick<Kill, 'caseId' | 'observation' | 'flaky'>> = {},
): Kill {
  return { faulty, result, caseId: null, observation: null, flaky: false, ...found }
}

async function attempt(
  target: SpoiledTarget,
  faulty: Faulty,
  options: SelftestOptions & { readonly cases: readonly Case[] },
): Promise<Kill> {
  const relevant = options.cases.filter((one) => requirementsOf(one).includes(faulty.breaks))
  const session = sessionOf(target, relevant, options)
  const kill = await hunt(session, faulty)
  if (kill.result !== 'killed') return kill
  const [unsent] = target.unsent?.() ?? []
  if (unsent !== undefined)
    return { ...kill, result: 'astray', observation: `the store never sent ${unsent}` }
  const spared = landmarksOf(target, faulty, options)
  const beside = spared.length === 0 ? null : await firstRed(sessionOf(target, spared, options))
  return beside === null ? kill : { ...kill, ...beside, result: 'broad' }
}

function sessionOf(
  target: Target,
  cases: readonly Case[],
  { seed = '1', timeScale = 0.2, budget = 'full' }: SelftestOptions,
) {
  const profiles = PROFILES.filter((name) => cases.some((one) => profileOf(one) === name))
  return createSession(target, { profiles, cases, seed, timeScale, budget })
}

async function hunt(session: Session, faulty: Faulty): Promise<Kill> {
  let astray: Kill | null = null
  for (const planned of session.plan.cases.toSorted((a, b) => rankOf(a, faulty) - rankOf(b, faulty))) {
    const { verdict, failures, reason } = await session.run(planned)
    const caseId = planned.case.id
    const found = failures.find(
      ({ requirement, observation }) =>
        requirement === faulty.breaks && faulty.expect !== '' && observation.includes(faulty.expect),
    )
    if (found !== undefined) {
      const { observation } = found
      return killOf(faulty, 'killed', { caseId, observation, flaky: verdict === 'flaky' })
    }
    if (isRed(verdict)) astray ??= killOf(faulty, 'astray', { caseId, observation: reason })
  }
  const [problem] = session.finish().problems
  if (astray !== null) return astray
  if (problem !== undefined) return killOf(faulty, 'astray', { observation: problem })
  return killOf(faulty, 'survived')
}

/** The case that is named first, then the requirement's own, then those that observe it besides. */
function rankOf({ case: { id }, requirements }: PlannedCase, { by, breaks }: Faulty): number {
  return id === by ? -1 : requirements.indexOf(breaks)
}

function isRed(verdict: string): boolean {
  return !['pass', 'unsupported', 'filtered'].includes(verdict)
}

/** As many as asked for, each store others, and none that it may break. */
function landmarksOf(
  target: Target,
  { name, breaks, disturbs = [] }: Faulty,
  { landmarks = 3 }: SelftestOptions,
): readonly Case[] {
  const candidates = hasStore(target) ? storeCases.filter(isLandmark) : providerCases
  const spared = candidates.filter(
    (one) => !requirementsOf(one).some((id) => id === breaks || disturbs.includes(id)),
  )
  return createRandom(name).shuffle(spared).slice(0, landmarks)
}

async function firstRed(session: Session): Promise<Pick<Kill, 'caseId' | 'observation'> | null> {
  for (const planned of session.plan.cases) {
    const { verdict, reason } = await session.run(planned)
    if (isRed(verdict)) return { caseId: planned.case.id, observation: reason }
  }
  return null
}

async function capabilitiesOf<Subject extends Instance>(target: Target<Subject>): Promise<ReadonlySet<Need>> {
  const has = new Set(powersOf(target))
  const instance = await target.open({ id: 'ue_selftest', signal: new AbortController().signal })
  if (instance.store.capabilities.durable) has.add('durable')
  await target.destroy(instance)
  return has
}
