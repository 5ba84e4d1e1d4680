import { StoreError } from '@user-engine/store'
import { sql } from 'kysely'
import { Pool, type ClientBase, type PoolClient } from 'pg'

import { executeBatch, type BatchResult, type Statement } from './batch.ts'
import { BatchError } from './batch-error.ts'
import { withinDeadline } from './deadline.ts'
import { tlsOptions, type Handoff } from './handoff.ts'
import type { LeaseState } from './leased-pool.ts'
import type { PrimaryFence } from './primary-fence.ts'
import { shareBatches } from './shared-batches.ts'
import { observeBatches } from './telemetry.ts'
import { isServerError, meaningOf, serverFault } from './sqlstate.ts'
import { asCompilable, template } from './template.ts'

/** Who connects. A function is asked for the password each time a connection is made. */
export interface Credentials {
  readonly user: string
  readonly password: string | (() => string | Promise<string>)
}

export interface PoolLimits {
  /** Connections at the most. */
  readonly max: number
  /** How long a call waits for a connection. */
  readonly connectTimeoutMs: number
  /** How long the server may take for one batch; the connection is destroyed after it. */
  readonly batchTimeoutMs: number
  /** False where a pooler hands each batch to another server connection and does not track what is prepared there. */
  readonly preparedStatements: boolean
}

export interface PoolGauges {
  readonly total: number
  readonly idle: number
  /** Calls for a connection. */
  readonly waiting: number
  /** Idle connections that the server has ended. */
  readonly lost: number
  /** Calls that were made again, alone, because something in the batch that they shared was refused. */
  readonly redone: number
}

/** Connections of one login, for one purpose. */
export interface PurposePool {
  /** A connection to the primary that is idle. UNAVAILABLE where there is none in time. */
  connect(): Promise<PoolClient>
  /** The same, also where it leads to a standby: only to look at it. */
  inspect(): Promise<PoolClient>
  /** Sends one batch on a connection that is taken for it alone, and gives the connection back. */
  run(statements: readonly Statement[]): Promise<BatchResult>
  /** The same for what only reads, and little: it may share a batch with what others read at that moment. */
  read(statements: readonly Statement[]): Promise<BatchResult['results']>
  /**
   * The same for a commit that is little: it may share a batch, and with it a transaction, with what others commit at that
   * moment. Who is refused, or has to wait for a lock, is so alone.
   */
  commit(statements: readonly Statement[]): Promise<BatchResult['results']>
  /** Sends a batch on a connection that the caller holds. The server gets `batchTimeoutMs`. */
  send(client: PoolClient, statements: readonly Statement[]): Promise<BatchResult>
  /** Null where the credentials do not end. */
  readonly leaseState?: () => LeaseState
  gauges(): PoolGauges
  end(): Promise<void>
}

