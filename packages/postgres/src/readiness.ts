import {
  readinessReport,
  type ReadinessCheck,
  type ReadinessReport,
  type SchemaVersionReport,
} from '@user-engine/store'
import type { ClientBase, PoolClient } from 'pg'

import { withinDeadline } from './deadline.ts'
import { bindScope, PROBE_SCOPE, probeIsolation } from './isolation-probe.ts'
import type { LeaseState } from './leased-pool.ts'
import { readLoginFacts, type LoginFacts } from './login-facts.ts'
import { readPartitioning, tablesShortOfPartitions } from './partitions.ts'
import type { ServingLogin } from './role-names.ts'
import { findRowSecurityProblems } from './row-level-security.ts'
import { readSchemaVersion } from './schema-version.ts'
import { judgeServerVersion } from './server-version.ts'
import { isConstraint } from './sqlstate.ts'
import { findInvalidIndexes, findVolatileTables } from './verify-schema.ts'

/** Where a check gets its connection, as a `Pool` of pg gives it. */
export interface ConnectionSource {
  connect(): Promise<PoolClient>
  /** Absent where the credentials do not end. */
  readonly leaseState?: () => LeaseState
}

export interface ReadinessOptions {
  readonly runtime: ConnectionSource
  readonly denials: ConnectionSource
  readonly relay: ConnectionSource
  /** Absent where reads have no replica. */
  readonly replica?: ConnectionSource
  /** For all of it; what has not answered then counts as out of reach. Three seconds where absent. */
  readonly timeoutMs?: number
  /** The age of the oldest event that waits from which on the relay counts as late. One minute where absent. */
  readonly maxLagMs?: number
}

type Details = ReadinessCheck['details']

interface Examination {
  readonly checks: readonly ReadinessCheck[]
  /** Null where the schema is not there to be judged. */
  readonly login: LoginFacts | null
}

/**
 * Looks at the database through each login's own connection (UE-READINESS-001). Answers within `timeoutMs`, also where the
 * server is frozen, and never throws (UE-READINESS-002): what can't be found out is not claimed.
 */
export async function checkReadiness(options: ReadinessOptions): Promise<ReadinessReport> {
  const { timeoutMs = 3_000, maxLagMs = 60_000 } = options
  const [runtime, denials, relay, replica] = await Promise.all([
    examine(options.runtime, timeoutMs, examineRuntime),
    examine(options.denials, timeoutMs, examineDenials),
    examine(options.relay, timeoutMs, (connection) => examineRelay(connection, maxLagMs)),
    options.replica && examine(options.replica, timeoutMs, examineReplica),
  ])
  const logins = [runtime, denials, relay].flatMap((found) => found?.login ?? [])
  return readinessReport([
    { code: 'store.reachable', status: runtime === null ? 'fail' : 'pass', details: {} },
    ...(runtime?.checks ?? []),
    ...(denials?.checks ?? [
      { code: 'denials.writable', status: 'fail', details: { reachable: false } } as const,
    ]),
    { code: 'postgres.relay_reachable', status: relay === null ? 'warn' : 'pass', details: {} },
    ...(relay?.checks ?? []),
    ...judgeReplica(replica),
    ...judgeLogins(logins),
    ...judgeLeases(options),
  ])
}

async function examineRuntime(connection: ClientBase): Promise<Examination> {
  const checks: ReadinessCheck[] = []
  const add = async (code: ReadinessCheck['code'], look: () => Promise<Finding>) => {
    checks.push(await check(connection, code, look))
  }
  await add('postgres.server_version', () => serverVersion(connection))
  await add('store.writable', () => writable(connection))
  let migrated = false
  let schema = null as SchemaVersionReport['state'] | null
  await add('schema.version', async () => {
    const { current: id, state, supported } = await readSchemaVersion(connection)
    migrated = id > 0
    schema = state
    const bad = state === 'behind' || state === 'breaking' || state === 'tampered'
    return { status: bad ? 'fail' : 'pass', details: { state, current: id, ...supported } }
  })
  if (!migrated) return { checks, login: null }
  await add('isolation.enforced', async () => {
    const sightings = await probeIsolation(connection)
    const enforced = sightings.bound && !sightings.unbound && !sightings.boundElsewhere
    return { status: enforced ? 'pass' : 'fail', details: { ...sightings } }
  })
  await add('postgres.row_security', async () =>
    none(
      (await findRowSecurityProblems(connection, { ahead: schema === 'ahead' })).map(
        ({ table, problem }) => [table, problem] as const,
      ),
    ),
  )
  await add('postgres.indexes_valid', async () => {
    const invalid = await findInvalidIndexes(connection)
    const { status, details } = none(invalid.map((index) => [index, 'invalid'] as const))
    // Of an index that is being built, or was left half built, nothing is expected yet.
    return { status: status === 'pass' || invalid.some(isConstraint) ? status : 'warn', details }
  })
  await add('postgres.tables_logged', async () =>
    none((await findVolatileTables(connection)).map((table) => [table, 'not logged'] as const)),
  )
  await add('postgres.partitions', async () => {
    const short = tablesShortOfPartitions(await readPartitioning(connection))
    const { status, details } = none(short.map((table) => [table, 'missing'] as const))
    return { status: status === 'pass' ? 'pass' : 'warn', details }
  })
  // What a login may do is known for the schema of this release alone.
  return { checks, login: schema === 'current' ? await readLoginFacts(connection, 'runtime') : null }
}

