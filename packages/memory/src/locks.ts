import { StoreError } from '@user-engine/store'

/** Share locks stand beside each other; an exclusive lock stands alone. */
export type LockMode = 'share' | 'exclusive'

/** One frame of a transaction. Frames of one transaction never block each other. */
export interface LockOwner {
  readonly transaction: object
  readonly held: Map<string, LockMode>
}

/**
 * Who may decide on a row or on a unique value. A lock is kept until the frame that took it is undone or its whole
 * transaction ends, so that what was once decided stays true until then.
 */
export interface LockTable {
  /**
   * Waits, in order of arrival, for the transactions in the way. Rejects with SERIALIZATION instead of closing a circle of
   * waits. One transaction waits for one lock at a time.
   */
  acquire(owner: LockOwner, name: string, mode: LockMode): Promise<void>
  /** All that the owner holds is its parent's from now on. */
  handOver(owner: LockOwner, parent: LockOwner): void
  release(owner: LockOwner): void
}

interface Request {
  readonly owner: LockOwner
  readonly mode: LockMode
}

interface Waiter extends Request {
  grant(): void
}

interface Lock {
  readonly name: string
  readonly holders: Set<LockOwner>
  readonly queue: Waiter[]
}

export function createLockTable(): LockTable {
  const locks = new Map<string, Lock>()
  const waits = new Map<object, { readonly lock: Lock; readonly waiter: Waiter }>()

  /** The transactions that a request waits for: holders in its way and, where it holds nothing yet, the queue ahead. */
  function blockers(lock: Lock, { owner, mode }: Request, ahead: readonly Request[]): Set<object> {
    const found = new Set<object>()
    const meet = (other: LockOwner, its: LockMode | undefined) => {
      const clash = mode === 'exclusive' || its === 'exclusive'
      if (clash && other.transaction !== owner.transaction) found.add(other.transaction)
    }
    const holders = [...lock.holders]
    for (const holder of holders) meet(holder, holder.held.get(lock.name))
    // Who holds a part already does not queue for more of it: the others wait for that part.
    if (holders.some((holder) => holder.transaction === owner.transaction)) return found
    for (const waiter of ahead) meet(waiter.owner, waiter.mode)
    return found
  }

  /** Whether one of the transactions waits for the target, over however many others. */
  function wait(transactions: Iterable<object>, target: object, seen = new Set<object>()): boolean {
    for (const transaction of transactions) {
      if (transaction === target) return true
      const waiting = waits.get(transaction)
      if (waiting === undefined || seen.has(transaction)) continue
      seen.add(transaction)
      const { lock, waiter } = waiting
      const ahead = lock.queue.slice(0, lock.queue.indexOf(waiter))
      if (wait(blockers(lock, waiter, ahead), target, seen)) return true
    }
    return false
  }

  function hold(lock: Lock, owner: LockOwner, mode: LockMode): void {
    lock.holders.add(owner)
    if (owner.held.get(lock.name) !== 'exclusive') owner.held.set(lock.name, mode)
  }

  function grantWaiters(lock: Lock): void {
    for (const waiter of lock.queue.slice()) {
      const position = lock.queue.indexOf(waiter)
      if (blockers(lock, waiter, lock.queue.slice(0, position)).size > 0) continue
      lock.queue.splice(position, 1)
      waits.delete(waiter.owner.transaction)
      hold(lock, waiter.owner, waiter.mode)
      waiter.grant()
    }
    if (lock.holders.size === 0 && lock.queue.length === 0) locks.delete(lock.name)
  }

  return {
    async acquire(owner, name, mode) {
      const lock = locks.get(name) ?? { name, holders: new Set(), queue: [] }
      const inTheWay = blockers(lock, { owner, mode }, lock.queue)
      if (wait(inTheWay, owner.transaction)) throw new StoreError('SERIALIZATION', {})
      locks.set(name, lock)
      if (inTheWay.size === 0) return hold(lock, owner, mode)
      const { promise, resolve } = Promise.withResolvers<void>()
      const waiter = { owner, mode, grant: resolve }
      lock.queue.push(waiter)
      waits.set(owner.transaction, { lock, waiter })
      return promise
    },
    handOver(owner, parent) {
      for (const [name, mode] of owner.held) {
        const lock = locks.get(name)
        if (lock === undefined) continue
        lock.holders.delete(owner)
        hold(lock, parent, mode)
      }
      owner.held.clear()
    },
    release(owner) {
      const released = [...owner.held.keys()].flatMap((name) => locks.get(name) ?? [])
      owner.held.clear()
      for (const lock of released) {
        lock.holders.delete(owner)
        grantWaiters(lock)
      }
    },
  }
}
