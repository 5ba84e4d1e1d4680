import {
  StoreError,
  type DiagnosticsReport,
  type ScopeId,
  type StoreCapabilities,
  type UserEngineStore,
} from '@user-engine/store'

import { createDenialLog } from './denials.ts'
import { DIALECTS } from './dialect.ts'
import { readGauges } from './diagnostics.ts'
import { parseHandoff, type Endpoint, type Handoff } from './handoff.ts'
import { createPools } from './leased-pool.ts'
import { createOutboxRelay } from './outbox-relay.ts'
import { createPurposePool, type PurposePool } from './pool.ts'
import {
  assertOptions,
  namesStatements,
  sessionSettings,
  type PostgresStoreOptions,
} from './postgres-store-options.ts'
import { createPrimaryFences } from './primary-fence.ts'
import { checkReadiness } from './readiness.ts'
import { RELEASE } from './release.ts'
import { createReplica, readPosition } from './replica.ts'
import { createSchemaGate } from './schema-gate.ts'
import { readSchemaVersion } from './schema-version.ts'
import { observeStore } from './telemetry.ts'
import { enterScope } from './scope.ts'
import { runTransaction } from './transaction.ts'
import { withinDeadline } from './deadline.ts'

const capabilities: StoreCapabilities = Object.freeze({
  isolation: 'read-committed',
  tenantIsolation: 'row-level-security',
  durable: true,
  writes: 'deferred',
})

/**
 * The durable store. It connects when it is first used. The schema must have been migrated, by the migrator's own login:
 * see `readiness()`. Throws a HandoffError or a TypeError where what it is given makes no sense; what it throws and what it
 * shows of itself carries no credential.
 */
export function createPostgresStore(given: Handoff, options: PostgresStoreOptions = {}): UserEngineStore {
  const handoff = parseHandoff(given)
  assertOptions(options)
  const { connectTimeoutMs = 5000, batchTimeoutMs = 10_000, denialQueueLimit = 1000 } = options
  const preparedStatements = namesStatements(handoff)
  const fences = createPrimaryFences(sessionSettings(handoff, batchTimeoutMs))
  const poolsOf = (purpose: 'runtime' | 'denials' | 'relay', max: number) => {
    const login = handoff[purpose]
    const limits = { connectTimeoutMs, batchTimeoutMs, preparedStatements, max: login.max ?? max }
    const makePool = createPools(login)
    return {
      primary: makePool((each) => createPurposePool(handoff, each, limits, purpose, fences.primary), 'ended'),
      replicaAt(endpoint: Endpoint) {
        const place = { ...handoff, endpoint }
        return makePool(
          (each) => createPurposePool(place, each, limits, 'replica', fences.standby),
          'unheard',
        )
      },
    }
  }
  const { primary: runtime, replicaAt } = poolsOf('runtime', 10)
  const { primary: denials } = poolsOf('denials', 2)
  const { primary: relay } = poolsOf('relay', 2)
  const standby = handoff.replica === undefined ? null : replicaAt(handoff.replica)
  const pools = { runtime, denials, relay, ...(standby && { replica: standby }) }
  const inspecting = (pool: PurposePool) => ({ ...pool, connect: pool.inspect })
  const inspected = {
    runtime: inspecting(runtime),
    denials: inspecting(denials),
    relay: inspecting(relay),
    ...(standby && { replica: inspecting(standby) }),
  }
  const forms = DIALECTS[handoff.dialect ?? 'postgres']
  const gate = createSchemaGate()
  const enter = (scopes: readonly ScopeId[]) => enterScope(scopes, gate, forms)
  const replica = standby && createReplica(standby)
  const gateOfReplica = createSchemaGate()
  const enterReplica = (scopes: readonly ScopeId[]) => enterScope(scopes, gateOfReplica, forms)
  const open = new Set<Promise<unknown>>()
  let closing: Promise<void> | null = null

  /** Runs a call unless the store is closed, and lets `close` wait for it. */
  async function whileOpen<Result>(work: () => Promise<Result>): Promise<Result> {
    if (closing !== null) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
    const running = work()
    open.add(running)
    try {
      return await running
    } finally {
      open.delete(running)
    }
  }

  const denialLog = createDenialLog(denials, forms, denialQueueLimit)
  const outbox = createOutboxRelay(relay, forms)
  const stopObserving = observeStore({
    pools,
    denials: () => ({ waiting: denialLog.waiting(), limit: denialQueueLimit }),
    outbox: () => outbox.state(),
  })

  async function readSchema() {
    const client = await runtime.inspect()
    let broken = true
    try {
      const report = await withinDeadline(
        batchTimeoutMs,
        readSchemaVersion(client),
        () => new StoreError('TIMEOUT', {}),
      )
      broken = false
      return report
    } catch (error) {
      throw error instanceof StoreError ? error : new StoreError('UNAVAILABLE', { reason: 'connection' })
    } finally {
      client.release(broken)
    }
  }

  async function diagnostics(): Promise<DiagnosticsReport> {
    const orNull = <Result>(work: Promise<Result>) => work.catch(() => null)
    const [schemaVersion, state, database] = await Promise.all([
      orNull(readSchema()),
      orNull(outbox.state()),
      orNull(gaugesOf(runtime, batchTimeoutMs)),
    ])
    const gauges = Object.entries(pools).flatMap(([name, pool]) =>
      Object.entries(pool.gauges()).map(
        ([gauge, value]) => [`postgres.pool.${name}.${gauge}`, value] as const,
      ),
    )
    return {
      adapter: RELEASE,
      capabilities,
      schemaVersion,
      outbox: state,
      gauges: { ...database, ...Object.fromEntries(gauges) },
    }
  }

  return Object.freeze<UserEngineStore>({
    capabilities,
    denials: { append: (record) => whileOpen(() => denialLog.append(record)) },
    outbox: {
      claim: (request) => whileOpen(() => outbox.claim(request)),
      extend: (events, leaseMs) => whileOpen(() => outbox.extend(events, leaseMs)),
      ack: (events) => whileOpen(() => outbox.ack(events)),
      nack: (refusal) => whileOpen(() => outbox.nack(refusal)),
      redrive: (eventIds) => whileOpen(() => outbox.redrive(eventIds)),
      startEpoch: () => whileOpen(() => outbox.startEpoch()),
      state: () => whileOpen(() => outbox.state()),
    },
    transaction: (scope, work, reads) =>
      whileOpen(() => {
        const reading = reads === undefined ? null : { ...reads, replica, enter: enterReplica }
        return runTransaction(runtime, enter, scope, work, reading)
      }),
    position: () => whileOpen(() => readPosition(runtime)),
    readiness: () => checkReadiness(inspected),
    schemaVersion: () => whileOpen(readSchema),
    diagnostics,
    close() {
      closing ??= (async () => {
        stopObserving()
        await Promise.allSettled(open)
        await Promise.all(Object.values(pools).map((pool) => pool.end()))
      })()
      return closing
    },
  })
}

async function gaugesOf(pool: PurposePool, timeoutMs: number) {
  const client = await pool.inspect()
  let broken = true
  try {
    const gauges = await withinDeadline(timeoutMs, readGauges(client), () => new StoreError('TIMEOUT', {}))
    broken = false
    return gauges
  } finally {
    client.release(broken)
  }
}
