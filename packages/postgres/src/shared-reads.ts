import { BatchError } from './batch-error.ts'
import type { BatchResult, Statement, StatementResult } from './batch.ts'

type Results = BatchResult['results']
type Run = (statements: readonly Statement[]) => Promise<BatchResult>

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
 * Runs what many callers read at the same time in few batches: a connection that reads often has its plans and its caches
 * warm, and neither end pays for every call what a batch costs. What is called in one turn of the event loop goes together,
 * but no more than an equal share of all that is under way, so that the batches take turns. Who is alone waits for nobody.
 *
 * The statements of a call stay together and in their order. What one of them binds until the end of the transaction holds
 * until the next call binds its own, which is left out where it is the same. One that the server refuses fails for whoever
 * made it: all calls of its batch are made again, each alone. It is for what only reads, and little: a batch is answered as a
 * whole.
 */
export function shareReads(run: Run): (statements: readonly Statement[]) => Promise<Results> {
  const waiting: Call[] = []
  let running = 0
  let called = 0
  let patience: NodeJS.Timeout | null = null

  function start(): void {
    while (waiting.length > 0 && running < BATCHES) void send()
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
    const calls = waiting.splice(0, Math.min(share, CALLS))
    running += 1
    called += calls.length
    try {
      const { sent, places } = withoutRepeats(calls.flatMap(({ statements }) => statements))
      const { results } = await run(sent)
      const answers = places.map((place) => results[place] as StatementResult)
      let end = 0
      for (const { statements, resolve } of calls) resolve(answers.slice(end, (end += statements.length)))
    } catch (error) {
      if (calls.length > 1 && isOfOneCall(error)) for (const call of calls) void sendAlone(call)
      else for (const { reject } of calls) reject(error)
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
    if (waiting.push({ statements, resolve, reject }) === 1) process.nextTick(start)
    return promise
  }
}

/** What is bound already is not bound again. `places` tells where among what is sent each statement is. */
function withoutRepeats(statements: readonly Statement[]) {
  const sent: Statement[] = []
  let bound = -1
  const places = statements.map((statement) => {
    if (statement.binds === true) {
      if (isSame(statement, sent[bound])) return bound
      bound = sent.length
    }
    return sent.push(statement) - 1
  })
  return { sent, places }
}

function isSame(one: Statement, other: Statement | undefined): boolean {
  if (other === undefined || one.name !== other.name || one.text !== other.text) return false
  return (
    one.values.length === other.values.length && one.values.every((each, at) => each === other.values[at])
  )
}

/** The server refused a statement, or it could not be sent as it is. */
function isOfOneCall(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof BatchError && error.outcome === 'failed')
}
