import { bareSelect, type Somebody } from '../by-hand/sign-in.ts'
import { kyselyOver } from '../by-kysely/provision.ts'
import { signInByKysely } from '../by-kysely/sign-in.ts'
import { loadPeer, type UserPeer } from '../peers.ts'
import { ISSUER, populate, type Population, type PopulationSize } from '../population.ts'
import { closedLoop, isLate, run, type Contestant, type RaceResult } from '../race.ts'
import { ACTOR, CONNECTIONS, openPool, openPostgresEngine } from '../server.ts'
import type { Bench, Suite } from '../suite.ts'

interface SignInPeer extends UserPeer {
  populate(connectionString: string, count: number): Promise<void>
  readonly INDEX?: string
}

const BARE = 'one prepared select, no row security'
const BARE_OF_FEW = `${BARE}, 1,000 users`
const OF_FEW = 'user-engine, 1,000 users'
const KYSELY = 'kysely transaction'
const AUTH_JS = 'Auth.js with the index it lacks'
const BETTER_AUTH = 'better-auth with the index it lacks'
const BETTER_AUTH_BARE = 'better-auth as it is'

export const signIn: Suite = {
  title: 'Signing in',
  about:
    '`resolveIdentity` through the public API, a session made for each call as a server does: identity, user, account, ' +
    'tenant, tenant account, memberships, and with a profile the application, its binding, the catalogs and 26 values of ' +
    'three layers that come to 20, judged by their definitions. The prepared select reads the same people and values and ' +
    'judges nothing. better-auth reads account, user and member, Auth.js account and user: no tenant, no profile.',
  share: 4,
  async run(bench) {
    const races: RaceResult[] = []
    const notMeasured = bench.large ? [] : ['2,000,000 users: `--large` does it']
    const sizes: readonly (PopulationSize & { readonly callers: readonly number[] })[] = [
      { users: 1000, tenants: 1, profiles: true, callers: [16] },
      { users: 100_000, tenants: 1, profiles: true, callers: [16, 1] },
      { users: 100_000, tenants: 10_000, profiles: true, callers: [16] },
      ...(bench.large ? [{ users: 2_000_000, tenants: 1, profiles: false, callers: [16] }] : []),
    ]
    for (const { callers, ...size } of sizes) {
      const what = `${size.users.toLocaleString('en')} users, ${size.tenants.toLocaleString('en')} tenants`
      if (isLate(bench.pace, what, notMeasured)) continue
      bench.progress(`sign-in: ${what}`)
      const population = await populate(bench.server, size)
      if (size.users > 1_000_000) races.push(await raceWithFew(bench, population, what))
      for (const profile of size.profiles ? [false, true] : [false]) {
        const title = `${what}, ${profile ? 'with profile' : 'no profile'}`
        if (isLate(bench.pace, title, notMeasured)) continue
        races.push(...(await racesAt(bench, population, profile, title, callers)))
      }
      await bench.server.postgres.dropDatabase(population.database)
    }
    return { races, facts: [], notMeasured }
  },
}

type SignIn = () => Promise<unknown>

interface Opened {
  readonly somebody: () => Somebody
  readonly byEngine: SignIn
  readonly bySelect: SignIn
  close(): Promise<void>
}

async function openOn({ server, random }: Bench, population: Population, profile: boolean): Promise<Opened> {
  const { users, database } = population
  const applicationId = profile ? population.applicationId : null
  const somebody = (): Somebody => {
    const n = 1 + Math.floor(random() * users)
    return { tenantId: population.tenantOf(n), issuer: ISSUER, subject: `subject-${n}`, applicationId }
  }
  const { engine } = openPostgresEngine(server, database)
  // Planned once, as the engine's: the server would sometimes plan it anew each time, which takes ten times as long.
  const pool = await openPool({
    connectionString: database.connectionString,
    max: CONNECTIONS,
    options: '-c plan_cache_mode=force_generic_plan',
  })
  const select = bareSelect(pool, profile)
  return {
    somebody,
    async byEngine() {
      const { tenantId, ...input } = somebody()
      const session = engine.as({ actor: ACTOR, tenantId })
      const { outcome } = await session.resolveIdentity({ ...input, profile })
      if (outcome !== 'active') throw new Error('nobody was found')
    },
    bySelect: () => select(somebody()),
    async close() {
      await pool.end()
      await engine.close()
    },
  }
}

/** What many users make of a sign-in: the same on a database of few, in turn. */
async function raceWithFew(bench: Bench, many: Population, what: string): Promise<RaceResult> {
  const { server, pace, progress } = bench
  const callers = 16
  const title = `${what}, no profile, ${callers} callers, and 1,000 users`
  progress(`sign-in: ${title}`)
  const few = await populate(server, { users: 1000, tenants: 1, profiles: false })
  const [ofMany, ofFew] = [await openOn(bench, many, false), await openOn(bench, few, false)]
  try {
    const contestants = [
      closedLoop('user-engine', ofMany.byEngine, server.pid),
      closedLoop(OF_FEW, ofFew.byEngine, server.pid),
      closedLoop(BARE, ofMany.bySelect, server.pid),
      closedLoop(BARE_OF_FEW, ofFew.bySelect, server.pid),
    ]
    return await run({ title, unit: 'sign-ins', callers, contestants, goals: { [OF_FEW]: 0.8 } }, pace)
  } finally {
    await ofMany.close()
    await ofFew.close()
    await server.postgres.dropDatabase(few.database)
  }
}

async function racesAt(
  bench: Bench,
  population: Population,
  profile: boolean,
  what: string,
  allCallers: readonly number[],
): Promise<readonly RaceResult[]> {
  const { server, pace, progress } = bench
  const { users, database } = population
  const closing: SignIn[] = []
  const contestants: Contestant[] = []
  const add = (name: string, operate: SignIn) => contestants.push(closedLoop(name, operate, server.pid))

  const { somebody, byEngine, bySelect, close } = await openOn(bench, population, profile)
  closing.push(close)
  add('user-engine', byEngine)
  add(BARE, bySelect)
  const kysely = kyselyOver(server.runtime(database))
  closing.push(kysely.close)
  const selectByKysely = signInByKysely(kysely, profile)
  add(KYSELY, () => selectByKysely(somebody()))

  // They know no profiles and no tenants: once is enough.
  if (!profile) {
    for (const [name, label] of [
      ['auth-js', AUTH_JS],
      ['better-auth', BETTER_AUTH],
      ['better-auth', BETTER_AUTH_BARE],
    ] as const) {
      const peer = await loadPeer<SignInPeer>(name)
      const own = await server.create(name.replace('-', '_'))
      await peer.create(own.connectionString)
      await peer.populate(own.connectionString, users)
      if (label === BETTER_AUTH && peer.INDEX !== undefined) await server.administer(own, peer.INDEX)
      await server.settle(own)
      const opened = await peer.open({ connectionString: own.connectionString, max: CONNECTIONS })
      closing.push(opened.close)
      add(label, () => opened.signIn(somebody().subject))
    }
  }
  try {
    const races: RaceResult[] = []
    for (const callers of allCallers) {
      const title = `${what}, ${callers === 1 ? 'one caller' : `${callers} callers`}`
      progress(`sign-in: ${title}`)
      const goals = { [BARE]: profile ? 0.5 : 0.6, [KYSELY]: 5, [AUTH_JS]: 1.2 }
      races.push(await run({ title, unit: 'sign-ins', callers, contestants, goals, byHand: [BARE] }, pace))
    }
    return races
  } finally {
    for (const end of closing.toReversed()) await end()
  }
}
