import { AsyncLocalStorage } from 'node:async_hooks'

import { BatchError } from './batch-error.ts'
import type { BatchResult, Statement } from './batch.ts'
import { mergeCalls } from './merged-calls.ts'
import { isDoubtful } from './sqlstate.ts'

type Results = BatchResult['results']
type Run = (statements: readonly Statement[]) => Promise<BatchResult>
type Share = (statements: readonly Statement[]) => Promise<Results>

interface Call {
  readonly statements: readonly Statement[]
  resolve(results: Results): void
  reject(error: unknown): void
}

/** While one batch is answered, the callers of the others go on: neither end waits for the other. */
const BATCHES = 3
/** What waits longer than this for one of them to end goes in another: it may be stuck, or the server have more to give. */
const PATIENCE_MS = 1
const CALLS = 16

/**
 * Runs what many callers ask for at the same time in few batches: a connection that is used often has its plans and its
 * caches warm, and neither end pays for every call what a batch costs. What is called in one turn of the event loop goes
 * together, but no more than an equal share of all that is under way, so that the batches take turns. Who is alone waits for
 * nobody. What comes `ahead` is sent where there is more than one call; `redone` is told how many were made again.
 *
 * The statements of a call stay together and in their order, and what would be said twice is said once (`mergeCalls`). What one
 * of them binds until the end of the transaction holds until the next call binds its own. What the server refuses is undone for
 * all calls of the batch, and all are made again, each alone: so it fails for whoever made it, and fewer go together while that
 * goes on. It is for what is little: a batch is answered as a whole.
 */
export function shareBatches(
  run: Run,
  ahead: readonly Statement[] = [],
  redone = (_calls: number) => {},
): Share {
  /** What belongs to several callers is told to the tracing of none of them. */
  const outside = AsyncLocalStorage.snapshot() as (work: () => void) => void
  const waiting: Call[] = []
  let running = 0
  let called = 0
  let patience: NodeJS.Timeout | null = null
  /** Calls in a batch at the most: half as many once one was refused, one more for each sixteen that were not. */
  let most = CALLS

  /** In the context of whoever called. */
  function begin(call: Call): void {
    if (waiting.length === 1 && waiting[0] === call && running < BATCHES) void send()
    else start()
  }

  const start = () => outside(sendAll)

  function sendAll(): void {
    while (waiting.length > 0 && running < Math.max(BATCHES, CALLS / most)) void send()
    if (waiting.length > 0) patience ??= setTimeout(goOn, PATIENCE_MS)
  }

  function goOn(): void {
    patience = null
    if (waiting.length === 0) return
    void send()
    start()
  }

  async function send(): Promise<void> {
    const share = Math.ceil((called + waiting.length) / BATCHES)
    const calls = waiting.splice(0, Math.min(share, Math.floor(most)))
    running += 1
    called += calls.length
    try {
      const { sent, answers } = mergeCalls(calls.map(({ statements }) => statements))
      const before = calls.length > 1 ? ahead : []
      const { results } = await run([...before, ...sent])
      most = Math.min(CALLS, most + calls.length / CALLS)
      const answered = answers(results.slice(before.length))
      for (const [at, { resolve }] of calls.entries()) resolve(answered[at] ?? [])
    } catch (error) {
      if (calls.length === 1 || !isOfOneCall(error)) {
        for (const { reject } of calls) reject(error)
      } else {
        most = Math.max(1, most / 2)
        redone(calls.length)
        for (const call of calls) void sendAlone(call)
      }
    } finally {
      running -= 1
      called -= calls.length
      // After whoever has their answer by it, and calls again.
      if (waiting.length > 0) process.nextTick(start)
    }
  }

  async function sendAlone({ statements, resolve, reject }: Call): Promise<void> {
    await run(statements).then(({ results }) => resolve(results), reject)
  }

  return (statements) => {
    const { promise, resolve, reject } = Promise.withResolvers<Results>()
    const call = { statements, resolve, reject }
    if (waiting.push(call) === 1) process.nextTick(begin, call)
    return promise
  }
}

/** The server refused a statement and has kept nothing, or it could not be sent as it is. */
function isOfOneCall(error: unknown): boolean {
  if (!(error instanceof BatchError)) return error instanceof TypeError
  const { outcome, fault, atCommit } = error
  return outcome === 'failed' && (fault === null || !isDoubtful(fault, atCommit))
}
