import {
  DIRECTORY,
  directoryScope,
  isStoreError,
  tenantScope,
  type Group,
  type GroupId,
  type Tenant,
  type TenantId,
  type User,
} from '@user-engine/store'
import { expect, it } from 'vitest'

import { roleName } from '../src/role-names.ts'
import { openStore } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'
import { newAudit, newIdentity, newUser } from './records.ts'

const database = await createProvidedDatabase()
const admin = await database.connect(null)
// Two stores share nothing but the database, as two processes do.
const stores = [openStore(database), openStore(database)] as const
const [store] = stores
const directory = directoryScope()
const at = new Date('2026-01-02T03:04:05.678Z')

const insert = (user: User) => store.transaction(directory, (tx) => tx.users.insert(user))
const codeOf = (error: unknown) => (isStoreError(error) ? error.code : String(error))
const newUsers = (count: number) => Array.from({ length: count }, newUser)

/** The transaction that wrote each of the rows. */
async function writersOf(table: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await admin.query<{ id: string; writer: string }>(
    `select id, xmin::text as writer from user_engine.${table} where id = any($1)`,
    [ids],
  )
  return new Map(rows.map(({ id, writer }) => [id, writer]))
}

it('keeps what many commit in few transactions', async () => {
  const users = newUsers(200)
  await Promise.all(users.map(insert))
  const writers = await writersOf(
    'users',
    users.map(({ id }) => id),
  )
  expect(writers.size).toBe(200)
  expect(new Set(writers.values()).size).toBeLessThan(50)
})

it('commits what is large alone', async () => {
  const users = newUsers(200)
  const large = newUser()
  const audit = newAudit(large)
  const fields = Array.from({ length: 2000 }, () => crypto.randomUUID())
  await Promise.all([
    ...users.slice(100).map(insert),
    store.transaction(directory, async (tx) => {
      await tx.users.insert(large)
      await tx.audit.append({ ...audit, changes: audit.changes.map((each) => ({ ...each, fields })) })
    }),
    ...users.slice(0, 100).map(insert),
  ])
  const writers = [
    ...(await writersOf(
      'users',
      [...users, large].map(({ id }) => id),
    )),
  ]
  const its = writers.find(([id]) => id === large.id)?.[1]
  expect(writers.filter(([, writer]) => writer === its)).toHaveLength(1)
})

it('refuses whoever is refused and no one else, each in the scope of their own', async () => {
  const tenants = Array.from({ length: 3 }, (): Tenant => {
    const id = crypto.randomUUID() as string as TenantId
    const created = { version: 1, createdAt: at, updatedAt: at }
    return { scopeId: DIRECTORY, id, externalRef: null, state: 'active', ...created }
  })
  const [known] = newUsers(1) as [User]
  await store.transaction(directory, async (tx) => {
    await tx.users.insert(known)
    for (const tenant of tenants) await tx.tenants.insert(tenant)
  })
  const newGroup = (tenant: Tenant | undefined, key: string): Group => {
    const id = crypto.randomUUID() as string as GroupId
    const created = { version: 1, createdAt: at, updatedAt: at }
    const scopeId = (tenant?.id ?? crypto.randomUUID()) as TenantId
    return { scopeId, id, key, displayName: key, state: 'active', ...created }
  }
  const groups = Array.from({ length: 200 }, (_, index) => newGroup(tenants[index % 3], `key ${index}`))
  const ends = await Promise.all(
    groups.map((group, index) =>
      store
        .transaction(tenantScope(group.scopeId), async (tx) => {
          await tx.groups.insert(group)
          // Of a tenant beside it, where the one before may have left its scope.
          if (index % 10 === 3)
            await tx.groups.update({ ...newGroup(tenants[index % 3], 'none'), version: 2 })
          if (index % 10 === 7) await tx.groups.insert({ ...newGroup(tenants[index % 3], `key ${index}`) })
          return 'ok'
        })
        .catch(codeOf),
    ),
  )
  for (const [index, end] of ends.entries()) {
    expect(end).toBe(index % 10 === 3 ? 'VERSION_CONFLICT' : index % 10 === 7 ? 'CONFLICT' : 'ok')
  }
  for (const tenant of tenants) {
    const kept = groups.filter((group, index) => group.scopeId === tenant.id && ends[index] === 'ok')
    const { items } = await store.transaction(tenantScope(tenant.id), (tx) =>
      tx.groups.list({ after: null, limit: 500 }),
    )
    expect(new Set(items.map(({ id }) => id))).toEqual(new Set(kept.map(({ id }) => id)))
  }
})

/** Its patience ends before the server's: whoever waited would not know what became of it. */
async function openPatient() {
  const runtime = roleName('runtime', database.prefix)
  for (const setting of ['lock_timeout', 'statement_timeout'])
    await admin.query(`alter role ${runtime} set ${setting} = '1min'`)
  return openStore(database, {}, { batchTimeoutMs: 5000 })
}

