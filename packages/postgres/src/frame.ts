import type { Position } from '@user-engine/store'
import type { PoolClient } from 'pg'

import type { Row, Statement } from './batch.ts'
import type { PurposePool } from './pool.ts'
import type { TableName } from './reads.ts'
import type { Replica } from './replica.ts'
import type { Entrance } from './scope.ts'
import { createWriteBuffer, type WriteBuffer } from './write-buffer.ts'

/** Of a transaction that only reads: what it may be answered by, and what must be seen there. */
export interface Aside {
  readonly replica: Replica
  readonly after: Position | null
  readonly entrance: Entrance
}

/** One transaction from its first call to its last: flat until something needs a connection of its own. */
export interface Root {
  readonly pool: PurposePool
  /** Null where it is the primary's to answer: from the first time on that the replica could not. */
  aside: Aside | null
  /** The first statement of every batch, or of the explicit transaction. */
  readonly entrance: Entrance
  /** Held from the first statement of an explicit transaction on; null while the transaction is flat. */
  client: PoolClient | null
  /** The transaction is over, or its connection is: what was not committed, the server has rolled back. */
  gone: boolean
  /** Goes with the next batch: the end of a nested transaction is worth no round trip of its own. */
  readonly ahead: Statement[]
  /** One batch at a time. */
  turn: Promise<unknown>
}

export interface PendingRead {
  readonly statement: Statement
  readonly over: readonly TableName[]
  readonly little: boolean
  resolve(rows: readonly Row[]): void
  reject(error: unknown): void
}

/** A transaction, or one nested in it. */
export interface Frame {
  readonly root: Root
  readonly parent: Frame | null
  readonly depth: number
  readonly buffer: WriteBuffer
  /** The reads of this turn of the event loop, which travel together. */
  readonly reads: PendingRead[]
  /** Calls that have not settled. */
  readonly inFlight: Set<Promise<unknown>>
  /** Its savepoint exists on the connection. */
  savepoint: boolean
  /** What made it lost: from then on it can only roll back. */
  lost: { readonly error: unknown } | null
  child: Frame | null
  /** Its work is over: no more calls. */
  ended: boolean
}

export function createRoot(pool: PurposePool, entrance: Entrance, aside: Aside | null): Root {
  return { pool, aside, entrance, client: null, gone: false, ahead: [], turn: Promise.resolve() }
}

export function createFrame(root: Root, parent: Frame | null): Frame {
  return {
    root,
    parent,
    depth: parent === null ? 0 : parent.depth + 1,
    buffer: createWriteBuffer(),
    reads: [],
    inFlight: new Set(),
    savepoint: false,
    lost: null,
    child: null,
    ended: false,
  }
}

/** The frame and those around it, the outermost first. */
export function chainOf(frame: Frame): readonly Frame[] {
  return frame.parent === null ? [frame] : [...chainOf(frame.parent), frame]
}

/** TypeError for a call that the program must not make; what made the frame, or one around it, lost. */
export function assertUsable(frame: Frame): void {
  if (hasEnded(frame)) throw new TypeError('The transaction has ended.')
  if (frame.child !== null) {
    throw lose(frame, new TypeError('A nested transaction is open: use it, or await its end.'))
  }
  assertKept(frame)
}

function hasEnded({ ended, parent }: Frame): boolean {
  return ended || (parent !== null && hasEnded(parent))
}

/** Throws what made the frame, or one around it, lost: the outermost of them. */
export function assertKept({ lost, parent }: Frame): void {
  if (parent !== null) assertKept(parent)
  if (lost !== null) throw lost.error
}

/** Makes the frame lost, by the first error that does. Returns its argument. */
export function lose(frame: Frame, error: unknown): unknown {
  frame.lost ??= { error }
  return error
}

/**
 * Makes a call of a frame, and remembers it until it has settled. A call that fails makes the frame lost, also where
 * nobody awaits it.
 */
export function callIn<Answer>(frame: Frame, work: () => Promise<Answer>): Promise<Answer> {
  const call = attempt(frame, work)
  frame.inFlight.add(call)
  const settle = () => void frame.inFlight.delete(call)
  call.then(settle, settle)
  return call
}

/** Makes a call of a frame that is done at once, so that nothing has to wait for it, unless it fails. */
export function doIn(frame: Frame, work: () => void): Promise<void> {
  try {
    assertUsable(frame)
    work()
    return DONE
  } catch (error) {
    return callIn(frame, async () => {
      throw error
    })
  }
}

const DONE = Promise.resolve()

async function attempt<Answer>(frame: Frame, work: () => Promise<Answer>): Promise<Answer> {
  assertUsable(frame)
  try {
    return await work()
  } catch (error) {
    throw lose(frame, error)
  }
}

/** Waits for the calls of a frame, where there are any. */
export async function settleCalls({ inFlight }: Frame): Promise<void> {
  if (inFlight.size > 0) await Promise.allSettled(inFlight)
}

/** Ends a frame's work and waits for its calls. TypeError where a frame in it, or around it, is not where it must be. */
export async function endWork(frame: Frame): Promise<void> {
  frame.ended = true
  await settleCalls(frame)
  if (frame.child !== null)
    throw new TypeError('The transaction ended while a nested one was open: await it.')
  if (frame.parent !== null && hasEnded(frame.parent)) {
    throw new TypeError('The transaction around this one has ended: await a nested one inside of it.')
  }
  assertKept(frame)
}
