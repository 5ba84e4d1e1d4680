import { inspect } from 'node:util'

import { startWireProxy, type Frame, type WireProxy } from '@user-engine/conformance/postgres'
import { testPostgres } from '@user-engine/test-postgres/vitest'
import { directoryScope, isStoreError, type StoreTransaction, type UserEngineStore } from '@user-engine/store'
import { afterAll, describe, expect, it } from 'vitest'

import { createPostgresStore, type Handoff, type PostgresStoreOptions } from '../src/index.ts'
import { HandoffError } from '../src/handoff.ts'
import { handoffOf } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'
import { newDenial, newIdentity, newUser } from './records.ts'

const database = await createProvidedDatabase()
const admin = await database.connect(null)
const proxy: WireProxy = await startWireProxy(testPostgres())
const directory = directoryScope()
const CANARY = `canary-${crypto.randomUUID()}`
const open: UserEngineStore[] = []
afterAll(async () => {
  await Promise.all(open.map((store) => store.close()))
  await proxy.stop()
})

function throughProxy(handoff: Partial<Handoff> = {}, options: PostgresStoreOptions = {}): UserEngineStore {
  const { host, port } = proxy
  const store = createPostgresStore({ ...handoffOf(database), endpoint: { host, port }, ...handoff }, options)
  open.push(store)
  return store
}

const login = (purpose: 'runtime' | 'denials') =>
  handoffOf(database)[purpose] as { readonly user: string; readonly password: string }
const runtime = (max: number) => ({ ...login('runtime'), max })
const direct = createPostgresStore(handoffOf(database))
open.push(direct)

/** The error, after it was searched for what must not be in it. */
async function errorOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  const text = `${inspect(error, { depth: null, showHidden: true })} ${JSON.stringify(error)}`
  const { password } = login('runtime')
  for (const secret of [CANARY, password, database.prefix]) expect(text).not.toContain(secret)
  return error
}

const codeOf = async (work: Promise<unknown>) => {
  const error = await errorOf(work)
  return isStoreError(error) ? error.code : error === null ? 'ok' : (error as Error).name
}

/** A user and an identity whose subject must not be told; flat, or explicit where it reads its own writes. */
function unitOf(explicit: boolean) {
  const user = newUser()
  const identity = newIdentity(user.id, `${CANARY}-${user.id}`)
  return {
    user,
    async work(tx: StoreTransaction) {
      await tx.users.insert(user)
      if (explicit) await tx.users.list({ after: null, limit: 1 })
      await tx.externalIdentities.insert(identity)
    },
    async isKept() {
      const found = await direct.transaction(directory, (tx) => tx.users.find(user.id))
      return found !== null
    },
  }
}

/** Every connection that is there can be used: none was given back in the middle of something. */
async function expectUsable(store: UserEngineStore, connections: number): Promise<void> {
  const all = Array.from({ length: connections * 2 }, () =>
    codeOf(store.transaction(directory, unitOf(false).work)),
  )
  expect(await Promise.all(all)).toEqual(Array.from({ length: connections * 2 }, () => 'ok'))
  const { rows } = await admin.query<{ n: number }>(
    "select count(*)::int as n from pg_stat_activity where datname = current_database() and state like 'idle in%'",
  )
  expect(rows[0]?.n).toBe(0)
}

/** What makes a batch so: the end of an implicit transaction, or the word itself. */
const isCommit = ({ from, type, bytes }: Frame) =>
  from === 'client' && (type === 'S' || (type === 'P' && bytes.toString('latin1').includes('\0commit\0')))
const isReady = ({ from, type }: Frame) => from === 'server' && type === 'Z'

describe.each([
  ['a flat', false],
  ['an explicit', true],
])('%s transaction', (_, explicit) => {
  it.each([
    ['before the commit arrives', isCommit, false],
    ['after it was carried out', isReady, true],
  ])('whose connection is cut %s tells that nobody knows', async (__, where, kept) => {
    const store = throughProxy({ runtime: runtime(2) })
    await expectUsable(store, 2)
    const { user, work, isKept } = unitOf(explicit)
    const outcome = codeOf(
      store.transaction(directory, async (tx) => {
        await work(tx)
        void proxy.cut('before', where)
      }),
    )
    expect(await outcome).toBe('UNKNOWN_OUTCOME')
    expect(await isKept()).toBe(kept)
    expect(user.version).toBe(1)
    await expectUsable(store, 2)
  })

  it('whose answer does not come ends at the deadline, and nobody knows', async () => {
    const store = throughProxy({ runtime: runtime(2) }, { batchTimeoutMs: 1_000, connectTimeoutMs: 1_000 })
    await expectUsable(store, 2)
    const { work } = unitOf(explicit)
    const started = performance.now()
    const outcome = await codeOf(
      store.transaction(directory, async (tx) => {
        await work(tx)
        proxy.stall()
      }),
    )
    expect(outcome).toBe('UNKNOWN_OUTCOME')
    expect(performance.now() - started).toBeLessThan(10_000)
    // Those that were connected are gone, and no other can be made: a few milliseconds more than a deadline, not for ever.
    expect(await codeOf(store.transaction(directory, (tx) => tx.users.find(newUser().id)))).toBe(
      'UNAVAILABLE',
    )
    proxy.resume()
    await expectUsable(store, 2)
  })

  it('whose backend is ended while it works fails, keeps nothing, and the next one succeeds', async () => {
    const store = throughProxy({ runtime: runtime(1) })
    await expectUsable(store, 1)
    const { work, isKept } = unitOf(explicit)
    const outcome = await codeOf(
      store.transaction(directory, async (tx) => {
        await work(tx)
        const { rows } = await admin.query<{ ended: boolean }>(
          `select pg_terminate_backend(pid, 5000) as ended from pg_stat_activity
            where datname = current_database() and usename = $1`,
          [login('runtime').user],
        )
        expect(rows.length).toBeGreaterThan(0)
      }),
    )
    // A flat transaction holds no connection, so that it may well not notice.
    expect(explicit ? ['UNAVAILABLE', 'UNKNOWN_OUTCOME'] : ['ok', 'UNKNOWN_OUTCOME']).toContain(outcome)
    expect(await isKept()).toBe(outcome === 'ok')
    await expectUsable(store, 1)
  })
})

