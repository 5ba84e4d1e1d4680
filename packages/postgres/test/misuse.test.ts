import { setTimeout as wait } from 'node:timers/promises'

import { directoryScope, isStoreError, type StoreTransaction, type User } from '@user-engine/store'
import { expect, it } from 'vitest'

import { openStore } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'
import { newIdentity, newUser } from './records.ts'

const database = await createProvidedDatabase()
const store = openStore(database)
const admin = await database.connect(null)
const directory = directoryScope()

const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'ok',
    (error: unknown) => (isStoreError(error) ? error.code : (error as Error).name),
  )
const run = (work: (tx: StoreTransaction) => Promise<unknown>) =>
  outcomeOf(store.transaction(directory, work))
const found = (user: User) => store.transaction(directory, (tx) => tx.users.find(user.id))

/** No connection was given back in the middle of something. */
async function expectIdle(): Promise<void> {
  const { rows } = await admin.query<{ state: string }>(
    'select state from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and usename is not null',
  )
  expect(rows.filter(({ state }) => state !== 'idle')).toEqual([])
}

it('takes no call while it commits', async () => {
  const user = newUser()
  const late = newUser()
  let call: Promise<string> = Promise.resolve('not called')
  await store.transaction(directory, async (tx) => {
    await tx.users.insert(user)
    setImmediate(() => {
      call = outcomeOf(tx.users.insert(late))
    })
  })
  expect(await call).toBe('TypeError')
  expect(await found(user)).toEqual(user)
  expect(await found(late)).toBeNull()
})

it('rolls back with a nested transaction that it did not await, and leaves no connection behind', async () => {
  const user = newUser()
  const gate = Promise.withResolvers<void>()
  let nested: Promise<string> = Promise.resolve('not called')
  expect(
    await run(async (tx) => {
      await tx.users.insert(user)
      const opened = Promise.withResolvers<void>()
      const running = tx.nested(async (part) => {
        await part.users.list({ after: null, limit: 1 })
        opened.resolve()
        await gate.promise
        await part.users.insert(newUser())
      })
      nested = outcomeOf(running)
      await opened.promise
    }),
  ).toBe('TypeError')
  gate.resolve()
  expect(await nested).toBe('TypeError')
  expect(await found(user)).toBeNull()
  await wait(50)
  await expectIdle()
})

it('rolls back where it is used while a nested transaction is open', async () => {
  const user = newUser()
  expect(
    await run((tx) =>
      tx.nested(async (part) => {
        await part.users.insert(user)
        await tx.users.find(user.id).catch(() => {})
      }),
    ),
  ).toBe('TypeError')
  expect(await found(user)).toBeNull()
})

it('loses the outer transaction where its own unsent write fails at a nested end', async () => {
  const taken = newIdentity(newUser().id)
  await store.transaction(directory, (tx) => tx.externalIdentities.insert(taken))
  const nested: string[] = []
  const later: string[] = []
  expect(
    await run(async (tx) => {
      await tx.externalIdentities.insert({ ...newIdentity(newUser().id), subject: taken.subject })
      nested.push(await outcomeOf(tx.nested((part) => part.users.insert(newUser()))))
      later.push(await outcomeOf(tx.users.insert(newUser())), await outcomeOf(tx.nested(async () => {})))
    }),
  ).toBe('CONFLICT')
  expect([nested, later]).toEqual([['CONFLICT'], ['CONFLICT', 'CONFLICT']])
  await expectIdle()
})