async function examineDenials(connection: ClientBase): Promise<Examination> {
  const writes = await check(connection, 'denials.writable', async () => {
    await connection.query('begin')
    await bindScope(connection, PROBE_SCOPE)
    await connection.query(
      `insert into user_engine.denials (scope_id, id, occurred_at, actor_kind, actor_id, action, target_kind, reason)
        values ($1, gen_random_uuid(), now(), 'service', 'readiness', 'readiness', 'tenant', 'readiness')`,
      [PROBE_SCOPE],
    )
    await connection.query('rollback')
    return { status: 'pass', details: {} }
  })
  return { checks: [writes], login: await loginFacts(connection, 'denials') }
}

const RUNS_ON: ReadonlySet<SchemaVersionReport['state']> = new Set(['current', 'compatible', 'ahead'])

async function examineRelay(connection: ClientBase, maxLagMs: number): Promise<Examination> {
  const { state } = await readSchemaVersion(connection)
  // What waits is told of every schema that this release runs on, while another one is being put in its place, too.
  if (!RUNS_ON.has(state)) return { checks: [], login: null }
  const login = await loginFacts(connection, 'relay')
  const dead = await check(connection, 'outbox.dead_letters', async () => {
    const { rows } = await connection.query<{ count: number }>(
      'select count(*)::int as count from user_engine.outbox_events where dead_at is not null',
    )
    const count = rows[0]?.count ?? 0
    return { status: count === 0 ? 'pass' : 'warn', details: { count } }
  })
  const lag = await check(connection, 'outbox.lag', async () => {
    const { rows } = await connection.query<{ age: number | null }>(
      `select (extract(epoch from now() - min(appended_at)) * 1000)::float8 as age
        from user_engine.outbox_events where dead_at is null`,
    )
    const age = rows[0]?.age ?? null
    return {
      status: age !== null && age > maxLagMs ? 'warn' : 'pass',
      details: { oldestAgeMs: age === null ? null : Math.round(age), maxLagMs },
    }
  })
  return { checks: [dead, lag], login }
}

/** Reads go on without it, on the primary: what is wrong with it is a warning. Undefined: there is none. */
function judgeReplica(replica: Examination | null | undefined): readonly ReadinessCheck[] {
  if (replica === undefined) return []
  return replica?.checks ?? [{ code: 'postgres.replica', status: 'warn', details: { reachable: false } }]
}

async function examineReplica(connection: ClientBase): Promise<Examination> {
  const follows = await check(connection, 'postgres.replica', async () => {
    const { rows } = await connection.query<{ inRecovery: boolean; paused: boolean }>(
      `select pg_is_in_recovery() as "inRecovery",
        case when pg_is_in_recovery() then pg_is_wal_replay_paused() else false end as paused`,
    )
    const { inRecovery = false, paused = false } = rows[0] ?? {}
    return { status: inRecovery && !paused ? 'pass' : 'warn', details: { inRecovery, paused } }
  })
  return { checks: [follows], login: null }
}

async function loginFacts(connection: ClientBase, login: ServingLogin): Promise<LoginFacts | null> {
  const { state } = await readSchemaVersion(connection)
  return state === 'current' ? readLoginFacts(connection, login) : null
}

