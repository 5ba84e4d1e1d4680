import { BatchError } from './batch-error.ts'
import type { BatchResult, Statement } from './batch.ts'

type Results = BatchResult['results']
type Run = (statements: readonly Statement[]) => Promise<BatchResult>

interface Call {
  readonly statements: readonly Statement[]
  resolve(results: Results): void
  reject(error: unknown): void
}

/** While one batch is answered the next is put together. */
const BATCHES = 2
/** What waits longer than this for one of them to end goes in another: it may be stuck, or the server have more to give. */
const PATIENCE_MS = 1
const CALLS = 16

/**
 * Runs what many callers read at the same time in few batches: a connection that reads often has its plans and its caches
 * warm, and neither end pays for every call what a batch costs. Who is alone waits for nobody.
 *
 * The statements of a call stay together and in their order, and what the first of them binds until the end of the
 * transaction holds until the next call binds its own. One that the server refuses fails for whoever made it: all calls of
 * its batch are made again, each alone. It is for what only reads, and little: a batch is answered as a whole.
 */
export function shareReads(run: Run): (statements: readonly Statement[]) => Promise<Results> {
  const waiting: Call[] = []
  let running = 0
  let patience: NodeJS.Timeout | null = null

  async function send(): Promise<void> {
    const calls = waiting.splice(0, CALLS)
    running += 1
    try {
      const { results } = await run(calls.flatMap(({ statements }) => statements))
      let end = 0
      for (const { statements, resolve } of calls) resolve(results.slice(end, (end += statements.length)))
    } catch (error) {
      if (calls.length > 1 && isOfOneCall(error)) for (const call of calls) void sendAlone(call)
      else for (const { reject } of calls) reject(error)
    } finally {
      running -= 1
      if (waiting.length > 0) void send()
    }
  }

  async function sendAlone({ statements, resolve, reject }: Call): Promise<void> {
    await run(statements).then(({ results }) => resolve(results), reject)
  }

  return (statements) => {
    const { promise, resolve, reject } = Promise.withResolvers<Results>()
    waiting.push({ statements, resolve, reject })
    if (running < BATCHES) void send()
    else
      patience ??= setTimeout(() => {
        patience = null
        if (waiting.length > 0) void send()
      }, PATIENCE_MS)
    return promise
  }
}

/** The server refused a statement, or it could not be sent as it is. */
function isOfOneCall(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof BatchError && error.outcome === 'failed')
}
