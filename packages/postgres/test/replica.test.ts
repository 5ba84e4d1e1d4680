import {
  directoryScope,
  type Position,
  type User,
  type UserEngineStore,
  type UserId,
} from '@user-engine/store'
import type { Standby } from '@user-engine/test-postgres'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { createPostgresStore } from '../src/index.ts'
import { parsePosition } from '../src/replica.ts'
import { newUser } from './records.ts'
import { startServerPair, type ServerPair } from './server-pair.ts'

/** The pair's standby is the replica, unless the test says otherwise. */
const directory = directoryScope()
const LIMITS = { connectTimeoutMs: 500, batchTimeoutMs: 1_000 }
let pair: ServerPair
let store: UserEngineStore
let others: { close(): Promise<void> }[]

function openStore(replica: Pick<Standby, 'host' | 'port'>): UserEngineStore {
  const { host, port } = replica
  const opened = createPostgresStore({ ...pair.handoff, replica: { host, port } }, LIMITS)
  others.push(opened)
  return opened
}

beforeEach(async () => {
  others = []
  pair = await startServerPair()
  store = openStore(pair.standby)
  // What the replica belongs to is known from the primary.
  await store.position()
})
afterEach(async () => {
  await Promise.all(others.map((each) => each.close()))
  await pair.stop()
})

async function insert(): Promise<User> {
  const user = newUser()
  await store.transaction(directory, (tx) => tx.users.insert(user))
  return user
}

const read = (id: UserId, after: Position | null) =>
  store.transaction(directory, (tx) => tx.users.find(id), { after })

/** Runs `work` while the primary answers nothing: what is answered then, the replica has answered. */
async function withoutPrimary<Result>(work: () => Promise<Result>): Promise<Result> {
  pair.process.suspend()
  try {
    return await work()
  } finally {
    pair.process.resume()
  }
}

async function onStandby(statement: string): Promise<void> {
  const admin = await pair.admin('standby')
  await admin.query(statement)
}

/** Waits until a standby has replayed what the primary has written. */
async function replayed(on: Parameters<typeof pair.admin>[0] = 'standby'): Promise<void> {
  const primary = await pair.admin('primary')
  const { rows } = await primary.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn')
  const standby = await pair.admin(on)
  await expect
    .poll(async () => {
      const found = await standby.query<{ reached: boolean }>(
        'select pg_last_wal_replay_lsn() >= $1::pg_lsn as reached',
        [rows[0]?.lsn],
      )
      return found.rows[0]?.reached
    })
    .toBe(true)
}

it('answers on the replica what it has replayed, and on the primary what it has not', async () => {
  const user = await insert()
  const first = await store.position()
  await replayed()
  expect(await withoutPrimary(() => read(user.id, first))).toEqual(user)

  await onStandby('select pg_wal_replay_pause()')
  const suspended: User = { ...user, version: 2, state: 'suspended' }
  await store.transaction(directory, (tx) => tx.users.update(suspended))
  const second = await store.position()
  // The same read on each: of any state, of the first one, of the second one.
  expect(await read(user.id, null)).toEqual(user)
  expect(await read(user.id, first)).toEqual(user)
  expect(await read(user.id, second)).toEqual(suspended)
  expect(await store.transaction(directory, (tx) => tx.users.find(user.id))).toEqual(suspended)

  await onStandby('select pg_wal_replay_resume()')
  await replayed()
  expect(await withoutPrimary(() => read(user.id, second))).toEqual(suspended)
})

it('under load no read after a position misses what lies before it, whatever the replica is doing', async () => {
  const standby = await pair.admin('standby')
  let over = false
  const disturbing = (async () => {
    while (!over) {
      await standby.query('select pg_wal_replay_pause()')
      await standby.query('select pg_sleep(0.02)')
      await standby.query('select pg_wal_replay_resume()')
      await standby.query('select pg_sleep(0.01)')
    }
  })()
  const misses: string[] = []
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let turn = 0; turn < 100; turn += 1) {
        const user = await insert()
        const found = await read(user.id, await store.position())
        if (found === null) misses.push(user.id)
      }
    }),
  )
  over = true
  await disturbing
  expect(misses).toEqual([])
})

it('a transaction of several reads goes on on the primary once the replica could not answer', async () => {
  await replayed()
  await onStandby('select pg_wal_replay_pause()')
  const user = await insert()
  const after = await store.position()
  const found = await store.transaction(
    directory,
    async (tx) => [await tx.users.find(user.id), (await tx.users.list({ after: null, limit: 10 })).items],
    { after },
  )
  expect(found).toEqual([user, [user]])
})