/** One check for all logins: the details name those that are not as they must be. */
function judgeLogins(logins: readonly LoginFacts[]): readonly ReadinessCheck[] {
  if (logins.length === 0) return []
  const judge = (
    code: ReadinessCheck['code'],
    bad: 'warn' | 'fail',
    wrong: (facts: LoginFacts) => readonly string[],
  ): ReadinessCheck => {
    const { status, details } = none(
      logins.flatMap((facts) => wrong(facts).map((what) => [facts.login, what] as const)),
    )
    return { code, status: status === 'pass' ? 'pass' : bad, details }
  }
  return [
    judge('postgres.role_bypasses_isolation', 'fail', ({ escapes }) => escapes),
    judge('postgres.rights_missing', 'fail', ({ rights }) => rights.missing),
    judge('postgres.rights_unexpected', 'fail', ({ rights }) => rights.unexpected),
    judge('postgres.timeouts_set', 'warn', ({ endless }) => endless),
    judge('postgres.tls', 'warn', ({ exposed }) => (exposed ? ['not encrypted'] : [])),
  ]
}

/** A lease that can't be renewed is told before it ends: `warn` from the first failure on, `fail` once it has ended. */
function judgeLeases(
  sources: Pick<ReadinessOptions, 'runtime' | 'denials' | 'relay'>,
): readonly ReadinessCheck[] {
  const purposes = ['runtime', 'denials', 'relay'] as const
  const states = purposes.flatMap((purpose) => {
    const state = sources[purpose].leaseState?.()
    return state === undefined ? [] : [{ purpose, ...state }]
  })
  if (states.length === 0) return []
  const ended = states.some(({ expiresInMs }) => expiresInMs !== null && expiresInMs <= 0)
  const failing = states.filter(({ failures }) => failures > 0)
  const details = Object.fromEntries(
    states.flatMap(({ purpose, expiresInMs, failures }) => [
      [`${purpose}ExpiresInMs`, expiresInMs],
      [`${purpose}Failures`, failures],
    ]),
  )
  return [{ code: 'postgres.lease', status: ended ? 'fail' : failing.length > 0 ? 'warn' : 'pass', details }]
}

type Finding = Pick<ReadinessCheck, 'status' | 'details'>

/** Names what is wrong, one detail for each object. */
function none(wrong: readonly (readonly [object: string, what: string])[]): Finding {
  const details: Record<string, string> = {}
  for (const [object, what] of wrong) {
    details[object] = details[object] === undefined ? what : `${details[object]}, ${what}`
  }
  return { status: wrong.length === 0 ? 'pass' : 'fail', details }
}

async function serverVersion(connection: ClientBase): Promise<Finding> {
  const { rows } = await connection.query<{ number: number }>(
    `select current_setting('server_version_num')::int as number`,
  )
  const { version, minimum, supported } = judgeServerVersion(rows[0]?.number ?? 0)
  return { status: supported ? 'pass' : 'fail', details: { version, minimum } }
}

async function writable(connection: ClientBase): Promise<Finding> {
  const { rows } = await connection.query<{ inRecovery: boolean; readOnly: boolean }>(
    `select pg_is_in_recovery() as "inRecovery", current_setting('transaction_read_only')::boolean as "readOnly"`,
  )
  const details: Details = { ...rows[0] }
  return {
    status: details['inRecovery'] === false && details['readOnly'] === false ? 'pass' : 'fail',
    details,
  }
}

/** What the server refuses fails this check alone; what it doesn't answer is the connection's matter. */
async function check(
  connection: ClientBase,
  code: ReadinessCheck['code'],
  look: () => Promise<Finding>,
): Promise<ReadinessCheck> {
  try {
    return { code, ...(await look()) }
  } catch (error) {
    const sqlState = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!/^(?!08|57P)[0-9A-Z]{5}$/.test(sqlState)) throw error
    await connection.query('rollback')
    return { code, status: 'fail', details: { sqlState } }
  }
}

/** Null where there was no connection, or it did not answer in time: then it is destroyed. */
async function examine(
  source: ConnectionSource,
  timeoutMs: number,
  work: (connection: ClientBase) => Promise<Examination>,
): Promise<Examination | null> {
  let connecting: Promise<PoolClient> | null = null
  let broken = false
  try {
    connecting = source.connect()
    return await withinDeadline(timeoutMs, connecting.then(work), () => new Error())
  } catch {
    broken = true
    return null
  } finally {
    connecting?.then(
      (connection) => connection.release(broken),
      () => {},
    )
  }
}
