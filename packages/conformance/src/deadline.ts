import { setTimeout as wait } from 'node:timers/promises'

/** Two kinds of patience, both multiplied by the run's time scale. */
export interface Patience {
  /** How long one answer may take, and each step of the clean-up. */
  readonly awaitMs: number
  /** How long to wait for what should not, or need not, happen. */
  readonly quietMs: number
  /** How long a whole case, or an `open`, may take. */
  readonly caseMs: number
}

export function createPatience(timeScale: number): Patience {
  return { awaitMs: 10_000 * timeScale, quietMs: 150 * timeScale, caseMs: 60_000 * timeScale }
}

export const LATE = Symbol('late')

/** Resolves as the promise does, or with LATE when it has not settled in time. */
export async function within<Result>(promise: Promise<Result>, ms: number): Promise<Result | typeof LATE> {
  const stop = new AbortController()
  const late = wait(ms, LATE, { signal: stop.signal }).catch((): typeof LATE => LATE)
  try {
    return await Promise.race([promise, late])
  } finally {
    stop.abort()
  }
}