it('is unavailable, not in doubt, where a read loses its connection', async () => {
  const store = throughProxy({ runtime: runtime(1) })
  await expectUsable(store, 1)
  void proxy.cut('before', isReady)
  const { user } = unitOf(false)
  expect(await codeOf(store.transaction(directory, (tx) => tx.users.find(user.id)))).toBe('UNAVAILABLE')
  await expectUsable(store, 1)
})

it('writes denials while the only connection is held by the transaction around them', async () => {
  const store = throughProxy({ runtime: runtime(1) })
  const denials = Array.from({ length: 20 }, newDenial)
  await store.transaction(directory, async (tx) => {
    await unitOf(true).work(tx)
    await Promise.all(denials.map((denial) => store.denials.append(denial)))
    const again = denials[0]
    if (again !== undefined) await store.denials.append(again)
  })
  const { rows } = await admin.query<{ n: number }>('select count(*)::int as n from user_engine.denials')
  expect(rows[0]?.n).toBe(20)
})

it('says that it is full, by a deadline, where every connection is held', async () => {
  const store = throughProxy({ runtime: runtime(1) }, { connectTimeoutMs: 1_000 })
  await store.transaction(directory, async (tx) => {
    await unitOf(true).work(tx)
    const error = await errorOf(store.transaction(directory, (other) => other.users.find(newUser().id)))
    expect(error).toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'capacity' } })
  })
})

it('refuses denials beyond its queue at once', async () => {
  const store = throughProxy({}, { denialQueueLimit: 3 })
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, () => codeOf(store.denials.append(newDenial()))),
  )
  expect(outcomes).toEqual(['ok', 'ok', 'ok', 'UNAVAILABLE', 'UNAVAILABLE'])
})

it.each([
  ['a login that is refused', { runtime: { user: 'nobody', password: CANARY } }],
  [
    'a password that can not be had',
    { runtime: { user: 'nobody', password: () => Promise.reject(new Error(CANARY)) } },
  ],
  ['a database that is not there', { database: 'not_there' }],
  ['a port where nobody listens', { endpoint: { host: '127.0.0.1', port: 1 } }],
] as const)('is unavailable with %s, and says no more', async (_, options) => {
  const store = throughProxy(options)
  const error = await errorOf(store.transaction(directory, (tx) => tx.users.find(newUser().id)))
  expect(error).toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'connection' } })
  expect(inspect(store, { depth: null, showHidden: true })).not.toContain(CANARY)
  expect(JSON.stringify(await store.diagnostics())).not.toContain(CANARY)
})

it('tells of a conflict by its rule alone', async () => {
  const identity = newIdentity(newUser().id, CANARY)
  const insert = (store: UserEngineStore) =>
    store.transaction(directory, (tx) =>
      tx.externalIdentities.insert({ ...newIdentity(newUser().id, CANARY), issuer: identity.issuer }),
    )
  await insert(direct)
  const error = await errorOf(insert(direct))
  expect(error).toMatchObject({
    code: 'CONFLICT',
    details: { constraint: 'external_identity_subject' },
    cause: { sqlState: '23505' },
  })
})

it.each([
  ['a connection string', { connectionString: `postgresql://user:${CANARY}@host/db` }],
  ['no login for denials', { denials: undefined }],
  ['no password', { relay: { user: 'relay', password: undefined } }],
  ['no host', { endpoint: { host: '', port: 5432 } }],
  ['a port that is none', { endpoint: { host: 'h', port: 70_000 } }],
  ['nothing said of TLS', { tls: undefined }],
  ['TLS that is not verified', { tls: { rejectUnauthorized: false } }],
  ['no connections', { runtime: { user: 'runtime', password: CANARY, max: 0 } }],
])('is not made with %s', async (_, options) => {
  const wrong = { ...handoffOf(database), ...options } as Handoff
  const error = await errorOf((async () => createPostgresStore(wrong))())
  expect(error).toBeInstanceOf(HandoffError)
})

it.each([{ batchTimeoutMs: 0 }, { preparedStatements: false }])(
  'is not made with the options %j',
  (options) => {
    expect(() => createPostgresStore(handoffOf(database), options)).toThrow(TypeError)
  },
)

it('is not made of a connection string', async () => {
  const text = `postgresql://user:${CANARY}@host/db` as unknown as Handoff
  expect(await errorOf((async () => createPostgresStore(text))())).toBeInstanceOf(TypeError)
})
