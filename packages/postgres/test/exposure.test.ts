import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'

import type { ReadinessCheck, UserEngineStore } from '@user-engine/store'
import { giveToServer, startTestPostgres, type TestPostgres } from '@user-engine/test-postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'

import type { Handoff, Lease } from '../src/handoff.ts'
import { createPostgresStore } from '../src/index.ts'
import { migrate } from '../src/migrate.ts'
import { handoffOf } from './opened-store.ts'
import { provide } from './provided-database.ts'

/** An address of this machine at which others could listen; the loopback is none. */
const [address] = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .filter(({ internal, family }) => !internal && family === 'IPv4')
  .map((each) => each.address)
const folder = mkdtempSync(join(tmpdir(), 'user-engine-exposure-'))
const stores: UserEngineStore[] = []
let server: TestPostgres
let handoff: Handoff

beforeAll(async () => {
  const rules = join(folder, 'pg_hba.conf')
  writeFileSync(rules, 'host all all 0.0.0.0/0 scram-sha-256\n')
  giveToServer(folder, rules)
  server = await startTestPostgres({
    kind: 'embedded',
    settings: { listen_addresses: '*', hba_file: rules },
  })
  const { connectionString } = await server.createDatabase('exposed')
  const provided = await provide({ connectionString, prefix: 'exposed' })
  await migrate({ connection: provided.config('migrator'), rolePrefix: 'exposed' })
  handoff = handoffOf(provided)
})
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  await server.stop()
  rmSync(folder, { recursive: true })
})

function openAt(host: string, runtime: Handoff['runtime'] = handoff.runtime): UserEngineStore {
  const { port } = server
  const store = createPostgresStore({ ...handoff, endpoint: { host, port }, runtime })
  stores.push(store)
  return store
}

async function checkOf(store: UserEngineStore, code: ReadinessCheck['code']) {
  const { status, checks } = await store.readiness()
  const check = checks.find((each) => each.code === code)
  return { report: status, check: check?.status, details: check?.details }
}

it('a plain connection at an address that others reach is a warning for each login; at the loopback it is none', async () => {
  expect(address).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
  expect(await checkOf(openAt('127.0.0.1'), 'postgres.tls')).toEqual({
    report: 'ready',
    check: 'pass',
    details: {},
  })
  expect(await checkOf(openAt(address ?? ''), 'postgres.tls')).toEqual({
    report: 'degraded',
    check: 'warn',
    details: { runtime: 'not encrypted', denials: 'not encrypted', relay: 'not encrypted' },
  })
})

it('a lease that can not be renewed is a warning while it lasts, and a failure when it is over', async () => {
  const login = handoff.runtime
  if ('lease' in login) throw new Error('It is a user and a password.')
  let broken = false
  const lend = async (): Promise<Lease> => {
    if (broken) throw new Error('the vault is sealed')
    broken = true
    return { user: login.user, password: String(login.password), expiresAt: new Date(Date.now() + 4_000) }
  }
  const store = openAt(address ?? '', { lease: lend })
  const state = async () => (await checkOf(store, 'postgres.lease')).check
  expect(await state()).toBe('pass')
  const seen: unknown[] = []
  await expect
    .poll(
      async () => {
        const now = await state()
        if (now !== seen.at(-1)) seen.push(now)
        return now
      },
      { timeout: 20_000, interval: 50 },
    )
    .toBe('fail')
  expect(seen.filter((each) => each !== 'pass')).toEqual(['warn', 'fail'])
  const { checks, status } = await store.readiness()
  expect(status).toBe('not_ready')
  expect(JSON.stringify(checks)).not.toContain('sealed')
})
