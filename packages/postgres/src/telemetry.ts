import { metrics, SpanKind, SpanStatusCode, trace, type Attributes, type Histogram } from '@opentelemetry/api'

import { BatchError } from './batch-error.ts'
import type { Handoff } from './handoff.ts'

const SCOPE = '@user-engine/postgres'
const DURATION = 'db.client.operation.duration'

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
      attributes: { ...attributes, 'db.operation.batch.size': statements },
    }
    return trace.getTracer(SCOPE).startActiveSpan(`BATCH ${database}`, options, async (span) => {
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

/** Connections by pool and state, and calls that wait for one; until `stop`. */
export function observePools(
  pools: Readonly<
    Record<string, { gauges(): { readonly total: number; readonly idle: number; readonly waiting: number } }>
  >,
): () => void {
  const meter = metrics.getMeter(SCOPE)
  const connections = meter.createObservableUpDownCounter('db.client.connection.count')
  const waiting = meter.createObservableUpDownCounter('db.client.connection.pending_requests')
  const observe: Parameters<typeof meter.addBatchObservableCallback>[0] = (result) => {
    for (const [name, pool] of Object.entries(pools)) {
      const { total, idle, waiting: pending } = pool.gauges()
      const of = { 'db.client.connection.pool.name': name }
      result.observe(connections, idle, { ...of, 'db.client.connection.state': 'idle' })
      result.observe(connections, total - idle, { ...of, 'db.client.connection.state': 'used' })
      result.observe(waiting, pending, of)
    }
  }
  meter.addBatchObservableCallback(observe, [connections, waiting])
  return () => meter.removeBatchObservableCallback(observe, [connections, waiting])
}
