import {
  metrics,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type BatchObservableResult,
  type Histogram,
} from '@opentelemetry/api'
import type { OutboxState } from '@user-engine/store'

import { BatchError } from './batch-error.ts'
import type { Handoff } from './handoff.ts'
import type { PurposePool } from './pool.ts'

const SCOPE = '@user-engine/postgres'
const DURATION = 'db.client.operation.duration'
/** Hosts may register their provider later: it stands for whichever there is. */
const tracer = trace.getTracer(SCOPE)

let instrument: { readonly provider: unknown; readonly duration: Histogram } | null = null

/** Hosts may register their provider at any time; there is no proxy for meters as there is for tracers. */
function duration(): Histogram {
  const provider = metrics.getMeterProvider()
  if (instrument?.provider !== provider) {
    instrument = { provider, duration: metrics.getMeter(SCOPE).createHistogram(DURATION, { unit: 's' }) }
  }
  return instrument.duration
}

/** Runs one batch in a span (OpenTelemetry semantic conventions for database clients). Of what is sent nothing is told. */
export type ObserveBatch = <Result>(statements: number, work: () => Promise<Result>) => Promise<Result>

/** What an operator sees of the batches of a purpose. */
export function observeBatches(
  { endpoint, database }: Pick<Handoff, 'endpoint' | 'database'>,
  purpose: string,
): ObserveBatch {
  const attributes = {
    'db.system.name': 'postgresql',
    'db.namespace': database,
    'db.operation.name': 'BATCH',
    'server.address': endpoint.host,
    'server.port': endpoint.port,
    'user_engine.purpose': purpose,
  }
  return async (statements, work) => {
    const started = performance.now()
    const record = (outcome: Attributes) =>
      duration().record((performance.now() - started) / 1000, { ...attributes, ...outcome })
    const options = {
      kind: SpanKind.CLIENT,
      attributes: { 'db.operation.batch.size': statements, ...attributes },
    }
    return tracer.startActiveSpan(`BATCH ${database}`, options, async (span) => {
      try {
        const result = await work()
        record({})
        return result
      } catch (error) {
        const outcome = outcomeOf(error)
        span.setAttributes(outcome)
        span.setStatus({ code: SpanStatusCode.ERROR })
        record(outcome)
        throw error
      } finally {
        span.end()
      }
    })
  }
}

/** The SQLSTATE, or how it ended without one. Messages of the server quote values. */
function outcomeOf(error: unknown): Attributes {
  if (!(error instanceof BatchError)) return { 'error.type': 'other' }
  const { outcome, fault } = error
  if (fault === null) return { 'error.type': outcome }
  return { 'error.type': fault.sqlState, 'db.response.status_code': fault.sqlState }
}

/** What an operator watches of a store, besides its batches. */
export interface ObservedStore {
  readonly pools: Readonly<Record<string, Pick<PurposePool, 'gauges' | 'leaseState'>>>
  /** Denials that wait, of so many that may. */
  denials(): { readonly waiting: number; readonly limit: number }
  /** Asks the database, each time that metrics are collected. */
  outbox(): Promise<OutboxState>
}

/** Connections, credentials, the way of the denials and what waits for a relay; until `stop`. */
export function observeStore({ pools, denials, outbox }: ObservedStore): () => void {
  const meter = metrics.getMeter(SCOPE)
  const connections = meter.createObservableUpDownCounter('db.client.connection.count', {
    unit: '{connection}',
  })
  const pending = meter.createObservableUpDownCounter('db.client.connection.pending_requests', {
    unit: '{request}',
  })
  const redone = meter.createObservableCounter('user_engine.calls.redone', { unit: '{call}' })
  const lifetime = meter.createObservableGauge('user_engine.credentials.lifetime', { unit: 's' })
  const failures = meter.createObservableGauge('user_engine.credentials.failures', { unit: '{renewal}' })
  const waiting = meter.createObservableUpDownCounter('user_engine.denials.waiting', { unit: '{denial}' })
  const limit = meter.createObservableUpDownCounter('user_engine.denials.limit', { unit: '{denial}' })
  const events = meter.createObservableGauge('user_engine.outbox.events', { unit: '{event}' })
  const age = meter.createObservableGauge('user_engine.outbox.oldest_age', { unit: 's' })
  const all = [connections, pending, redone, lifetime, failures, waiting, limit, events, age]

  const observe = async (result: BatchObservableResult) => {
    for (const [name, pool] of Object.entries(pools)) {
      const { total, idle, waiting: requests, redone: again } = pool.gauges()
      const of = { 'db.client.connection.pool.name': name }
      result.observe(connections, idle, { ...of, 'db.client.connection.state': 'idle' })
      result.observe(connections, total - idle, { ...of, 'db.client.connection.state': 'used' })
      result.observe(pending, requests, of)
      result.observe(redone, again, of)
      const lease = pool.leaseState?.()
      if (lease === undefined) continue
      if (lease.expiresInMs !== null) result.observe(lifetime, lease.expiresInMs / 1000, of)
      result.observe(failures, lease.failures, of)
    }
    const queue = denials()
    result.observe(waiting, queue.waiting)
    result.observe(limit, queue.limit)
    // Where it can not be told, there is no point: what is out of reach is not an empty outbox.
    const state = await outbox().catch(() => null)
    if (state === null) return
    for (const name of ['pending', 'leased', 'dead'] as const) {
      result.observe(events, state[name], { 'user_engine.outbox.state': name })
    }
    result.observe(age, (state.oldestAgeMs ?? 0) / 1000)
  }
  meter.addBatchObservableCallback(observe, all)
  return () => meter.removeBatchObservableCallback(observe, all)
}
