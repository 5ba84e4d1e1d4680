import { isStoreError } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { createLockTable, type LockOwner } from './locks.ts'

const owner = (transaction: object = {}): LockOwner => ({ transaction, held: new Map() })

/** Whether a promise is settled once all that can go on has gone on. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  promise.then(
    () => (settled = true),
    () => (settled = true),
  )
  await new Promise(setImmediate)
  return settled
}

describe('the lock table', () => {
  it('lets share locks stand beside each other and an exclusive one alone', async () => {
    const locks = createLockTable()
    const [one, other, writer] = [owner(), owner(), owner()]
    await locks.acquire(one, 'row', 'share')
    await locks.acquire(other, 'row', 'share')
    const writing = locks.acquire(writer, 'row', 'exclusive')
    locks.release(one)
    expect(await isSettled(writing)).toBe(false)
    locks.release(other)
    await writing
    expect(await isSettled(locks.acquire(one, 'row', 'share'))).toBe(false)
  })

  it('serves in order of arrival, so that readers never starve a writer', async () => {
    const locks = createLockTable()
    const [reader, writer, late] = [owner(), owner(), owner()]
    await locks.acquire(reader, 'row', 'share')
    const writing = locks.acquire(writer, 'row', 'exclusive')
    const reading = locks.acquire(late, 'row', 'share')
    expect(await isSettled(reading)).toBe(false)
    locks.release(reader)
    await writing
    expect(await isSettled(reading)).toBe(false)
    locks.release(writer)
    await reading
  })

  it('refuses to close a circle of waits, however long, and the others go on', async () => {
    const locks = createLockTable()
    const [one, two, three] = [owner(), owner(), owner()]
    await locks.acquire(one, 'a', 'exclusive')
    await locks.acquire(two, 'b', 'exclusive')
    await locks.acquire(three, 'c', 'exclusive')
    const first = locks.acquire(one, 'b', 'exclusive')
    const second = locks.acquire(two, 'c', 'exclusive')
    await expect(locks.acquire(three, 'a', 'share')).rejects.toSatisfy((error) =>
      isStoreError(error, 'SERIALIZATION'),
    )
    locks.release(three)
    await second
    locks.release(two)
    await first
  })

  it('refuses the second of two who share a lock and both want it alone', async () => {
    const locks = createLockTable()
    const [one, other] = [owner(), owner()]
    await locks.acquire(one, 'row', 'share')
    await locks.acquire(other, 'row', 'share')
    const upgrade = locks.acquire(one, 'row', 'exclusive')
    await expect(locks.acquire(other, 'row', 'exclusive')).rejects.toSatisfy((error) =>
      isStoreError(error, 'SERIALIZATION'),
    )
    locks.release(other)
    await upgrade
  })

  it('counts those ahead in the queue when it looks for circles', async () => {
    const locks = createLockTable()
    const [reader, writer, late] = [owner(), owner(), owner()]
    await locks.acquire(reader, 'row', 'share')
    await locks.acquire(late, 'other', 'exclusive')
    const writing = locks.acquire(writer, 'row', 'exclusive')
    const reading = locks.acquire(late, 'row', 'share')
    await expect(locks.acquire(reader, 'other', 'exclusive')).rejects.toSatisfy((error) =>
      isStoreError(error, 'SERIALIZATION'),
    )
    locks.release(reader)
    await writing
    locks.release(writer)
    await reading
  })

  it('never blocks the frames of one transaction, and gives back what an undone one took', async () => {
    const locks = createLockTable()
    const parent = owner()
    const child = owner(parent.transaction)
    const stranger = owner()
    await locks.acquire(parent, 'row', 'share')
    await locks.acquire(child, 'row', 'exclusive')
    const reading = locks.acquire(stranger, 'row', 'share')
    expect(await isSettled(reading)).toBe(false)
    locks.release(child)
    await reading
    const writing = locks.acquire(owner(), 'row', 'exclusive')
    locks.release(stranger)
    expect(await isSettled(writing)).toBe(false)
    locks.release(parent)
    await writing
  })

  it('keeps what a settled frame took until its transaction ends', async () => {
    const locks = createLockTable()
    const parent = owner()
    const child = owner(parent.transaction)
    await locks.acquire(child, 'row', 'exclusive')
    locks.handOver(child, parent)
    locks.release(child)
    const writing = locks.acquire(owner(), 'row', 'exclusive')
    expect(await isSettled(writing)).toBe(false)
    locks.release(parent)
    await writing
  })
})
