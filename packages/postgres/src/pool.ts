import { StoreError } from '@user-engine/store'
import { Pool, type PoolClient, type PoolConfig } from 'pg'

import { executeBatch, type BatchResult, type Statement } from './batch.ts'
import { BatchError } from './batch-error.ts'
import { withinDeadline } from './deadline.ts'

/** A login of the database. A function is asked for the password each time a connection is made. */
export interface Login {
  readonly user: string
  readonly password: string | (() => string | Promise<string>)
  /** Connections at the most. */
  readonly max?: number
}

export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly ssl?: PoolConfig['ssl']
}

export interface PoolLimits {
  /** How long a call waits for a connection. */
  readonly connectTimeoutMs: number
  /** How long the server may take for one batch; the connection is destroyed after it. */
  readonly batchTimeoutMs: number
}

/** Connections of one login, for one purpose. */
export interface PurposePool {
  /** A connection that is idle. UNAVAILABLE where there is none in time. */
  connect(): Promise<PoolClient>
  /** Sends one batch on a connection that is taken for it alone, and gives the connection back. */
  run(statements: readonly Statement[]): Promise<BatchResult>
  /** Sends a batch on a connection that the caller holds. The server gets `batchTimeoutMs`. */
  send(client: PoolClient, statements: readonly Statement[]): Promise<BatchResult>
  gauges(): { readonly total: number; readonly idle: number; readonly waiting: number; readonly lost: number }
  end(): Promise<void>
}

export function createPurposePool(
  endpoint: Endpoint,
  { user, password, max = 10 }: Login,
  { connectTimeoutMs, batchTimeoutMs }: PoolLimits,
): PurposePool {
  const pool = new Pool({
    host: endpoint.host,
    port: endpoint.port,
    database: endpoint.database,
    ssl: endpoint.ssl ?? false,
    user,
    password,
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  })
  let lost = 0
  // An idle connection that the server ends. The error carries the client, and the client its secrets: it stays here.
  pool.on('error', () => {
    lost += 1
  })
  const ready = new WeakSet<PoolClient>()

  async function connect(): Promise<PoolClient> {
    if (pool.ending) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
    const client = await pool.connect().catch((error: unknown) => {
      const full = pool.totalCount >= max && error instanceof Error && !('code' in error)
      throw new StoreError('UNAVAILABLE', { reason: full ? 'capacity' : 'connection' })
    })
    if (!ready.has(client)) {
      ready.add(client)
      // While it is checked out, its end is told to the batch that runs on it.
      client.on('error', () => {})
    }
    return client
  }

  async function send(client: PoolClient, statements: readonly Statement[]): Promise<BatchResult> {
    return withinDeadline(batchTimeoutMs, executeBatch(client, statements), () => {
      destroy(client)
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

  return {
    connect,
    send,
    async run(statements) {
      const client = await connect()
      let status: string | null = null
      try {
        const result = await send(client, statements)
        status = result.status
        return result
      } catch (error) {
        if (error instanceof BatchError) status = error.status
        throw error
      } finally {
        // Whatever is not idle for certain is not used again.
        client.release(status !== 'I')
      }
    },
    gauges: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount, lost }),
    end: () => pool.end(),
  }
}

/** Ends a connection at once, whatever the server is doing on it. */
export function destroy(client: PoolClient): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } }
  connection.stream.destroy()
}
