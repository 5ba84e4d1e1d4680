import { startWireProxy } from '@user-engine/conformance/postgres'
import type { PoolConfig } from 'pg'

import {
  batches,
  FUNCTION,
  functionCalls,
  pgbenchScript,
  pipelined,
  statements,
  statementsByTable,
} from '../by-hand/provision.ts'
import { kyselyOver } from '../by-kysely/provision.ts'
import { loadPeer, type UserPeer } from '../peers.ts'
import { findPgbench, pgbench } from '../pgbench.ts'
import { closedLoop, isLate, ratiosOf, run, type Contestant, type RaceResult } from '../race.ts'
import { ACTOR, CONNECTIONS, openPostgresEngine } from '../server.ts'
import type { Bench, Facts, Suite, SuiteResult } from '../suite.ts'

const BY_HAND = 'the same statements, bare pg'
const BATCH = 'the same statements, one batch'
const FUNCTION_CALL = 'one stored function'
const GOALS = {
  [BY_HAND]: 0.85,
  'pgbench calling that function': 0.6,
  'kysely transaction': 4,
  'better-auth: OAuth user and member': 4,
  'Auth.js: createUser and linkAccount': 1,
}
const ONE_BY_ONE = 'a statement for each table, one by one'
const GOALS_FAR = { [ONE_BY_ONE]: 6 }

export const provision: Suite = {
  title: 'Provisioning a user',
  about:
    '`provisionUser` through the public API: input parsed, policy asked, tenant guarded, then user, ' +
    'account, identity, tenant account, audit record, four events and the idempotency record in one commit; 11 rows under ' +
    'row security. The hand-written contestants and kysely write the same rows as the same role: by the driver alone, in its ' +
    'pipeline, where each statement has a Sync of its own; as one batch, which the driver cannot send and our encoder does; ' +
    'and by a function on the server. better-auth writes 3 rows in ' +
    'two transactions and Auth.js 2 in two, as administrator, without audit, events, idempotency or row security.',
  share: 3,
  async run(bench) {
    const races: RaceResult[] = []
    const notMeasured: string[] = []
    for (const [title, callers, delayMs] of [
      ['16 callers', 16, null],
      ['One caller', 1, null],
      ['One caller, 1 ms of network', 1, 0.5],
    ] as const) {
      if (isLate(bench.pace, title, notMeasured)) continue
      races.push(await raceAt(bench, title, callers, delayMs, notMeasured))
    }
    return { races, facts: [clientCpu(races)], notMeasured: [...new Set(notMeasured)] } satisfies SuiteResult
  },
}

/** What the client's own work for a commit is, against that of whoever sends the same by hand. */
function clientCpu(races: readonly RaceResult[]): Facts {
  const shown = (race: RaceResult, name: string) => {
    const ratio = ratiosOf(race, name, ({ clientUs }) => clientUs)
    if (ratio === null) return ['', '']
    const text = [ratio.median, ratio.min, ratio.max].map((each) => each.toFixed(2)).join(', ')
    return [text, `1.5 ${ratio.median <= 1.5 ? 'met' : '**missed**'}`]
  }
  const rows = races.map((race) => {
    const [ofDriver, goal] = shown(race, BY_HAND)
    const [ofBatch] = shown(race, BATCH)
    return [race.title, ofDriver, goal, ofBatch] as readonly string[]
  })
  return {
    title: 'client µs of a commit ÷ by hand: median, least, most',
    columns: [BY_HAND, 'goal: at most', BATCH],
    rows,
  }
}

async function raceAt(
  { server, pace, progress }: Bench,
  title: string,
  callers: number,
  delayMs: number | null,
  notMeasured: string[],
): Promise<RaceResult> {
  progress(`provision: ${title}`)
  const closing: (() => Promise<unknown>)[] = []
  const { host, port } = server.postgres
  let endpoint = { host, port }
  if (delayMs !== null) {
    const proxy = await startWireProxy(endpoint)
    proxy.delay(delayMs)
    endpoint = { host: proxy.host, port: proxy.port }
    closing.push(() => proxy.stop())
  }
  const max = Math.min(callers, CONNECTIONS)
  const contestants: Contestant[] = []
  const add = (name: string, operate: () => Promise<unknown>) =>
    contestants.push(closedLoop(name, operate, server.pid))

  /** A database with one tenant, for one contestant alone. */
  const opened = async (name: string) => {
    const database = await server.create(name, server.migrated)
    await server.settle(database)
    const { engine } = openPostgresEngine(server, database, endpoint)
    const { tenant } = await engine.as({ actor: ACTOR, tenantId: null }).registerTenant({ state: 'active' })
    const config: PoolConfig = server.runtime(database, { max, ...endpoint })
    return { database, engine, tenantId: tenant.id, config }
  }
  const byHand = async (name: string, label: string, open: typeof batches) => {
    const { engine, config, tenantId } = await opened(name)
    await engine.close()
    const hand = await open(config, tenantId)
    closing.push(hand.close)
    add(label, hand.provision)
  }

  const own = await opened('engine')
  closing.push(() => own.engine.close())
  add('user-engine', () =>
    own.engine
      .as({ actor: ACTOR, tenantId: own.tenantId })
      .provisionUser({ identity: { issuer: 'https://login.example.com', subject: crypto.randomUUID() } }),
  )
  await byHand('pipelined', BY_HAND, pipelined)
  await byHand('batches', BATCH, batches)
  if (delayMs !== null) {
    await byHand('tables', ONE_BY_ONE, statementsByTable)
    await byHand('statements', 'a read and the same statements, one by one', statements)
  } else {
    const called = await opened('function')
    await called.engine.close()
    await server.administer(called.database, FUNCTION)
    const calls = await functionCalls(called.config, called.tenantId)
    closing.push(calls.close)
    add(FUNCTION_CALL, calls.provision)
    const program = findPgbench()
    if (program === null)
      notMeasured.push('pgbench: it is not installed (Debian: apt-get install postgresql)')
    else {
      const driven = await opened('pgbench')
      await driven.engine.close()
      await server.administer(driven.database, FUNCTION)
      const script = pgbenchScript(driven.tenantId)
      contestants.push(pgbench('pgbench calling that function', program, script, driven.config, server.pid))
    }
  }
  const idiomatic = await opened('kysely')
  await idiomatic.engine.close()
  const kysely = kyselyOver(idiomatic.config)
  closing.push(kysely.close)
  add('kysely transaction', () => kysely.provision(idiomatic.tenantId))

  for (const [name, label] of [
    ['better-auth', 'better-auth: OAuth user and member'],
    ['auth-js', 'Auth.js: createUser and linkAccount'],
  ] as const) {
    const peer = await loadPeer<UserPeer>(name)
    const database = await server.create(name.replace('-', '_'))
    await peer.create(database.connectionString)
    const url = new URL(database.connectionString)
    url.host = `${endpoint.host}:${endpoint.port}`
    const users = await peer.open({ connectionString: url.href, max })
    closing.push(users.close)
    add(label, users.provision)
  }
  try {
    const goals = delayMs === null ? GOALS : GOALS_FAR
    const byHand = delayMs === null ? [BATCH, FUNCTION_CALL] : [BATCH]
    return await run({ title, unit: 'users', callers, contestants, goals, byHand }, pace)
  } finally {
    for (const close of closing.toReversed()) await close()
  }
}
