import { readFileSync } from 'node:fs'

import { createUserEngine, type Session, type UserEngineService } from '@user-engine/core'
import { startTestPostgres } from '@user-engine/test-postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'

import type { PostgresInstance } from '../src/postgres.ts'
import { OPERATIONS, prepareProfiles, type MeasuredWorld } from './measured-operations.ts'
import { createStoreTarget } from './postgres-target.ts'
import { createWorkMeter, type WorkMeter } from './work-meter.ts'

const PAGE = '../../../docs/reference/round-trips.md'
const USERS = 3000
const SMALL_TENANTS = 400
/** Until the server has settled on its plans. */
const WARM = 7
/** To read all of a kind in the large tenant takes more than twice as many. */
const MORE = 25

/** Alone: a snapshot of whoever else keeps what is dead in the way of those that count. */
const server = await startTestPostgres()
/** What is compared with is of this server: plans differ from version to version. */
const asOnThePage = server.kind === 'embedded' && server.version.startsWith('17.')
const target = await createStoreTarget(server)
let instance: PostgresInstance
let meter: WorkMeter
let engine: UserEngineService
let world: MeasuredWorld

let made = 0
const next = () => (made += 1).toString().padStart(8, '0')
const actor = { kind: 'service', id: 'admin' } as const

/** Sixteen at a time. */
async function each<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const left = items[Symbol.iterator]()
  const worker = async () => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}

/** Somebody with a membership of the group and a value of the profile. */
async function settle(admin: Session, groupId: string): Promise<void> {
  const identity = { issuer: 'https://login.example.com', subject: next() }
  const { user, tenantAccount } = await admin.provisionUser({ identity })
  await admin.addMembership({ groupId, tenantAccountId: tenantAccount?.id ?? '', roles: ['reader'] })
  await admin.setProfileValues({ userId: user.id, values: { 'profile:title': 'Dr.' }, source: 'hr' })
}

beforeAll(async () => {
  instance = await target.open({ id: 'large_tenant', signal: new AbortController().signal })
  meter = await createWorkMeter(instance, asOnThePage)
  const forbidden = new Set<string | null>()
  engine = createUserEngine({
    store: instance.store,
    authorize: ({ target: { id } }) =>
      forbidden.has(id) ? { allow: false, reason: 'forbidden' } : { allow: true },
    requestHashKeys: ['k'.repeat(32)],
  })
  const directory = engine.as({ actor, tenantId: null })
  const tenantOf = async (people: number) => {
    const { tenant } = await directory.registerTenant({})
    const admin = engine.as({ actor, tenantId: tenant.id })
    const its: MeasuredWorld = {
      engine,
      admin,
      forbid: (id) => void forbidden.add(id),
      next,
      tidy: async () => void (await instance.admin.query('vacuum analyze')),
    }
    await prepareProfiles(its)
    const { group } = await admin.createGroup({ key: next(), displayName: 'Readers' })
    await each(Array.from({ length: people }), () => settle(admin, group.id))
    return its
  }
  world = await tenantOf(USERS)
  await each(Array.from({ length: SMALL_TENANTS }), () => tenantOf(1))
  await engine.drainOutbox({ publish: async () => {}, concurrency: 100 })
  await world.tidy()
}, 300_000)

afterAll(async () => {
  await target.destroy(instance)
  await target.dispose()
  await server.stop()
})

/** Buffers of each operation alone, by its name, as the page has them. */
function buffersOnThePage(): ReadonlyMap<string, number> {
  const [, alone = ''] = readFileSync(new URL(PAGE, import.meta.url), 'utf8').split('## An operation')
  const lines = [...alone.matchAll(/^\| (.+?) \|.* (\d+) \|$/gm)]
  return new Map(lines.map(([, name = '', buffers]) => [name, Number(buffers)]))
}

async function buffersOf(prepare: (typeof OPERATIONS)[string]): Promise<number> {
  for (let warm = 0; warm < WARM; warm += 1) await (await prepare(world))(world.admin)
  const operate = await prepare(world)
  meter.reset()
  await operate(world.admin)
  return meter.read().buffers
}

it.runIf(asOnThePage)(
  'looks at as many pages in a large tenant among small ones as in one that is alone',
  { timeout: 300_000 },
  async () => {
    const page = buffersOnThePage()
    expect(page.size).toBeGreaterThan(50)
    const tooMany: string[] = []
    const notCompared: string[] = []
    for (const [name, prepare] of Object.entries(OPERATIONS)) {
      const alone = page.get(name)
      const buffers = await buffersOf(prepare)
      expect.soft(buffers, name).toBeGreaterThan(0)
      // Indexes may be a level higher.
      if (alone === undefined) notCompared.push(name)
      else if (buffers > alone + MORE) tooMany.push(`${name}: ${buffers} for ${alone}`)
    }
    expect(tooMany).toEqual([])
    // It reads all there is, and the page tells no number of it.
    expect(notCompared).toEqual(['countRecords'])
  },
)