export function createPurposePool(
  handoff: Pick<Handoff, 'endpoint' | 'database' | 'tls'>,
  { user, password }: Credentials,
  { connectTimeoutMs, batchTimeoutMs, preparedStatements, max }: PoolLimits,
  purpose: string,
  fence: PrimaryFence,
): PurposePool {
  /** A promise that the driver awaits; its published types do not know. */
  const greet = (client: ClientBase): unknown =>
    withinDeadline(connectTimeoutMs, fence.admit(client), () => {
      destroy(client)
      return new StoreError('UNAVAILABLE', { reason: 'connection' })
    })
  const pool = new Pool({
    ...handoff.endpoint,
    database: handoff.database,
    ssl: tlsOptions(handoff, handoff.endpoint),
    user,
    password,
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    onConnect: greet,
  })
  const observe = observeBatches(handoff, purpose)
  let lost = 0
  // An idle connection that the server ends. The error carries the client, and the client its secrets: it stays here.
  pool.on('error', () => {
    lost += 1
  })
  // While it is checked out, its end is told to the batch that runs on it. That may come with the very answer that makes it
  // ready, so whoever takes it would listen too late.
  pool.on('connect', (client) => {
    client.on('error', () => {})
  })

  /** Given back in this turn of the event loop: a command that goes on at once takes one past the queue and its timers. */
  const warm: PoolClient[] = []

  function giveBack(client: PoolClient, broken: boolean): void {
    if (broken || pool.ending || pool.waitingCount > 0) client.release(broken)
    else if (warm.push(client) === 1) setImmediate(coolDown)
  }

  function coolDown(): void {
    for (const client of warm.splice(0)) client.release()
  }

  async function checkOut(): Promise<PoolClient> {
    if (pool.ending) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
    const next = warm.pop()
    if (next !== undefined) return next
    const full = pool.totalCount >= max && pool.idleCount === 0
    return pool.connect().catch((error: unknown) => {
      if (isServerError(error)) throw meaningOf(serverFault(error))
      throw new StoreError('UNAVAILABLE', { reason: full ? 'capacity' : 'connection' })
    })
  }

  /** Those that are not trusted any more go one by one; a new one is, unless another server was found meanwhile. */
  async function inspect(): Promise<PoolClient> {
    for (let left = max; ; left -= 1) {
      const client = await checkOut()
      if (left === 0 || fence.isTrusted(client)) return client
      client.release(true)
    }
  }

  async function connect(): Promise<PoolClient> {
    const client = await inspect()
    try {
      fence.assertPrimary(client)
      return client
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  async function transmit(client: PoolClient, statements: readonly Statement[]): Promise<BatchResult> {
    const sent = preparedStatements ? statements : statements.map((each) => ({ ...each, name: null }))
    const answer = executeBatch(client, sent).catch((error: unknown) => {
      if (error instanceof BatchError && error.fault?.sqlState === READ_ONLY) fence.distrust()
      throw error
    })
    return withinDeadline(batchTimeoutMs, answer, () => {
      destroy(client)
      fence.distrust()
      return new BatchError({
        outcome: 'unknown',
        index: 0,
        count: statements.length,
        atCommit: false,
        status: null,
        fault: null,
      })
    })
  }

  const send: typeof transmit = (client, statements) =>
    observe(statements.length, () => transmit(client, statements))

  async function runOnce(statements: readonly Statement[], via: typeof transmit): Promise<BatchResult> {
    const client = await connect()
    let status: string | null = null
    try {
      const result = await via(client, statements)
      status = result.status
      return result
    } catch (error) {
      if (error instanceof BatchError) status = error.status
      // It could not be sent as it is, and was not.
      else if (error instanceof TypeError) status = 'I'
      throw error
    } finally {
      // Whatever is not idle for certain is not used again.
      giveBack(client, status !== 'I')
    }
  }

  async function run(statements: readonly Statement[], via: typeof transmit): Promise<BatchResult> {
    try {
      return await runOnce(statements, via)
    } catch (error) {
      if (canBeSentAgain(error)) return runOnce(statements, via)
      throw error
    }
  }

  const transmitted = (statements: readonly Statement[]) => run(statements, transmit)
  let redone = 0
  const countRedone = (calls: number) => {
    redone += calls
  }
  const shareReads = shareBatches(transmitted, [], countRedone)
  const shareCommits = shareBatches(transmitted, [waitBriefly], countRedone)

  return {
    connect,
    inspect,
    send,
    run: (statements) => run(statements, send),
    // Whoever shares a batch is told of their own part, in a span of their own.
    read: (statements) => observe(statements.length, () => shareReads(statements)),
    commit: (statements) => observe(statements.length, () => shareCommits(statements)),
    gauges: () => ({
      total: pool.totalCount,
      idle: pool.idleCount + warm.length,
      waiting: pool.waitingCount,
      lost,
      redone,
    }),
    end: () => pool.end(),
  }
}

/**
 * Of a transaction that several share: who waits for a lock would keep the others, and what they have locked, and might wait
 * in a circle; who takes long would keep them as well. They go on alone instead, in the order of locks, with the patience
 * of their role.
 */
const waitBriefly = template(() =>
  asCompilable(
    sql`select set_config('lock_timeout', '10ms', true), set_config('statement_timeout', '250ms', true)`,
  ),
)({})

/** What a standby, or a primary that was made read-only, answers to a write. */
const READ_ONLY = '25006'

/**
 * Nothing of it was kept: its connection had ended, or no longer has what was parsed on it and will parse it anew, or led
 * to a server that is not the primary any more.
 */
function canBeSentAgain(error: unknown): boolean {
  if (!(error instanceof BatchError)) return false
  const { outcome, fault } = error
  const moved = fault?.forgetsStatements === true || fault?.sqlState === READ_ONLY
  return outcome === 'not-sent' || (outcome === 'failed' && moved)
}

/** Ends a connection at once, whatever the server is doing on it. */
export function destroy(client: ClientBase): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } }
  connection.stream.destroy()
}