it('lets nobody wait for a lock that another has to wait for', async () => {
  const patient = await openPatient()
  const [held, ...others] = newUsers(100) as [User, ...User[]]
  await insert(held)
  const holder = await database.connect(null)
  await holder.query('begin')
  await holder.query('select from user_engine.users where id = $1 for update', [held.id])
  let waits = true
  const waiting = patient
    .transaction(directory, (tx) => tx.users.update({ ...held, version: 2 }))
    .finally(() => (waits = false))
  await Promise.all(others.map((user) => patient.transaction(directory, (tx) => tx.users.insert(user))))
  expect(waits).toBe(true)
  await holder.query('rollback')
  await waiting
})

it('lets nobody wait for what takes another long', async () => {
  const patient = await openPatient()
  const key = 4711
  await admin.query(`
    create function public.wait() returns trigger language plpgsql as $$
      begin while exists (select from pg_locks where locktype = 'advisory' and objid = ${key}) loop
        perform pg_sleep(0.01); end loop; return null; end $$;
    create trigger wait after insert on user_engine.users for each row when (new.kind = 'service')
      execute function public.wait()`)
  const holder = await database.connect(null)
  await holder.query('select pg_advisory_lock($1)', [key])
  let waits = true
  const [first, ...others] = newUsers(100) as [User, ...User[]]
  const insertPatiently = (user: User) => patient.transaction(directory, (tx) => tx.users.insert(user))
  const waiting = insertPatiently({ ...first, kind: 'service' }).finally(() => (waits = false))
  await Promise.all(others.map(insertPatiently))
  expect(waits).toBe(true)
  await holder.query('select pg_advisory_unlock($1)', [key])
  await waiting
  await admin.query('drop trigger wait on user_engine.users')
})

it('sends fewer together while some are refused, and more again when none is', async () => {
  const redone = async () => (await store.diagnostics()).gauges['postgres.pool.runtime.redone'] as number
  const [known] = newUsers(1) as [User]
  await insert(known)
  const round = (refused: number) =>
    Promise.all(newUsers(16).map((user, index) => insert(index < refused ? known : user).catch(codeOf)))
  const before = await redone()
  for (let index = 0; index < 100; index += 1) await round(8)
  const after = await redone()
  // Eight of sixteen are refused: in three batches, twelve would be made again each time.
  expect(after - before).toBeLessThan(600)
  for (let index = 0; index < 30; index += 1) await round(0)
  const users = newUsers(16)
  await Promise.all(users.map(insert))
  const writers = await writersOf(
    'users',
    users.map(({ id }) => id),
  )
  expect(new Set(writers.values()).size).toBeLessThan(8)
})

it('ends in no circle, whatever the order in which two stores ask', async () => {
  const deadlocks = async () => {
    const { rows } = await admin.query<{ deadlocks: string }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    )
    return rows[0]?.deadlocks
  }
  const before = await deadlocks()
  const [user] = newUsers(1) as [User]
  await insert(user)
  for (let round = 0; round < 50; round += 1) {
    const subjects = Array.from({ length: 8 }, () => crypto.randomUUID())
    const link = (each: (typeof stores)[number]) => (subject: string) =>
      each
        .transaction(directory, (tx) => tx.externalIdentities.insert(newIdentity(user.id, subject)))
        .then(() => 'ok', codeOf)
    const [one, other] = await Promise.all([
      Promise.all(subjects.map(link(stores[0]))),
      Promise.all(subjects.toReversed().map(link(stores[1]))),
    ])
    for (const [index, end] of one.entries()) {
      expect(new Set([end, other.toReversed()[index]])).toEqual(new Set(['CONFLICT', 'ok']))
    }
  }
  await admin.query('select pg_stat_force_next_flush()')
  expect(await deadlocks()).toBe(before)
})

it('knows of none that lost their connection together whether they are kept, and sends none of them again', async () => {
  await admin.query(`
    create function public.linger() returns trigger language plpgsql as $$ begin perform pg_sleep(2); return null; end $$;
    create constraint trigger linger after insert on user_engine.users deferrable initially deferred
      for each row when (new.kind = 'service') execute function public.linger()`)
  const users = newUsers(200).map((user, index) =>
    index === 5 ? { ...user, kind: 'service' as const } : user,
  )
  const fresh = openStore(database)
  const working = Promise.all(
    users.map((user) => fresh.transaction(directory, (tx) => tx.users.insert(user)).then(() => 'ok', codeOf)),
  )
  const lingering = async () => {
    const { rows } = await admin.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`,
    )
    return rows.map(({ pid }) => pid)
  }
  await expect.poll(async () => (await lingering()).length, { interval: 5 }).toBeGreaterThan(0)
  const [pid] = await lingering()
  await admin.query('select pg_terminate_backend($1, 5000)', [pid])
  const ends = await working
  await admin.query('drop trigger linger on user_engine.users')
  const lost = ends.filter((end) => end === 'UNKNOWN_OUTCOME')
  expect(lost.length).toBeGreaterThan(1)
  expect(lost.length).toBeLessThanOrEqual(16)
  expect(new Set(ends)).toEqual(new Set(['ok', 'UNKNOWN_OUTCOME']))
  const kept = await writersOf(
    'users',
    users.map(({ id }) => id),
  )
  expect(users.map(({ id }) => (kept.has(id) ? 'ok' : 'UNKNOWN_OUTCOME'))).toEqual(ends)
})
