import {
  DIRECTORY,
  directoryScope,
  isStoreError,
  parseUserId,
  type User,
  type UserEngineStore,
} from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { createMemoryStore } from './create-memory-store.ts'

const AT = new Date('2026-01-01T00:00:00.000Z')
const ONE = parseUserId('018f0000-0000-7000-8000-000000000001')
const OTHER = parseUserId('018f0000-0000-7000-8000-000000000002')

const userOf = (id = ONE, version = 1): User => ({
  scopeId: DIRECTORY,
  id,
  kind: 'person',
  state: 'active',
  version,
  createdAt: AT,
  updatedAt: AT,
})

const findUser = (store: UserEngineStore, id = ONE) =>
  store.transaction(directoryScope(), (tx) => tx.users.find(id))

describe.each(['eager', 'deferred'] as const)('a transaction with %s writes', (writes) => {
  it('shares nothing with the objects of its caller', async () => {
    const store = createMemoryStore({ writes })
    const given = { ...userOf(), createdAt: new Date(AT) }
    await store.transaction(directoryScope(), async (tx) => {
      const inserting = tx.users.insert(given)
      given.createdAt.setTime(0)
      await inserting
      const own = await tx.users.find(ONE)
      own?.createdAt.setTime(0)
    })
    const found = await findUser(store)
    found?.createdAt.setTime(0)
    expect((await findUser(store))?.createdAt).toEqual(AT)
  })

  it('keeps what a settled nested part decided from others until it ends', async () => {
    const store = createMemoryStore({ writes })
    await store.transaction(directoryScope(), (tx) => tx.users.insert(userOf()))
    const order: string[] = []
    const { promise: late, resolve: goOn } = Promise.withResolvers<void>()
    const { promise: settled, resolve: tell } = Promise.withResolvers<void>()
    const outer = store.transaction(directoryScope(), async (tx) => {
      await tx.nested((inner) => inner.users.guard(userOf()))
      tell()
      await late
      order.push('guarded')
    })
    await settled
    const writer = store.transaction(directoryScope(), async (tx) => {
      await tx.users.update(userOf(ONE, 2))
    })
    void writer.then(() => order.push('written'))
    await new Promise(setImmediate)
    goOn()
    await Promise.all([outer, writer])
    expect(order).toEqual(['guarded', 'written'])
  })

  it('lets others in as soon as a nested part is undone', async () => {
    const store = createMemoryStore({ writes })
    await store.transaction(directoryScope(), async (tx) => {
      await tx
        .nested(async (inner) => {
          await inner.users.insert(userOf())
          await inner.users.list({ after: null, limit: 1 })
          throw new Error('undone')
        })
        .catch(() => undefined)
      await store.transaction(directoryScope(), (other) => other.users.insert(userOf()))
    })
    expect(await findUser(store)).not.toBeNull()
  })

  it('leaves no lock behind when a nested part was not awaited', async () => {
    const store = createMemoryStore({ writes })
    await expect(
      store.transaction(directoryScope(), async (tx) => {
        void tx.nested(async (inner) => {
          await inner.users.insert(userOf())
          await inner.users.list({ after: null, limit: 1 })
          await new Promise(setImmediate)
        })
        await new Promise(setImmediate)
      }),
    ).rejects.toThrow(TypeError)
    await store.transaction(directoryScope(), (tx) => tx.users.insert(userOf()))
    expect(await findUser(store)).not.toBeNull()
  })

  it('makes the failure of a call that nobody awaited its own', async () => {
    const store = createMemoryStore({ writes })
    await expect(
      store.transaction(directoryScope(), async (tx) => {
        await tx.users.insert(userOf(OTHER))
        void tx.users.update(userOf(ONE, 2))
      }),
    ).rejects.toSatisfy((error) => isStoreError(error, 'VERSION_CONFLICT'))
    expect(await findUser(store, OTHER)).toBeNull()
  })

  it('says nothing of a value that it can not keep', async () => {
    const store = createMemoryStore({ writes })
    const secret = () => 'a secret'
    const failed = store.transaction(directoryScope(), (tx) =>
      tx.users.insert({ ...userOf(), state: secret as unknown as 'active' }),
    )
    await expect(failed).rejects.toThrow(TypeError)
    await expect(failed).rejects.not.toThrow(/secret/)
  })
})

describe('a store with deferred writes', () => {
  it('answers by id from what it has not carried out yet', async () => {
    const store = createMemoryStore({ writes: 'deferred' })
    await store.transaction(directoryScope(), (tx) => tx.users.insert(userOf()))
    const failed = store.transaction(directoryScope(), async (tx) => {
      await tx.users.update({ ...userOf(ONE, 3), state: 'suspended' })
      expect((await tx.users.find(ONE))?.state).toBe('suspended')
      await tx.users.list({ after: null, limit: 1 })
    })
    await expect(failed).rejects.toSatisfy((error) => isStoreError(error, 'VERSION_CONFLICT'))
  })

  it('takes its rows in one order, so that crosswise writers meet without a deadlock', async () => {
    const store = createMemoryStore({ writes: 'deferred' })
    await store.transaction(directoryScope(), async (tx) => {
      await tx.users.insert(userOf(ONE))
      await tx.users.insert(userOf(OTHER))
    })
    const crosswise = (written: typeof ONE, guarded: typeof ONE) =>
      store.transaction(directoryScope(), async (tx) => {
        await tx.users.update(userOf(written, 2))
        await tx.users.guard(userOf(guarded))
      })
    const results = await Promise.allSettled([crosswise(ONE, OTHER), crosswise(OTHER, ONE)])
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const [failed] = results.filter((result) => result.status === 'rejected')
    expect(isStoreError(failed?.reason, 'VERSION_CONFLICT')).toBe(true)
  })
})
