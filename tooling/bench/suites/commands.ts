import type { Session } from '@user-engine/core'

import { commandsByHand } from '../by-hand/commands.ts'
import { populate, type Population } from '../population.ts'
import { closedLoop, isLate, run, type RaceResult } from '../race.ts'
import { ACTOR, openPostgresEngine, type BenchServer } from '../server.ts'
import type { Bench, Suite } from '../suite.ts'

const BY_HAND = 'two statements by hand'
const AT_ONCE = 'one statement by hand, without a look'
const USERS = 2000

type Operate = () => Promise<unknown>

interface Member {
  readonly userId: string
  readonly tenantAccountId: string
}

export const commands: Suite = {
  title: 'Commands that read, decide and write',
  about:
    '`setProfileValues` of one attribute, `linkIdentity` and `addMembership` through the public API: the first reads what it ' +
    'decides on, the others suppose it; then row locks, the change, audit record, event and idempotency record in one ' +
    'commit. By hand: one select and one data-modifying statement with the same rows and locks, in the same role, each sent ' +
    'with the binding of the scope in one batch; where nothing has to be read, also the latter alone. It judges no ' +
    'definitions and asks no policy.',
  share: 2,
  async run(bench) {
    const { server, progress } = bench
    progress('commands: population')
    const population = await populate(server, { users: USERS, tenants: 1, profiles: true })
    await formTeam(server, population)
    const races: RaceResult[] = []
    const notMeasured: string[] = []
    for (const callers of [16, 1]) {
      if (isLate(bench.pace, `${callers} callers`, notMeasured)) continue
      races.push(...(await racesAt(bench, population, callers)))
    }
    return { races, facts: [], notMeasured }
  },
}

/** A first group with members: statistics of a table that is known to be empty are of no use to anybody's plans. */
async function formTeam(server: BenchServer, { database, tenantOf }: Population): Promise<void> {
  const { engine } = openPostgresEngine(server, database)
  const session = engine.as({ actor: ACTOR, tenantId: tenantOf(1) })
  const members = (await membersOf(session)).slice(0, 200)
  const { group } = await session.createGroup({ key: 'writers', displayName: 'Writers' })
  for (const { tenantAccountId } of members)
    await session.addMembership({ groupId: group.id, tenantAccountId, roles: ['writer'] })
  await engine.close()
  await server.settle(database)
}

async function racesAt(
  { server, pace, progress }: Bench,
  { database, tenantOf }: Population,
  callers: number,
): Promise<readonly RaceResult[]> {
  const tenantId = tenantOf(1)
  const { engine } = openPostgresEngine(server, database)
  const session = () => engine.as({ actor: ACTOR, tenantId })
  const members = await membersOf(session())
  const hand = await commandsByHand(server.runtime(database, { max: callers }), tenantId)
  const who = createTurns(members)
  const byHand = createTurns(members)
  const teams = createTeams(session(), members)
  const attribute = 'profile:attribute16'
  const issuer = 'https://other.example.com'
  const pairs: readonly (readonly [string, ours: Operate, byHand: Operate, atOnce?: Operate])[] = [
    [
      'A profile value',
      () => {
        const values = { [attribute]: crypto.randomUUID() }
        return session().setProfileValues({ userId: who().userId, values, source: 'bench' })
      },
      () => hand.profile(byHand().userId, attribute, crypto.randomUUID()),
    ],
    [
      'An identity linked',
      () => session().linkIdentity({ userId: who().userId, issuer, subject: crypto.randomUUID() }),
      () => hand.link(byHand().userId, issuer),
      () => hand.linkAtOnce(byHand().userId, issuer),
    ],
    [
      'A membership added',
      async () => session().addMembership({ ...(await teams()), roles: ['reader'] }),
      async () => {
        const { groupId, tenantAccountId } = await teams()
        return hand.membership(groupId, tenantAccountId)
      },
      async () => {
        const { groupId, tenantAccountId } = await teams()
        return hand.membershipAtOnce(groupId, tenantAccountId)
      },
    ],
  ]
  try {
    const races: RaceResult[] = []
    for (const [what, ours, theirs, atOnce] of pairs) {
      const title = `${what}, ${callers === 1 ? 'one caller' : `${callers} callers`}`
      progress(`commands: ${title}`)
      const contestants = [
        closedLoop('user-engine', ours, server.pid),
        closedLoop(BY_HAND, theirs, server.pid),
        ...(atOnce === undefined ? [] : [closedLoop(AT_ONCE, atOnce, server.pid)]),
      ]
      races.push(
        await run({ title, unit: 'commands', callers, contestants, goals: { [BY_HAND]: 0.8 } }, pace),
      )
    }
    return races
  } finally {
    await hand.close()
    await engine.close()
  }
}

async function membersOf(session: Session): Promise<readonly Member[]> {
  const members: Member[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Session['listTenantAccounts']>> = await session.listTenantAccounts({
      cursor,
      limit: 500,
    })
    members.push(...page.items.map(({ id, userId }) => ({ userId, tenantAccountId: id })))
    cursor = page.nextCursor
  } while (cursor !== null)
  return members
}

/** One member after the other, so that no two callers are at the same one. */
function createTurns(members: readonly Member[]): () => Member {
  let next = 0
  return () => {
    const member = members[next % members.length]
    next += 1
    if (member === undefined) throw new Error('there are no members')
    return member
  }
}

/** Each pair of group and member once; a new group when the members have had their turn. */
function createTeams(session: Session, members: readonly Member[]) {
  let next = 0
  let group: ReturnType<Session['createGroup']> | null = null
  return async () => {
    const member = members[next % members.length]
    if (next % members.length === 0) {
      group = session.createGroup({ key: crypto.randomUUID(), displayName: 'Readers' })
    }
    next += 1
    const made = await group
    if (made === null || member === undefined) throw new Error('there are no members')
    return { groupId: made.group.id, tenantAccountId: member.tenantAccountId }
  }
}
