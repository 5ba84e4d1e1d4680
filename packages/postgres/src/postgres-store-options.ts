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

/** A setting of a session that has the server's own value. */
export interface SessionSetting {
  readonly name: string
  readonly unset: string
  readonly value: string
}

/**
 * What a session gets whose login says nothing of it, such as one of a lease. Nothing behind a pooler in transaction mode:
 * its sessions are everybody's.
 */
export function sessionSettings(
  { pooler }: Pick<Handoff, 'pooler'>,
  batchTimeoutMs: number,
): readonly SessionSetting[] {
  if (pooler?.mode === 'transaction') return []
  const timeout = (name: string, ms: number) => ({ name, unset: '0', value: String(ms) })
  const without = (name: string) => ({ name, unset: 'on', value: 'off' })
  return [
    timeout('statement_timeout', batchTimeoutMs),
    timeout('lock_timeout', batchTimeoutMs),
    timeout('idle_in_transaction_session_timeout', 60_000),
    timeout('transaction_timeout', 60_000),
    // Statements are by key or by step: to plan one again for each set of values takes longer than to run it.
    { name: 'plan_cache_mode', unset: 'auto', value: 'force_generic_plan' },
    // A named statement keeps its plan. One that was made while a table was empty would read all of it when it has grown.
    without('enable_seqscan'),
    // What little is left that no index answers is small, and would seem large enough to be compiled.
    without('jit'),
  ]
}
