import type { PoolClient } from 'pg'

import type { Row, Statement } from './batch.ts'
import type { PurposePool } from './pool.ts'
import type { TableName } from './reads.ts'
import { createWriteBuffer, type WriteBuffer } from './write-buffer.ts'

/** One transaction from its first call to its last: flat until something needs a connection of its own. */
export interface Root {
  readonly pool: PurposePool
  /** Binds the scope; the first statement of every batch, or of the explicit transaction. */
  readonly bind: Statement
  /** Held from the first statement of an explicit transaction on; null while the transaction is flat. */
  client: PoolClient | null
  /** Nobody will hear of the connection again: the server rolls back by itself. */
  gone: boolean
  /** Goes with the next batch: the end of a nested transaction is worth no round trip of its own. */
  readonly ahead: Statement[]
  /** The reads of this turn. */
  readonly reads: PendingRead[]
  /** One batch at a time. */
  turn: Promise<unknown>
}

export interface PendingRead {
  readonly frame: Frame
  readonly statement: Statement
  readonly over: readonly TableName[]
  resolve(rows: readonly Row[]): void
  reject(error: unknown): void
}

/** A transaction, or one nested in it. */
export interface Frame {
  readonly root: Root
  readonly parent: Frame | null
  readonly depth: number
  readonly buffer: WriteBuffer
  readonly inFlight: Set<Promise<unknown>>
  /** Its savepoint exists on the connection. */
  savepoint: boolean
  /** What made it lost: from then on it can only roll back. */
  lost: { readonly error: unknown } | null
  child: Frame | null
  ended: boolean
}

export function createRoot(pool: PurposePool, bind: Statement): Root {
  return { pool, bind, client: null, gone: false, ahead: [], reads: [], turn: Promise.resolve() }
}

export function createFrame(root: Root, parent: Frame | null): Frame {
  return {
    root,
    parent,
    depth: parent === null ? 0 : parent.depth + 1,
    buffer: createWriteBuffer(),
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
  const chain = chainOf(frame)
  if (chain.some(({ ended }) => ended)) throw new TypeError('The transaction has ended.')
  if (frame.child !== null) throw new TypeError('A nested transaction is open: use it, or await its end.')
  assertKept(frame)
}

export function assertKept(frame: Frame): void {
  for (const { lost } of chainOf(frame)) {
    if (lost !== null) throw lost.error
  }
}
