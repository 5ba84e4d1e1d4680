import {
  DIRECTORY,
  directoryScope,
  isStoreError,
  type CommandId,
  type IdempotencyRecord,
  type User,
} from '@user-engine/store'
import type { Client } from 'pg'
import { expect, it, vi } from 'vitest'

import { openStore } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'
import { newUser } from './records.ts'

const database = await createProvidedDatabase()
const store = openStore(database)
const directory = directoryScope()
const [holder, observer] = [await database.connect(null), await database.connect(null)]

const newAnswer = (): IdempotencyRecord => ({
  scopeId: DIRECTORY,
  actor: 'service:one',
  key: crypto.randomUUID(),
  commandId: crypto.randomUUID() as string as CommandId,
  requestHash: 'h',
  result: {},
  createdAt: new Date('2026-01-02T03:04:05.678Z'),
})

/** Two users, the one of the lower id first: nothing else decides the order in which they are locked. */
async function twoUsers() {
  const users = [newUser(), newUser()].toSorted((a, b) => (a.id < b.id ? -1 : 1)) as [User, User]
  await store.transaction(directory, async (tx) => {
    for (const user of users) await tx.users.insert(user)
  })
  return users
}
/** A commit that rests on both and keeps an answer, in an order that is none of ours. */
const commit = ([first, second]: readonly [User, User], answer = newAnswer()) =>
  store.transaction(directory, async (tx) => {
    await tx.users.guard(second)
    await tx.users.update({ ...first, version: first.version + 1 })
    await tx.idempotency.insert(answer, 60_000)
  })

const lock = (client: Client, { id }: User, rest = '') =>
  client.query(`select from user_engine.users where id = $1 for update ${rest}`, [id])

async function isLocked(user: User): Promise<boolean> {
  await observer.query('begin')
  try {
    await lock(observer, user, 'nowait')
    return false
  } catch {
    return true
  } finally {
    await observer.query('rollback')
  }
}

async function whileHeld(user: User, look: () => Promise<void>, work: () => Promise<void>): Promise<void> {
  await holder.query('begin')
  await lock(holder, user)
  const working = work()
  await vi.waitFor(async () => {
    const { rows } = await observer.query(`select from pg_locks where not granted`)
    expect(rows).toHaveLength(1)
  })
  await look()
  await holder.query('rollback')
  await working
}

it('locks one record after the other, whatever the order in which they were written', async () => {
  const users = await twoUsers()
  const [first, second] = users
  await whileHeld(
    second,
    async () => expect(await isLocked(first)).toBe(true),
    () => commit(users),
  )
  const next = [{ ...first, version: 2 }, second] as const
  await whileHeld(
    next[0],
    async () => expect(await isLocked(second)).toBe(false),
    () => commit(next),
  )
})

it('takes the key before any lock, and tells a taken key before a stale version', async () => {
  const users = await twoUsers()
  const answer = newAnswer()
  await whileHeld(
    users[0],
    async () => {
      const again = newAnswer()
      await observer.query(`set lock_timeout = '100ms'`)
      const taken = observer.query(
        `insert into user_engine.idempotency_records
          (scope_id, actor, key, command_id, request_hash, result, created_at, expires_at)
        values ($1, $2, $3, $4, 'h', '{}', now(), now())`,
        [DIRECTORY, answer.actor, answer.key, again.commandId],
      )
      await expect(taken).rejects.toMatchObject({ code: '55P03' })
    },
    () => commit(users, answer),
  )
  await expect(commit(users, answer)).rejects.toSatisfy(
    (error) => isStoreError(error) && error.code === 'CONFLICT',
  )
  await expect(commit(users)).rejects.toMatchObject({
    code: 'VERSION_CONFLICT',
    details: { kind: 'user', id: users[0].id },
  })
})

it('compares a guard of what it replaces with what was stored before', async () => {
  const [user] = await twoUsers()
  const both = store.transaction(directory, async (tx) => {
    await tx.users.guard({ ...user, version: 2 })
    await tx.users.update({ ...user, version: 2 })
  })
  await expect(both).rejects.toMatchObject({ code: 'VERSION_CONFLICT' })
})