it('a replica that is killed, frozen or gone is not missed, and is asked again when it is back', async () => {
  const user = await insert()
  const after = await store.position()
  await replayed()
  expect(await read(user.id, after)).toEqual(user)
  const statusOf = async () => {
    const { checks, status } = await store.readiness()
    return [status, checks.find(({ code }) => code === 'postgres.replica')?.status]
  }
  expect(await statusOf()).toEqual(['ready', 'pass'])
  await pair.standby.process.kill9()
  expect(await Promise.all(Array.from({ length: 20 }, () => read(user.id, after)))).toEqual(
    Array.from({ length: 20 }, () => user),
  )
  expect(await statusOf()).toEqual(['degraded', 'warn'])
  await pair.standby.process.restart()
  await expect
    .poll(() => withoutPrimary(() => read(user.id, after).catch(() => null)), { timeout: 20_000 })
    .toEqual(user)
  pair.standby.process.suspend()
  expect(await read(user.id, after)).toEqual(user)
  pair.standby.process.resume()
})

it('a replica that was promoted is not read as one, and no position of before is taken for reached', async () => {
  const user = await insert()
  const before = await store.position()
  await replayed()
  await pair.standby.promote()
  pair.lead('standby')
  pair.proxy.cutAll()
  await expect.poll(() => read(user.id, before).catch(() => null)).toEqual(user)
  const later = await insert()
  const after = await store.position()
  expect(parsePosition(after)?.timeline).toBe(2)
  expect(await read(later.id, after)).toEqual(later)
  const { checks } = await store.readiness()
  expect(checks.find(({ code }) => code === 'postgres.replica')).toMatchObject({
    status: 'warn',
    details: { inRecovery: false },
  })
})

it('a replica that somebody promotes for themselves does not end the writes to the primary', async () => {
  const user = await insert()
  const after = await store.position()
  await replayed()
  await pair.standby.promote()
  expect(await read(user.id, after)).toEqual(user)
  pair.proxy.cutAll()
  await expect.poll(() => insert().catch(() => null)).not.toBeNull()
  await insert()
  expect(await read(user.id, null)).toEqual(user)
})

it('where the server keeps its log to itself every read is answered by the primary', async () => {
  const primary = await pair.admin('primary')
  await primary.query('revoke execute on function pg_control_system() from public')
  const user = await insert()
  const after = await store.position()
  expect(parsePosition(after)).toBeNull()
  expect(await read(user.id, after)).toEqual(user)
})

it('a replica that followed the old primary further than the promoted one is not taken for ahead', async () => {
  const left = await pair.process.startStandby()
  others.push({ close: () => left.stop() })
  store = openStore(left)
  await insert()
  await replayed()
  // The standby that will be promoted hears nothing of what the other one replays.
  await pair.standby.cutOff()
  const lost: User[] = []
  while (lost.length < 100) lost.push(await insert())
  const far = await store.position()
  await replayed(left)
  expect(await withoutPrimary(() => read(lost[0]?.id as UserId, far))).toEqual(lost[0])
  await pair.process.kill9()
  await pair.standby.promote()
  pair.lead('standby')
  let user: User | null = null
  await expect.poll(async () => (user = await insert().catch(() => null))).not.toBeNull()
  const after = await store.position()
  const [behind, ahead] = [after, far].map((each) => lsnOf(each))
  // By its number alone the position would have been reached there.
  expect(behind).toBeLessThan(ahead ?? 0n)
  expect(await read((user as unknown as User).id, after)).toEqual(user)
})

function lsnOf(position: Position): bigint {
  const [high = '', low = ''] = parsePosition(position)?.lsn.split('/') ?? []
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
}

it('a replica of another cluster is never read', async () => {
  const other = await startServerPair()
  try {
    store = openStore(other.standby)
    const user = await insert()
    expect(await read(user.id, await store.position())).toEqual(user)
    expect(await read(user.id, null)).toEqual(user)
  } finally {
    await other.stop()
  }
})

it('what is no position is answered by the primary', async () => {
  const user = await insert()
  const strange = ['', '7-00000001-0/0-', '7-1-0/0', "7-00000001-0/0'", '7-FFFFFFFF-0/0', 'x'.repeat(200)]
  for (const text of strange) {
    expect(parsePosition(text)).toBeNull()
    expect(await read(user.id, text as Position)).toEqual(user)
  }
})
