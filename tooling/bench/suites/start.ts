import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { installedWith } from '../installed.ts'
import { loadPeer } from '../peers.ts'
import { closedLoop, isLate, run, type Contestant, type RaceResult } from '../race.ts'
import { ACTOR, openPostgresEngine } from '../server.ts'
import type { Bench, Facts, Suite } from '../suite.ts'

const issuer = 'https://login.example.com'
const subject = 'subject-1'
const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

const BUILD = [
  'exec',
  'turbo',
  'run',
  'build',
  '--filter=@user-engine/core',
  '--filter=@user-engine/postgres',
]

interface Peer {
  create(connectionString: string): Promise<void>
  populate(connectionString: string, count: number): Promise<void>
}

const PEERS = { 'auth-js': 'Auth.js', 'better-auth': 'better-auth' } as const

export const start: Suite = {
  title: 'Starting and installing',
  about:
    'A process from its start to its end: loaded, connected, one sign-in answered. The packages as they are built. The driver alone ' +
    'answers `select 1`. What is installed is counted on disk, dependencies included.',
  share: 1,
  async run(bench) {
    const notMeasured: string[] = []
    const races: RaceResult[] = []
    const title = 'One process after the other'
    if (!isLate(bench.pace, title, notMeasured)) {
      bench.progress('start: packages are built')
      const built = spawnSync('pnpm', BUILD, { cwd: path('../..'), encoding: 'utf8' })
      if (built.status !== 0)
        throw new Error(`the packages could not be built: ${built.stdout}${built.stderr}`)
      bench.progress('start: processes')
      const contestants = await contestantsOf(bench)
      races.push(await run({ title, unit: 'processes', callers: 1, contestants, goals: {} }, bench.pace))
    }
    return { races, facts: [sizes()], notMeasured }
  },
}

async function contestantsOf({ server }: Bench): Promise<readonly Contestant[]> {
  const starting = (name: string, script: string, settings: object): Contestant => {
    const env = { ...process.env, BENCH_START: JSON.stringify(settings) }
    const operate = () => promisify(execFile)(process.execPath, [path(`start/${script}.mjs`)], { env })
    const timed = closedLoop(name, operate, server.pid)
    // Its CPU is no process of ours.
    return { ...timed, measure: async (...given) => ({ ...(await timed.measure(...given)), clientUs: null }) }
  }
  const database = await server.create('start', server.migrated)
  const { engine } = openPostgresEngine(server, database)
  const { tenant } = await engine.as({ actor: ACTOR, tenantId: null }).registerTenant({ state: 'active' })
  const session = engine.as({ actor: ACTOR, tenantId: tenant.id })
  await session.provisionUser({ identity: { issuer, subject } })
  await engine.close()
  const handoff = server.handoff(database)
  const contestants = [
    starting('user-engine', 'user-engine', { handoff, tenantId: tenant.id, issuer, subject }),
    starting('pg alone', 'pg', { connectionString: database.connectionString }),
  ]
  for (const [name, label] of Object.entries(PEERS)) {
    const peer = await loadPeer<Peer>(name)
    const { connectionString } = await server.create(name.replace('-', '_'))
    await peer.create(connectionString)
    await peer.populate(connectionString, 10)
    contestants.push(starting(label, 'peer', { name, connectionString, subject }))
  }
  return contestants
}

function sizes(): Facts {
  const rows = (
    [
      ['user-engine', ['@user-engine/core', '@user-engine/postgres', 'pg'], path('.')],
      ['pg alone', ['pg'], path('.')],
      ['Auth.js', ['@auth/pg-adapter', 'pg'], path('peers')],
      ['better-auth', ['better-auth', 'pg'], path('peers')],
      ['pg-boss', ['pg-boss'], path('peers')],
      ['graphile-worker', ['graphile-worker'], path('peers')],
      ['pg-transactional-outbox', ['pg-transactional-outbox'], path('peers')],
    ] as const
  ).map(([name, names, from]) => {
    const { packages, bytes } = installedWith(names, from)
    return [name, String(packages), (bytes / 2 ** 20).toFixed(1)]
  })
  return { title: 'installed', columns: ['packages', 'MiB'], rows }
}
