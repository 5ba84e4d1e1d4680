import { context, metrics, SpanStatusCode, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { inspect } from 'node:util'

import { afterAll, expect, it } from 'vitest'

import { createWorld, deny, ISSUER, refusal } from '../test/world.ts'

const spans = new InMemorySpanExporter()
const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 3_600_000 })
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }))
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
afterAll(async () => {
  await reader.shutdown()
  trace.disable()
  metrics.disable()
  context.disable()
})

it('tells of operations and publications by name and outcome, and nothing that a person gave', async () => {
  const canary = 'canary-0te1'
  const world = await createWorld()
  const identity = { issuer: ISSUER, subject: canary }
  const { user } = await world.tenant.provisionUser({ identity, tenantAccount: { externalId: canary } })
  world.decide(deny('user.suspend'))
  await refusal(world.directory.suspendUser({ userId: user.id }))
  await refusal(world.directory.suspendUser({ userId: canary }))
  await world.engine.drainOutbox({
    publish: async ({ type }) => {
      if (type === 'user.created') throw new Error(canary)
    },
    maxAttempts: 1,
  })
  await reader.forceFlush()
  const told = spans.getFinishedSpans()
  const named = (name: string) => told.filter((span) => span.name === name)
  expect(named('user.provision')).toMatchObject([
    { attributes: { 'user_engine.action': 'user.provision', 'user_engine.tenant.id': world.tenantId } },
  ])
  expect(named('user.suspend').map(({ attributes }) => attributes['error.type'])).toEqual([
    'ACCESS_DENIED',
    'INVALID_INPUT',
  ])
  expect(named('user.suspend')[0]?.status).toEqual({ code: SpanStatusCode.ERROR })
  expect(named('publish outbox').length).toBeGreaterThan(3)
  expect(
    named('publish outbox').every(({ attributes }) => attributes['messaging.system'] === 'user_engine'),
  ).toBe(true)
  const failed = named('publish outbox').filter(({ status }) => status.code === SpanStatusCode.ERROR)
  expect(
    failed.map(({ attributes }) => [attributes['user_engine.event.type'], attributes['error.type']]),
  ).toEqual([['user.created', 'other']])
  const points = measured
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: own }) => own))
  expect(points.map(({ descriptor }) => [descriptor.name, descriptor.unit])).toEqual([
    ['user_engine.operation.duration', 's'],
    ['messaging.client.operation.duration', 's'],
  ])
  const attributes = told.map((span) => [span.name, span.attributes, span.events, span.status])
  const values = points.map(({ dataPoints }) => dataPoints.map((point) => point.attributes))
  expect(inspect([attributes, values], { depth: 9 })).not.toContain(canary)
  // An id is one of many: a metric has none.
  expect(inspect(values, { depth: 9 })).not.toContain(world.tenantId)
})
