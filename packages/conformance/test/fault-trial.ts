import { setTimeout as pause } from 'node:timers/promises'

import type { Client } from 'pg'

import type { CutPoint } from '../src/target.ts'
import type { FaultDatabase } from './fault-database.ts'
import { startFaultLoad, type FaultLoad } from './fault-load.ts'

const LIMITS = { connectTimeoutMs: 500, batchTimeoutMs: 300 }

/** Does its damage once, under load, and mends it. */
type Strike = (database: FaultDatabase) => Promise<void>

const cut =
  (point: CutPoint): Strike =>
  async ({ cutter }) => {
    const restore = await cutter.cutNext(point)
    await pause(point === 'hang' ? 400 : 30)
    await restore()
  }

interface Fault {
  readonly strike: Strike
  readonly rounds: number
  /** What was acknowledged may be gone afterwards: nothing else is promised. */
  readonly loses?: true
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  'cut before the commit arrives': { rounds: 60, strike: cut('before-commit') },
  'cut after the commit, before its answer': { rounds: 60, strike: cut('after-commit') },
  'all connections cut at any moment': {
    rounds: 60,
    async strike({ proxy }) {
      await pause(Math.random() * 30)
      proxy.cutAll()
    },
  },
  'the answer to a commit hangs': { rounds: 20, strike: cut('hang') },
  'backends terminated': {
    rounds: 40,
    async strike(database) {
      const admin = await database.admin()
      await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [
        'user_engine_runtime',
      ])
      await admin.end()
    },
  },
  'the server is frozen (SIGSTOP)': {
    rounds: 20,
    async strike({ process }) {
      process.suspend()
      await pause(400)
      process.resume()
    },
  },
  'the server is killed (SIGKILL) and started again': {
    rounds: 20,
    async strike({ process }) {
      await process.kill9()
      await process.restart()
    },
  },
  'the primary is killed, its synchronous standby promoted': {
    rounds: 10,
    async strike(database) {
      const { bury } = await database.failOver('synchronous', (old) => old.kill9())
      await bury()
    },
  },
  'the primary is frozen, its synchronous standby promoted, and both go on': {
    rounds: 10,
    async strike(database) {
      const { old, bury } = await database.failOver('synchronous', async (frozen) => frozen.suspend())
      old.resume()
      await pause(400)
      await bury()
    },
  },
  'the primary is killed, an asynchronous standby that lags promoted': {
    rounds: 5,
    loses: true,
    async strike(database) {
      const { bury } = await database.failOver('asynchronous', async (old, cutOff) => {
        await cutOff()
        await pause(400)
        await old.kill9()
      })
      await bury()
    },
  },
}

/** What one fault did, in numbers of commands. */
export interface Trial {
  readonly fault: string
  readonly rounds: number
  readonly acknowledged: number
  /** Answers that were errors, by code. */
  readonly errors: Readonly<Record<string, number>>
  /** Acknowledged, and not there. */
  readonly lost: number
  /** There more than once. */
  readonly twice: number
  /** Rows of a command that are neither none nor all. */
  readonly mismatched: number
}

/** Strikes so many times, each time amid commands that are being answered again, and then counts what is there. */
export async function tryFault(database: FaultDatabase, fault: string, rounds: number): Promise<Trial> {
  const strike = FAULTS[fault]?.strike
  if (strike === undefined) throw new TypeError(`There is no fault ${fault}.`)
  const store = database.openStore(LIMITS)
  const load = startFaultLoad(store)
  try {
    for (let round = 0; round < rounds; round += 1) {
      await more(load, 16)
      await strike(database)
    }
    await more(load, 16)
  } finally {
    await load.end()
    await store.close()
  }
  const admin = await database.admin()
  const rows = await countRows(admin, [...load.keys.keys()])
  await admin.end()
  return { fault, rounds, ...judge(load, rows) }
}

async function more(load: FaultLoad, count: number): Promise<void> {
  const until = load.acknowledged() + count
  const deadline = Date.now() + 30_000
  while (load.acknowledged() < until) {
    if (Date.now() > deadline) throw new Error('Commands are not answered any more.')
    await pause(2)
  }
}

/** Of one command: users, accounts, identities, audit records, events, answers that are kept. */
type Rows = readonly number[]

const ALL: Readonly<Record<'flat' | 'composed', Rows>> = {
  flat: [1, 1, 1, 1, 3, 1],
  composed: [1, 1, 1, 2, 4, 2],
}

/** By SQL alone: by identities, by what audit records changed, by correlation. */
export async function countRows(admin: Client, keys: readonly string[]): Promise<ReadonlyMap<string, Rows>> {
  const { rows } = await admin.query<{ key: string; found: Rows }>(
    `with asked as (select unnest($1::text[]) as key),
      made as (
        select correlation_id as key, (change ->> 'id')::uuid as id
        from user_engine.audit_records, jsonb_array_elements(changes) as change
        where (change ->> 'version')::int = 1
      ),
      identities as (select subject as key, user_id from user_engine.external_identities),
      domain as (
        select key, 'user' as noun, id from made join user_engine.users using (id)
        union select key, 'user', user_id from identities
        union select key, 'account', accounts.id from identities join user_engine.accounts using (user_id)
        union select key, 'account', id from made join user_engine.accounts using (id)
      )
    select key, array[
      (select count(*) from domain where domain.key = asked.key and noun = 'user'),
      (select count(*) from domain where domain.key = asked.key and noun = 'account'),
      (select count(*) from identities where identities.key = asked.key),
      (select count(*) from user_engine.audit_records where correlation_id = asked.key),
      (select count(*) from user_engine.outbox_events where correlation_id = asked.key),
      (select count(*) from user_engine.idempotency_records as kept
        where kept.key in (asked.key, asked.key || ':disable'))
    ]::int[] as found from asked`,
    [keys],
  )
  return new Map(rows.map(({ key, found }) => [key, found]))
}

function judge(load: FaultLoad, rows: ReadonlyMap<string, Rows>) {
  let lost = 0
  let twice = 0
  let mismatched = 0
  for (const [key, { composed, acknowledged }] of load.keys) {
    const found = rows.get(key) ?? []
    const all = composed ? ALL.composed : ALL.flat
    if (found.some((count, at) => count > (all[at] ?? 0))) twice += 1
    else if (found.every((count) => count === 0)) lost += acknowledged ? 1 : 0
    else if (found.some((count, at) => count !== all[at])) mismatched += 1
  }
  const errors = Object.fromEntries([...load.errors].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return { acknowledged: load.acknowledged(), errors, lost, twice, mismatched }
}
