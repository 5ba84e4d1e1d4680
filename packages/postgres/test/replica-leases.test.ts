import { directoryScope, type Position, type UserEngineStore, type UserId } from '@user-engine/store'
import type { Client } from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'

import type { Lease } from '../src/handoff.ts'
import { createPostgresStore } from '../src/index.ts'
import { newUser } from './records.ts'
import { startServerPair, type ServerPair } from './server-pair.ts'
import { createVault, type Vault } from './vault.ts'

/** The runtime's login is a lease: the replica is read by the same one. */
const directory = directoryScope()
let pair: ServerPair
let standby: Client
let vault: Vault
let store: UserEngineStore
let leases: Lease[]

function openStore(lifetimeMs: number | null): void {
  const { host, port } = pair.standby
  const lease = async () => {
    const lent = await vault.lend(lifetimeMs)
    leases.push(lent)
    return lent
  }
  store = createPostgresStore(
    { ...pair.handoff, replica: { host, port }, runtime: { lease, max: 4 } },
    { connectTimeoutMs: 2_000, batchTimeoutMs: 5_000 },
  )
}

beforeEach(async () => {
  leases = []
  pair = await startServerPair()
  standby = await pair.admin('standby')
  vault = createVault(await pair.admin('primary'), 'pair')
})
afterEach(async () => {
  await store.close()
  await pair.stop()
})

const insert = async () => {
  const user = newUser()
  await store.transaction(directory, (tx) => tx.users.insert(user))
  return user
}
const read = (id: UserId, after: Position | null) =>
  store.transaction(directory, (tx) => tx.users.find(id), { after })

/** Who has connections to the standby. */
async function readers(): Promise<readonly string[]> {
  const { rows } = await standby.query<{ user: string }>(
    `select distinct usename::text as user from pg_stat_activity where usename like 'pair_lease_%'`,
  )
  return rows.map(({ user }) => user)
}

it(
  'rotates what the replica is read by, and misses nothing that was written before',
  { timeout: 60_000 },
  async () => {
    openStore(2_000)
    let over = false
    let missed = 0
    const reading = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!over) {
          const user = await insert()
          if ((await read(user.id, await store.position())) === null) missed += 1
        }
      }),
    )
    const seen = new Set<string>()
    await expect
      .poll(
        async () => {
          for (const user of await readers()) seen.add(user)
          return seen.size
        },
        { timeout: 40_000 },
      )
      .toBeGreaterThan(2)
    over = true
    await reading
    expect(missed).toBe(0)
    expect(leases.map(({ user }) => user)).toEqual(expect.arrayContaining([...seen]))
    await expect.poll(async () => (await readers()).length, { timeout: 20_000 }).toBeLessThan(2)
  },
)

it(
  'asks for one lease where the replica has not heard of it yet, and reads there when it has',
  { timeout: 60_000 },
  async () => {
    await standby.query('select pg_wal_replay_pause()')
    openStore(null)
    const user = await insert()
    const after = await store.position()
    expect(await read(user.id, after)).toEqual(user)
    for (let turn = 0; turn < 3; turn += 1) expect((await store.readiness()).status).toBe('degraded')
    expect(await readers()).toEqual([])
    await standby.query('select pg_wal_replay_resume()')
    await expect
      .poll(
        async () => {
          expect(await read(user.id, after)).toEqual(user)
          return readers()
        },
        { timeout: 20_000 },
      )
      .toEqual([leases[0]?.user])
    expect(leases).toHaveLength(1)
  },
)
