import type { Change } from './changes.ts'
import { absorb, createLayer, createView, type Layer, type View } from './layers.ts'
import type { LockMode, LockOwner, LockTable } from './locks.ts'

/** One level of a transaction: what it wrote, what it holds, what is still to be carried out. */
export interface Frame extends LockOwner {
  readonly parent: Frame | null
  readonly layer: Layer
  readonly view: View
  readonly pending: Change[]
  /** The nested frame that is open inside of this one. */
  child: Frame | null
  /** False once its work has ended. */
  open: boolean
  /** Why it can only be rolled back. */
  lost: Error | null
  /** What the caller of a nested frame was given. */
  answer: Promise<unknown> | null
}

export function createFrame(base: Layer, parent: Frame | null): Frame {
  const layer = createLayer()
  const layers = [layer]
  for (let below = parent; below !== null; below = below.parent) layers.push(below.layer)
  return {
    parent,
    transaction: parent?.transaction ?? layer,
    held: new Map(),
    layer,
    view: createView([...layers, base]),
    pending: [],
    child: null,
    open: true,
    lost: null,
    answer: null,
  }
}

/**
 * Carries out what is pending: the idempotency keys, then the rows in one order for all transactions, each with the
 * strongest lock that it needs, then the unique values; and only when all of it is held are versions compared and rows
 * written.
 */
export async function carryOut(frame: Frame, locks: LockTable): Promise<void> {
  const changes = frame.pending.splice(0)
  await carryOutTogether(changes.filter((change) => change.first))
  await carryOutTogether(changes.filter((change) => !change.first))

  async function carryOutTogether(together: readonly Change[]): Promise<void> {
    const rows = new Map<string, LockMode>()
    for (const { table, key, mode } of together) {
      const name = `${table} ${key}`
      if (rows.get(name) !== 'exclusive') rows.set(name, mode)
    }
    for (const [name, mode] of [...rows].toSorted(byName)) await locks.acquire(frame, name, mode)
    const claims = new Set(together.flatMap((change) => change.claims(frame.view)))
    for (const name of [...claims].toSorted()) await locks.acquire(frame, name, 'exclusive')
    for (const change of together) change.apply(frame.view, frame.layer)
  }
}

function byName([left]: readonly [string, LockMode], [right]: readonly [string, LockMode]): number {
  return left < right ? -1 : 1
}

/** Ends a frame, and all that is open inside of it, for further calls. */
export function end(frame: Frame, reason: Error | null): void {
  frame.open = false
  frame.lost ??= reason
  if (frame.child === null) return
  end(frame.child, new TypeError('The enclosing transaction has ended.'))
  // Nobody waits for it, and the enclosing transaction tells of it.
  frame.child.answer?.catch(() => undefined)
}

/** Keeps what the frame wrote: in its parent, which holds its locks from now on, or for all to see. */
export function keep(frame: Frame, base: Layer, locks: LockTable): void {
  if (frame.parent !== null) {
    absorb(frame.parent.layer, frame.layer)
    locks.handOver(frame, frame.parent)
    return
  }
  absorb(base, frame.layer)
  for (const [claim, key] of frame.layer.claims) if (key === null) base.claims.delete(claim)
  locks.release(frame)
}

/** Forgets what the frame wrote, with all that is inside of it. */
export function undo(frame: Frame, locks: LockTable): void {
  if (frame.child !== null) undo(frame.child, locks)
  locks.release(frame)
}
