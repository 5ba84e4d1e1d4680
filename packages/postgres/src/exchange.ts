import { StoreError } from '@user-engine/store'

import type { Statement, StatementResult } from './batch.ts'
import { BatchError } from './batch-error.ts'
import { batchFailure } from './batch-failure.ts'
import { flushSteps, type Step } from './flush.ts'
import { chainOf, lose, type Frame, type Root } from './frame.ts'
import { control } from './template.ts'
import { takeWrites } from './write-buffer.ts'

/** A statement of a batch, whose failure it would be, and what is true once it has been executed. */
interface Part extends Step {
  readonly frame: Frame
  readonly done: (() => void) | null
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
  return inTurn(frame.root, () => sendParts(frame, own, commits))
}

/** Commits statements as one implicit transaction in the root's scope. What is little may share it with what others commit. */
export async function commitFlat(
  { pool, entrance }: Root,
  statements: readonly Statement[],
): Promise<readonly StatementResult[]> {
  const sent = [entrance.statement, ...statements]
  const shares = entrance.forms.sharesCommits && isLittle(statements)
  const results = shares ? await pool.commit(sent) : (await pool.run(sent)).results
  entrance.passed()
  return results.slice(1)
}

/** The others in a batch wait for all of it. */
const LITTLE = { statements: 8, characters: 65_536 }

function isLittle(statements: readonly Statement[]): boolean {
  if (statements.length > LITTLE.statements) return false
  let characters = 0
  for (const { values } of statements) {
    for (const value of values) if (typeof value === 'string') characters += value.length
  }
  return characters <= LITTLE.characters
}

/** The same for reads: a replica may answer them, and what is `little` may go together with what others read. */
export async function readFlat(
  root: Root,
  statements: readonly Statement[],
  little: boolean,
): Promise<readonly StatementResult[]> {
  const { pool, entrance, aside } = root
  const asked = entrance.forms.asksTogether ? statements : statements.map(alone)
  if (aside !== null) {
    const answered = await aside.replica.read(aside.after, [aside.entrance.statement, ...asked], little)
    if (answered !== null) {
      aside.entrance.passed()
      return answered.slice(1)
    }
    root.aside = null
  }
  const sent = [entrance.statement, ...asked]
  const results = little ? await pool.read(sent) : (await pool.run(sent)).results
  entrance.passed()
  return results.slice(1)
}

const alone = ({ question: _, ...statement }: Statement): Statement => statement

function inTurn<Result>(root: Root, work: () => Promise<Result>): Promise<Result> {
  const result = root.turn.then(work)
  root.turn = result.catch(() => undefined)
  return result
}

async function sendParts(frame: Frame, own: readonly Step[], commits: boolean) {
  const { root } = frame
  const { entrance } = root
  const [outermost] = chainOf(frame)
  if (root.gone || outermost === undefined) throw new StoreError('UNAVAILABLE', { reason: 'connection' })
  const due = (statement: Statement): Part => ({ statement, unmet: null, frame: outermost, done: null })
  const parts = root.ahead.splice(0).map(due)
  if (root.client === null) {
    root.client = await root.pool.connect()
    parts.push(due(control('begin isolation level read committed')), {
      ...due(entrance.statement),
      done: entrance.passed,
    })
  }
  const { client } = root
  for (const each of chainOf(frame)) parts.push(...partsOf(each))
  const first = parts.length
  parts.push(...own.map((step) => ({ frame, done: null, ...step })))
  try {
    const sent = parts.map(({ statement }) => statement)
    const { results, status } = await root.pool.send(client, sent)
    for (const { done } of parts) done?.()
    if (commits) {
      root.client = null
      client.release(status !== 'I')
    }
    return results.slice(first)
  } catch (error) {
    throw fail(root, frame, parts, error, commits)
  }
}

function partsOf(frame: Frame): readonly Part[] {
  const { parent, depth, buffer, root } = frame
  const opened = () => {
    frame.savepoint = true
  }
  const savepoint = control(`savepoint ue_${depth}`)
  return [
    // Without a savepoint of its own the frame could not be undone: a failure here is that of the one around it.
    ...(parent === null || frame.savepoint
      ? []
      : [{ statement: savepoint, unmet: null, frame: parent, done: opened }]),
    ...flushSteps(takeWrites(buffer), root.entrance.forms).map((step) => ({ frame, done: null, ...step })),
  ]
}

function fail(root: Root, frame: Frame, parts: readonly Part[], error: unknown, commits: boolean): unknown {
  const batch = error instanceof BatchError ? error : null
  const index = batch?.index ?? 0
  const failed = parts[index]
  const meaning = batchFailure(error, commits, failed?.unmet ?? null)
  if (batch?.status === 'T' || batch?.status === 'E') {
    for (const { done } of parts.slice(0, index)) done?.()
    lose(failed?.frame ?? frame, meaning)
  } else {
    // Without its connection, or outside of its transaction, nothing of it is left.
    root.gone = true
    for (const each of chainOf(frame)) lose(each, meaning)
  }
  return meaning
}

/** Ends the transaction in its turn: what was not committed is rolled back, and its connection is given back. */
export async function close(root: Root): Promise<void> {
  await inTurn(root, async () => {
    const { client, gone } = root
    root.client = null
    root.gone = true
    if (client === null) return
    let idle = false
    try {
      if (!gone) idle = (await root.pool.send(client, [control('rollback')])).status === 'I'
    } catch {
      // The server rolls back when the connection ends.
    } finally {
      client.release(!idle)
    }
  })
}
