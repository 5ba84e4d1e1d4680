import { readFileSync } from 'node:fs'

import { createUserEngine, type UserEngineService } from '@user-engine/core'
import { startTestPostgres } from '@user-engine/test-postgres'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

import type { PostgresInstance } from '../src/postgres.ts'
import { OPERATIONS, prepareProfiles, WHOLES, type MeasuredWorld } from './measured-operations.ts'
import { createStoreTarget } from './postgres-target.ts'
import { createWorkMeter, type Work, type WorkMeter } from './work-meter.ts'

const PAGE = '../../../docs/reference/round-trips.md'
const USERS = 2000
/** Until the connections are open, have parsed what is used, and the server has settled on its plans. */
const WARM = 7

/** Alone, and without workers: a snapshot of whoever else keeps what is dead in the way of those that count. */
const server = await startTestPostgres({ settings: { autovacuum: 'off' } })
/** Plans, and with them rows and buffers, are those of the server that the page was made with. */
const asOnThePage = server.kind === 'embedded' && server.version.startsWith('17.')
const target = await createStoreTarget(server)
let instance: PostgresInstance
let meter: WorkMeter
let engine: UserEngineService
let world: MeasuredWorld

// Nothing by chance, so that an index has the same pages each time.
const { count } = vi.hoisted(() => {
  let made = 0
  return { count: () => (made += 1) }
})
vi.mock('node:crypto', async (original) => ({
  ...(await original<object>()),
  randomFillSync: <Numbers>(numbers: Numbers) => numbers,
  randomUUID: () => `00000000-0000-4000-8000-${count().toString(16).padStart(12, '0')}`,
}))

beforeAll(async () => {
  // Time stands still for the store: once a second it looks at the schema, too, with a row more.
  vi.spyOn(performance, 'now').mockReturnValue(0)
  const { signal } = new AbortController()
  instance = await target.open({ id: 'round_trips', signal })
  const { admin } = instance
  meter = await createWorkMeter(instance, asOnThePage)
  // Of one length each time: the claim answers it.
  await admin.query(`update user_engine.outbox_epoch set began_at = '2026-01-01T00:00:00.123Z'`)
  const forbidden = new Set<string | null>()
  engine = createUserEngine({
    store: instance.store,
    authorize: ({ target: { id } }) =>
      forbidden.has(id) ? { allow: false, reason: 'forbidden' } : { allow: true },
    requestHashKeys: ['k'.repeat(32)],
    clock: () => new Date('2026-01-01T00:00:00.123Z'),
  })
  const actor = { kind: 'service', id: 'admin' } as const
  const { tenant } = await engine.as({ actor, tenantId: null }).registerTenant({})
  const session = engine.as({ actor, tenantId: tenant.id })
  world = {
    engine,
    admin: session,
    forbid: (id) => void forbidden.add(id),
    next: () => count().toString().padStart(8, '0'),
    tidy: async () => void (await admin.query('vacuum analyze')),
  }
  const identity = () => ({ issuer: 'https://login.example.com', subject: world.next() })
  // A commit at a time: two that are under way write their pages in an order that chance decides.
  const users = Array.from({ length: USERS }, () => ({ identity: identity() }))
  await session.importUsers({ users, concurrency: 1 })
  await prepareProfiles(world)
  await engine.drainOutbox({ publish: async () => {}, concurrency: 100 })
  await world.tidy()
}, 60_000)

afterAll(async () => {
  await target.destroy(instance)
  await target.dispose()
  await server.stop()
})

async function workOf(prepare: () => Promise<() => Promise<unknown>>): Promise<Work> {
  for (let warm = 0; warm < WARM; warm += 1) await (await prepare())()
  const run = await prepare()
  meter.reset()
  await run()
  return meter.read()
}

/** What a composition that is explicit already does for an operation: that with it, less that without. */
async function spilled(prepare: (typeof OPERATIONS)[string]): Promise<Work> {
  const composed = async (operate: Awaited<ReturnType<typeof prepare>> | null) => {
    const key = world.next()
    return () =>
      world.admin.transaction(async (unit) => {
        await unit.createGroup({ key, displayName: 'Readers' })
        await unit.listGroups({ limit: 1 })
        await operate?.(unit)
      })
  }
  const [alone, both] = [
    await workOf(() => composed(null)),
    await workOf(async () => composed(await prepare(world))),
  ]
  const names = Object.keys(both) as (keyof Work)[]
  return Object.fromEntries(names.map((name) => [name, both[name] - alone[name]])) as unknown as Work
}

const COLUMNS = [
  'round trips',
  'statements',
  'bytes sent',
  'bytes received',
  'rows read',
  'rows written',
  'buffers',
]

/** Where all of a table is read, or many pages are filled: how many there are differs by a few from run to run. */
const MANY_PAGES = ['countRecords', 'importUsers, a batch of 256']

function table(rows: readonly (readonly [string, Work])[]): readonly string[] {
  const lines = rows.map(([name, { buffers, ...work }]) => {
    const cells = [name, ...Object.values(work), MANY_PAGES.includes(name) ? '' : buffers]
    return `| ${cells.join(' | ')} |`
  })
  return [`| operation | ${COLUMNS.join(' | ')} |`, `|---|${'--:|'.repeat(COLUMNS.length)}`, ...lines, '']
}

it('does exactly this work', { timeout: 300_000 }, async () => {
  const flat: [string, Work][] = []
  const explicit: [string, Work][] = []
  for (const [name, prepare] of Object.entries(OPERATIONS)) {
    const alone = async () => {
      const operate = await prepare(world)
      return () => operate(world.admin)
    }
    flat.push([name, await workOf(alone)])
    explicit.push([name, await spilled(prepare)])
  }
  for (const [name, prepare] of Object.entries(WHOLES)) flat.push([name, await workOf(() => prepare(world))])
  const page = [
    '# Round trips and work',
    '',
    'Counted between the engine and Postgres 17 on warm connections, in a tenant of 2,000 users, with plans that use indexes',
    'as those of large tables do (`enable_seqscan` is off); a test compares every figure exactly. A proxy that reads the protocol',
    'counts round trips, statements (Execute messages; binding the scope is one of them) and bytes; `auto_explain` tells the plan',
    'of each statement as it was executed, those of the checks of references included: rows that scans answered, rows that were',
    'written, and buffers (pages of 8 KiB, in the cache or not), where they are few. On servers other than the embedded',
    'Postgres 17 the test compares round trips and statements: plans differ from version to version. Once a second a transaction',
    'reads the version of the schema as well, in the statement that binds its scope; that is left out.',
    '',
    '## An operation alone',
    '',
    'Flat: reads are one batch, the commit is another. What only makes things is decided on the tenant as it was last seen, and reads nothing.',
    '',
    ...table(flat),
    '## An operation in a composition that has become explicit',
    '',
    'What it adds to a transaction that has begun, holds its connection, and has nothing unsent; its commit with it.',
    '',
    ...table(explicit),
  ].join('\n')
  if (asOnThePage) await expect(page).toMatchFileSnapshot(PAGE)
  else expect(countsOf(page)).toEqual(countsOf(readFileSync(new URL(PAGE, import.meta.url), 'utf8')))
})

/** Name, round trips and statements of each line of the tables. */
function countsOf(page: string): readonly string[] {
  return page.split('\n').flatMap((line) => /^\| .+? \| -?\d+ \| -?\d+ \|/.exec(line) ?? [])
}
