import { metrics, SpanKind, SpanStatusCode, trace, type Attributes, type Histogram } from '@opentelemetry/api'

import { isUserEngineError } from './errors.ts'

const SCOPE = '@user-engine/core'
/** Hosts may register their provider later: it stands for whichever there is. */
const tracer = trace.getTracer(SCOPE)

/** What is measured: by name, with attributes of few values, none of which a person gave. */
export interface Observation {
  readonly span: string
  readonly kind: SpanKind
  /** The metric of its duration, in seconds. */
  readonly metric: string
  /** Of the span and of the metric. */
  readonly attributes: Attributes
  /** Of the span alone: ids. */
  readonly ids?: Attributes
}

let instruments: { readonly provider: unknown; readonly byName: Map<string, Histogram> } | null = null

/** Hosts may register their provider at any time; there is no proxy for meters as there is for tracers. */
function histogram(name: string): Histogram {
  const provider = metrics.getMeterProvider()
  if (instruments?.provider !== provider) instruments = { provider, byName: new Map() }
  const known = instruments.byName.get(name)
  if (known !== undefined) return known
  const made = metrics.getMeter(SCOPE).createHistogram(name, { unit: 's' })
  instruments.byName.set(name, made)
  return made
}

/** Runs `work` in a span, and measures how long it took and what it came to: a code of ours, never a message. */
export async function observed<Result>(what: Observation, work: () => Promise<Result>): Promise<Result> {
  const { span: name, kind, metric, attributes, ids } = what
  const started = performance.now()
  const record = (outcome: Attributes) =>
    histogram(metric).record((performance.now() - started) / 1000, { ...attributes, ...outcome })
  return tracer.startActiveSpan(
    name,
    { kind, attributes: Object.assign({}, attributes, ids) },
    async (span) => {
      try {
        const result = await work()
        record({})
        return result
      } catch (error) {
        const type = isUserEngineError(error) ? error.code : 'other'
        span.setAttribute('error.type', type)
        span.setStatus({ code: SpanStatusCode.ERROR })
        record({ 'error.type': type })
        throw error
      } finally {
        span.end()
      }
    },
  )
}

/** One operation of the engine. */
export function observedOperation<Result>(
  action: string,
  tenantId: string | null,
  work: () => Promise<Result>,
): Promise<Result> {
  const attributes = { 'user_engine.action': action }
  const ids = tenantId === null ? {} : { 'user_engine.tenant.id': tenantId }
  const metric = 'user_engine.operation.duration'
  return observed({ span: action, kind: SpanKind.INTERNAL, metric, attributes, ids }, work)
}

/** One event that is handed over (OpenTelemetry semantic conventions for messaging). */
export function observedPublication<Result>(
  event: { readonly id: string; readonly type: string },
  work: () => Promise<Result>,
): Promise<Result> {
  const attributes = {
    'messaging.system': 'user_engine',
    'messaging.operation.name': 'publish',
    'messaging.operation.type': 'send',
    'messaging.destination.name': 'outbox',
  }
  const ids = { 'messaging.message.id': event.id, 'user_engine.event.type': event.type }
  const metric = 'messaging.client.operation.duration'
  return observed({ span: 'publish outbox', kind: SpanKind.PRODUCER, metric, attributes, ids }, work)
}
