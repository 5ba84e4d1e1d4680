import { setTimeout as sleep } from 'node:timers/promises'

import { StoreError } from '@user-engine/store'

import type { Lease, Login } from './handoff.ts'
import type { Credentials, PurposePool } from './pool.ts'

/** How it stands with the credentials of a purpose. */
export interface LeaseState {
  /** Null where they do not end. */
  readonly expiresInMs: number | null
  /** Renewals that failed since the last one that did not. */
  readonly failures: number
}

/** The pools of one lease. */
interface Generation {
  readonly lease: Lease
  /** By what makes them. */
  readonly pools: Map<MakePool, PurposePool>
  /** Calls that wait for a connection of it. */
  readonly waiting: Set<Promise<unknown>>
}

type MakePool = (login: Credentials) => PurposePool

/** What the server's refusal of a login means: that it was ended before its time, or that a standby has not heard of it yet. */
type Refusal = 'ended' | 'unheard'

const RETRY_MS = 1_000

/**
 * Makes pools of one login. Where its credentials end another lease is asked for before, one for all of the pools, at a
 * moment that no two processes share; pools are made of it, calls go there from then on, and an old pool ends when the last
 * of its calls has. A lease that can not be renewed is asked for again until it ends, and shows in `leaseState` from the
 * first failure on. The first pool that ends takes the others with it.
 */
export function createPools(login: Login): (make: MakePool, refusal: Refusal) => PurposePool {
  return 'lease' in login ? createLeasedPools(login.lease) : (make) => make(login)
}

function createLeasedPools(lend: () => Promise<Lease>): (make: MakePool, refusal: Refusal) => PurposePool {
  const old = new Set<Promise<unknown>>()
  const stop = new AbortController()
  let current: Generation | null = null
  let renewing: Promise<Generation> | null = null
  let ending: Promise<void> | null = null
  let failures = 0

  function renew(): Promise<Generation> {
    renewing ??= replace().finally(() => {
      renewing = null
    })
    return renewing
  }

  async function replace(): Promise<Generation> {
    if (stop.signal.aborted) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
    let lease: Lease
    try {
      lease = check(await lend())
    } catch {
      // What a vault says stays out: it may name its paths and tokens.
      failures += 1
      throw new StoreError('UNAVAILABLE', { reason: 'connection' })
    }
    failures = 0
    const before = current
    const generation: Generation = { lease, pools: new Map(), waiting: new Set() }
    current = generation
    if (before !== null) retire(before)
    void keep(generation)
    return generation
  }

  /** Renews one lease in time, over and over until it is replaced. */
  async function keep(generation: Generation): Promise<void> {
    const { expiresAt } = generation.lease
    if (expiresAt === null) return
    const left = expiresAt.getTime() - Date.now()
    await pause(left * (0.5 + Math.random() * 0.25))
    while (current === generation && !stop.signal.aborted) {
      await renew().catch(() => pause(RETRY_MS * (0.5 + Math.random())))
    }
  }

  const pause = (ms: number) =>
    sleep(Math.min(Math.max(ms, 10), 2 ** 31 - 1), undefined, { ref: false, signal: stop.signal }).catch(
      () => {},
    )

  function retire(generation: Generation): void {
    const ended = Promise.allSettled(generation.waiting)
      .then(() => endPools(generation))
      .finally(() => old.delete(ended))
    old.add(ended)
  }

  async function end(): Promise<void> {
    stop.abort()
    await renewing?.catch(() => {})
    await Promise.all([current && endPools(current), ...old])
  }

  function leaseState(): LeaseState {
    const expiresAt = current?.lease.expiresAt ?? null
    return { expiresInMs: expiresAt === null ? null : expiresAt.getTime() - Date.now(), failures }
  }

  return (make, refusal) => {
    async function use<Result>(work: (pool: PurposePool) => Promise<Result>): Promise<Result> {
      if (stop.signal.aborted) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
      const first = current ?? (await renew())
      try {
        return await through(first, work)
      } catch (error) {
        if (refusal === 'unheard' || !isRefusedLogin(error)) throw error
        return through(current === first ? await renew() : (current ?? (await renew())), work)
      }
    }

    async function through<Result>(generation: Generation, work: (pool: PurposePool) => Promise<Result>) {
      const running = work(poolOf(generation, make))
      generation.waiting.add(running)
      return running.finally(() => generation.waiting.delete(running))
    }

    return {
      connect: () => use((pool) => pool.connect()),
      inspect: () => use((pool) => pool.inspect()),
      run: (statements) => use((pool) => pool.run(statements)),
      read: (statements) => use((pool) => pool.read(statements)),
      commit: (statements) => use((pool) => pool.commit(statements)),
      async send(client, statements) {
        return poolOf(current ?? (await renew()), make).send(client, statements)
      },
      gauges: () =>
        current === null
          ? { total: 0, idle: 0, waiting: 0, lost: 0, redone: 0 }
          : poolOf(current, make).gauges(),
      leaseState,
      end: () => (ending ??= end()),
    }
  }
}

function poolOf({ lease, pools }: Generation, make: MakePool): PurposePool {
  const pool = pools.get(make) ?? make(lease)
  pools.set(make, pool)
  return pool
}

function endPools({ pools }: Generation): Promise<unknown> {
  return Promise.all([...pools.values()].map((pool) => pool.end()))
}

function check(given: Lease): Lease {
  const { user, password, expiresAt } = given
  const known = typeof user === 'string' && user !== '' && typeof password === 'string'
  const ends = expiresAt === null || (expiresAt instanceof Date && !Number.isNaN(expiresAt.getTime()))
  if (!known || !ends) throw new TypeError('A lease is { user, password, expiresAt }.')
  return given
}

/** SQLSTATE class 28: invalid authorization. Nothing was sent yet. */
export function isRefusedLogin(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : null
  const sqlState = typeof cause === 'object' && cause !== null && 'sqlState' in cause ? cause.sqlState : null
  return typeof sqlState === 'string' && sqlState.startsWith('28')
}
