import type { Row, Statement } from './batch.ts'
import { batchFailure } from './batch-failure.ts'
import { exchange, readFlat } from './exchange.ts'
import { chainOf, type Frame } from './frame.ts'
import { TABLES } from './locks.ts'
import type { TableName } from './reads.ts'
import type { WriteBuffer } from './write-buffer.ts'

/** Reads. What a frame reads in one turn of the event loop is sent as one batch. */
export function readInBatch(
  frame: Frame,
  statement: Statement,
  over: readonly TableName[],
  little: boolean,
): Promise<readonly Row[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Row[]>()
  frame.reads.push({ statement, over, little, resolve, reject })
  if (frame.reads.length === 1) queueMicrotask(() => void sendReads(frame))
  return promise
}

async function sendReads(frame: Frame): Promise<void> {
  const reads = frame.reads.splice(0)
  const statements = reads.map(({ statement }) => statement)
  const explicit = frame.root.client !== null || reads.some(({ over }) => dependsOnUnsent(frame, over))
  try {
    const results = explicit
      ? await exchange(
          frame,
          statements.map((statement) => ({ statement, unmet: null })),
        )
      : await readFlat(
          frame.root,
          statements,
          reads.every(({ little }) => little),
        )
    for (const [index, { resolve }] of reads.entries()) resolve(results[index]?.rows ?? [])
  } catch (error) {
    const meaning = batchFailure(error, false)
    for (const { reject } of reads) reject(meaning)
  }
}

function dependsOnUnsent(frame: Frame, over: readonly TableName[]): boolean {
  return chainOf(frame).some(({ buffer }) => over.some((table) => writesTo(buffer, table)))
}

function writesTo({ records, audit, events, answers }: WriteBuffer, table: TableName): boolean {
  if (table === 'audit_records') return audit.length > 0
  if (table === 'outbox_events') return events.length > 0
  if (table === 'idempotency_records') return answers.size > 0
  return [...records.values()].some(({ kind }) => TABLES[kind] === table)
}
