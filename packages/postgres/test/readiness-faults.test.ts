import { startTestPostgres, type TestPostgres } from '@user-engine/test-postgres'
import { Pool } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { migrate } from '../src/migrate.ts'
import { checkReadiness } from '../src/readiness.ts'
import { provide } from './provided-database.ts'

const TIMEOUT_MS = 500

let server: TestPostgres
let pools: { runtime: Pool; denials: Pool; relay: Pool }

beforeAll(async () => {
  server = await startTestPostgres({ kind: 'embedded' })
  const { connectionString } = await server.createDatabase('readiness')
  const database = await provide({ connectionString, prefix: 'p' })
  await migrate({ connection: database.config('migrator'), rolePrefix: 'p' })
  const pool = (login: 'runtime' | 'denials' | 'relay') =>
    new Pool(database.config(login))
      .on('error', () => {})
      // A connection that ends while it is checked out tells itself too.
      .on('connect', (client) => void client.on('error', () => {}))
  pools = { runtime: pool('runtime'), denials: pool('denials'), relay: pool('relay') }
})
afterAll(async () => {
  await Promise.all(Object.values(pools).map((pool) => pool.end()))
  await server.stop()
})

async function readiness() {
  const started = performance.now()
  const { status, checks } = await checkReadiness({ ...pools, timeoutMs: TIMEOUT_MS })
  const problems = checks.filter((check) => check.status !== 'pass').map(({ code }) => code)
  return { status, problems, took: performance.now() - started }
}

const UNREACHABLE = ['store.reachable', 'denials.writable', 'postgres.relay_reachable']

it('answers in time when the server is frozen, and keeps no connection that hangs', async () => {
  expect((await readiness()).status).toBe('ready')
  const idle = Object.values(pools).map(({ idleCount }) => idleCount)
  expect(idle).toEqual([1, 1, 1])
  server.process?.suspend()
  const frozen = await readiness()
  // New connections, which the frozen server accepts and never greets.
  const again = await readiness()
  const open = Object.values(pools).map(({ idleCount }) => idleCount)
  server.process?.resume()
  for (const { status, problems, took } of [frozen, again]) {
    expect({ status, problems }).toEqual({ status: 'not_ready', problems: UNREACHABLE })
    expect(took).toBeGreaterThan(TIMEOUT_MS - 50)
    expect(took).toBeLessThan(TIMEOUT_MS + 500)
  }
  expect(open).toEqual([0, 0, 0])
  expect(await readiness()).toMatchObject({ status: 'ready', problems: [] })
})

it('notices a killed server, and that it is there again', async () => {
  await server.process?.kill9()
  expect(await readiness()).toMatchObject({ status: 'not_ready', problems: UNREACHABLE })
  await server.process?.restart()
  expect(await readiness()).toMatchObject({ status: 'ready', problems: [] })
})

it.each([
  ['runtime', 'store.reachable', 'not_ready'],
  ['denials', 'denials.writable', 'not_ready'],
  ['relay', 'postgres.relay_reachable', 'degraded'],
] as const)('answers in time when every connection of %s is taken', async (purpose, code, expected) => {
  const clients = await Promise.all(Array.from({ length: 10 }, () => pools[purpose].connect()))
  const { status, problems, took } = await readiness()
  for (const client of clients) client.release()
  expect({ status, problems }).toEqual({ status: expected, problems: [code] })
  expect(took).toBeLessThan(TIMEOUT_MS + 500)
  expect((await readiness()).status).toBe('ready')
})
