import type { Handoff } from './handoff.ts'

/** How a store waits. All of it is optional. */
export interface PostgresStoreOptions {
  /** How long a call waits for a connection. Default 5,000. */
  readonly connectTimeoutMs?: number
  /** How long the server may take for one batch. Default 10,000; more than the roles' statement_timeout. */
  readonly batchTimeoutMs?: number
  /** Denials that may wait for a connection. Default 1,000. */
  readonly denialQueueLimit?: number
}

const NAMES: readonly string[] = ['connectTimeoutMs', 'batchTimeoutMs', 'denialQueueLimit']

/** Throws a TypeError that names what is wrong, and never repeats a value. */
export function assertOptions(options: PostgresStoreOptions): void {
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (!NAMES.includes(name)) throw new TypeError(`createPostgresStore: ${name} is not an option.`)
    const positive = Number.isInteger(value) && (value as number) > 0
    if (value !== undefined && !positive) {
      throw new TypeError(`createPostgresStore: ${name} is a whole number above 0.`)
    }
  }
}

/** Whether statements may be named: a pooler that hands each batch to another connection may not know them there. */
export function namesStatements({ pooler }: Pick<Handoff, 'pooler'>): boolean {
  return pooler === null || pooler === undefined || pooler.mode === 'session' || pooler.preparedStatements
}

/**
 * In milliseconds: what a session gets whose login has no limits of its own, such as one of a lease. None behind a pooler
 * in transaction mode: its sessions are everybody's.
 */
export function sessionTimeouts(
  { pooler }: Pick<Handoff, 'pooler'>,
  batchTimeoutMs: number,
): Readonly<Record<string, number>> {
  if (pooler?.mode === 'transaction') return {}
  return {
    statement_timeout: batchTimeoutMs,
    lock_timeout: batchTimeoutMs,
    idle_in_transaction_session_timeout: 60_000,
    transaction_timeout: 60_000,
  }
}
