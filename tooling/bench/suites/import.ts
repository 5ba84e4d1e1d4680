import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import type { UserToImport } from '@user-engine/core'

import { copyByHand } from '../by-hand/import.ts'
import { isLate, run, toTheEnd, type Contestant, type RaceResult } from '../race.ts'
import { ACTOR, openPostgresEngine } from '../server.ts'
import type { Bench, Facts, Suite } from '../suite.ts'

const USERS = 20_000
const COPY = 'COPY of the same rows into staging'
const ONE_BY_ONE = 'provisionUser, one caller'
const issuer = 'https://login.example.com'

export const bulkImport: Suite = {
  title: 'Importing users',
  about:
    `\`importUsers\` of ${USERS.toLocaleString('en')} users through the public API: each parsed and decided by the rules of ` +
    '`provisionUser`, the policy asked once a batch, and per user 9 rows under row security: user, account, identity, tenant ' +
    'account, audit record, four events. By hand the same rows are made in the program, copied into a temporary table and ' +
    'inserted from there, 5,000 users a transaction, in the same role; nothing is parsed, decided or asked, and nothing says ' +
    'what was done when it is killed. `provisionUser` makes its users one by one.',
  share: 2,
  async run(bench) {
    const { server, pace, progress } = bench
    const races: RaceResult[] = []
    const facts: Facts[] = []
    const notMeasured: string[] = []
    progress('import: all of it')
    const contestants = [
      ours(bench, 'user-engine'),
      contestant(bench, COPY, async (database, tenantId) => {
        const hand = await copyByHand(server.runtime(database), tenantId)
        return { work: () => hand.run(USERS), close: hand.close }
      }),
      oneByOne(bench, ONE_BY_ONE, 1),
      oneByOne(bench, 'provisionUser, 16 callers', 16),
    ]
    const goals = { [COPY]: 0.5, [ONE_BY_ONE]: 6 }
    const title = `${USERS.toLocaleString('en')} users`
    if (!isLate(pace, title, notMeasured)) {
      const reps = Math.min(pace.reps, 3)
      races.push(await run({ title, unit: 'users', callers: 1, contestants, goals }, { ...pace, reps }))
    }
    const count = bench.large ? 1_000_000 : 100_000
    if (!bench.large) notMeasured.push('memory at 1,000,000 users: `--large` does it')
    const what = `memory at ${count.toLocaleString('en')} users`
    if (!isLate(pace, what, notMeasured)) {
      progress(`import: ${what}`)
      facts.push(await memoryOf(bench, count))
    }
    return { races, facts, notMeasured }
  },
}

type Database = Awaited<ReturnType<Bench['server']['create']>>

interface Opened {
  readonly work: () => Promise<number>
  readonly close: () => Promise<unknown>
}

/** One who imports into an empty database of one tenant, each time a new one. */
function contestant(
  { server }: Bench,
  name: string,
  open: (database: Database, tenantId: string) => Promise<Opened>,
): Contestant {
  return toTheEnd(
    name,
    async () => {
      const database = await server.create('import', server.migrated)
      const { engine } = openPostgresEngine(server, database)
      const { tenant } = await engine.as({ actor: ACTOR, tenantId: null }).registerTenant({ state: 'active' })
      await engine.close()
      return { database, opened: await open(database, tenant.id) }
    },
    ({ opened }) => opened.work(),
    async ({ database, opened }) => {
      await opened.close()
      await server.postgres.dropDatabase(database)
    },
    server.pid,
  )
}

function* usersOf(count: number): Generator<UserToImport> {
  for (let n = 0; n < count; n += 1) {
    yield {
      identity: { issuer, subject: `subject-${n}` },
      tenantAccount: { externalId: `external-${n}`, origin: 'managed' },
    }
  }
}

function ours(bench: Bench, name: string): Contestant {
  return contestant(bench, name, async (database, tenantId) => {
    const { engine } = openPostgresEngine(bench.server, database)
    const session = engine.as({ actor: ACTOR, tenantId })
    await session.countRecords({})
    const work = async () => (await session.importUsers({ users: usersOf(USERS) })).created
    return { work, close: () => engine.close() }
  })
}

function oneByOne(bench: Bench, name: string, callers: number): Contestant {
  return contestant(bench, name, async (database, tenantId) => {
    const { engine } = openPostgresEngine(bench.server, database)
    const session = engine.as({ actor: ACTOR, tenantId })
    await session.countRecords({})
    const work = async () => {
      const users = usersOf(USERS / 10)
      let made = 0
      const caller = async () => {
        for (const { identity, tenantAccount } of users) {
          await session.provisionUser({ identity, tenantAccount })
          made += 1
        }
      }
      await Promise.all(Array.from({ length: callers }, caller))
      return made
    }
    return { work, close: () => engine.close() }
  })
}

/** What is left of the heap after a collection, while users are imported. */
async function memoryOf({ server }: Bench, count: number): Promise<Facts> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heap = () => {
    collect()
    return process.memoryUsage().heapUsed / 2 ** 20
  }
  const database = await server.create('import', server.migrated)
  const { engine } = openPostgresEngine(server, database)
  const { tenant } = await engine.as({ actor: ACTOR, tenantId: null }).registerTenant({ state: 'active' })
  const rows: string[][] = [['0', heap().toFixed(1)]]
  const marks = [0.1, 0.25, 0.5, 0.75, 1].map((share) => share * count)
  let told = 0
  const onBatch = (batch: readonly unknown[]) => {
    told += batch.length
    const [mark = Infinity] = marks
    if (told < mark) return
    marks.shift()
    rows.push([told.toLocaleString('en'), heap().toFixed(1)])
  }
  await engine.as({ actor: ACTOR, tenantId: tenant.id }).importUsers({ users: usersOf(count), onBatch })
  await engine.close()
  await server.postgres.dropDatabase(database)
  return { title: 'users imported', columns: ['MiB of heap in use'], rows }
}
