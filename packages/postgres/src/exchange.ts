import { StoreError } from '@user-engine/store'

import type { StatementResult } from './batch.ts'
import { BatchError } from './batch-error.ts'
import { flushSteps, type Step } from './flush.ts'
import { chainOf, type Frame, type Root } from './frame.ts'
import { batchFailure } from './batch-failure.ts'
import { control } from './template.ts'
import { createWriteBuffer, isEmpty, type WriteBuffer } from './write-buffer.ts'

/** A statement of a batch, whose failure it would be, and what is true once it has been executed. */
interface Part extends Step {
  readonly frame: Frame
  readonly done: (() => void) | null
}

const part = (frame: Frame, text: string, done: (() => void) | null = null): Part => ({
  statement: control(text),
  unmet: null,
  frame,
  done,
})

/** Takes the unsent writes out of a frame: what is written meanwhile goes with a later batch. */
export function takeWrites(frame: Frame): WriteBuffer {
  const { buffer } = frame
  const taken: WriteBuffer = {
    records: new Map(buffer.records),
    guards: new Map(buffer.guards),
    audit: buffer.audit.splice(0),
    events: buffer.events.splice(0),
    answers: new Map(buffer.answers),
  }
  for (const map of [buffer.records, buffer.guards, buffer.answers]) map.clear()
  return taken
}

/**
 * Sends one batch of an explicit transaction: what is due from before, its beginning where it has none, the unsent writes
 * of the frame and of those around it under their savepoints, and then `own`. A failure makes the frame lost whose part
 * it is, and no other.
 */
export async function exchange(
  frame: Frame,
  own: readonly Step[],
  commits = false,
): Promise<readonly StatementResult[]> {
  const { root } = frame
  const result = root.turn.then(() => sendParts(frame, own, commits))
  root.turn = result.catch(() => undefined)
  return result
}

async function sendParts(frame: Frame, own: readonly Step[], commits: boolean) {
  const { root } = frame
  const [outermost] = chainOf(frame)
  if (root.gone || outermost === undefined) throw new StoreError('UNAVAILABLE', { reason: 'connection' })
  const parts: Part[] = root.ahead.splice(0).map((statement) => ({ ...part(outermost, ''), statement }))
  if (root.client === null) {
    root.client = await root.pool.connect()
    parts.push(part(outermost, 'begin isolation level read committed'))
    parts.push({ statement: root.bind, unmet: null, frame: outermost, done: null })
  }
  for (const each of chainOf(frame)) parts.push(...partsOf(each))
  const first = parts.length
  parts.push(...own.map((step) => ({ ...step, frame, done: null })))
  try {
    const { results } = await root.pool.send(
      root.client,
      parts.map(({ statement }) => statement),
    )
    for (const { done } of parts) done?.()
    return results.slice(first)
  } catch (error) {
    throw fail(root, frame, parts, error, commits)
  }
}

function partsOf(frame: Frame): readonly Part[] {
  const opening =
    frame.depth === 0 || frame.savepoint
      ? []
      : [
          part(frame, `savepoint ue_${frame.depth}`, () => {
            frame.savepoint = true
          }),
        ]
  const writes = isEmpty(frame.buffer) ? createWriteBuffer() : takeWrites(frame)
  return [...opening, ...flushSteps(writes).map((step) => ({ ...step, frame, done: null }))]
}

function fail(root: Root, frame: Frame, parts: readonly Part[], error: unknown, commits: boolean): unknown {
  const batch = error instanceof BatchError ? error : null
  const index = batch?.index ?? 0
  const failed = parts[index]
  const meaning = batchFailure(error, commits, failed?.unmet ?? null)
  if (batch?.status === 'T' || batch?.status === 'E') {
    for (const { done } of parts.slice(0, index)) done?.()
    ;(failed?.frame ?? frame).lost ??= { error: meaning }
  } else {
    // Without its connection, or outside of its transaction, nothing of it is left.
    root.gone = true
    for (const each of chainOf(frame)) each.lost ??= { error: meaning }
  }
  return meaning
}

/** Ends the explicit transaction without keeping anything, and gives the connection back. */
export async function rollBack(root: Root): Promise<void> {
  await root.turn
  const { client } = root
  if (client === null) return
  root.client = null
  let idle = false
  try {
    if (!root.gone) idle = (await root.pool.send(client, [control('rollback')])).status === 'I'
  } catch {
    // The server rolls back when the connection ends.
  } finally {
    root.gone = true
    client.release(!idle)
  }
}
