import { metrics, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { directoryScope } from '@user-engine/store'
import { inspect } from 'node:util'

import { afterAll, expect, it } from 'vitest'

import { handoffOf, openStore } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'
import { newEvent, newIdentity, newUser } from './records.ts'

const spans = new InMemorySpanExporter()
const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 3_600_000 })
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }))
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
afterAll(async () => {
  await reader.shutdown()
  trace.disable()
  metrics.disable()
})

const database = await createProvidedDatabase()
const { relay } = handoffOf(database)
if ('lease' in relay) throw new Error('It is a user and a password.')
const expiresAt = new Date(Date.now() + 3_600_000)
const lease = async () => ({ user: relay.user, password: String(relay.password), expiresAt })
const store = openStore(database, { relay: { lease } })

it('tells of batches and connections by the conventions, and of nothing that was sent', async () => {
  const canary = `canary-${crypto.randomUUID()}`
  const directory = directoryScope()
  const user = newUser()
  const write = () =>
    store.transaction(directory, (tx) => tx.externalIdentities.insert(newIdentity(user.id, canary)))
  await store.transaction(directory, async (tx) => {
    await tx.users.insert(user)
    await tx.outbox.append(newEvent(user))
  })
  await write()
  await expect(write()).rejects.toMatchObject({ code: 'CONFLICT' })
  await store.outbox.claim({ limit: 1, leaseMs: 1000, ack: null })
  await reader.forceFlush()
  const told = spans.getFinishedSpans().map(({ name, attributes }) => ({ name, ...attributes }))
  const batch = {
    'db.system.name': 'postgresql',
    'db.operation.name': 'BATCH',
    'user_engine.purpose': 'runtime',
  }
  expect(told[0]).toMatchObject({ ...batch, 'db.operation.batch.size': expect.any(Number) as number })
  expect(told.filter((span) => 'error.type' in span)).toMatchObject([
    { ...batch, 'error.type': '23505', 'db.response.status_code': '23505' },
  ])
  expect(told.at(-1)).toMatchObject({ 'user_engine.purpose': 'relay' })
  const points = measured
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: own }) => own))
  expect(points.map(({ descriptor }) => descriptor.name).toSorted()).toEqual([
    'db.client.connection.count',
    'db.client.connection.pending_requests',
    'db.client.operation.duration',
    'user_engine.credentials.failures',
    'user_engine.credentials.lifetime',
    'user_engine.denials.limit',
    'user_engine.denials.waiting',
    'user_engine.outbox.events',
    'user_engine.outbox.oldest_age',
  ])
  const valuesOf = (name: string) =>
    points
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => dataPoints.map(({ attributes, value }) => [attributes, value]))
  expect(valuesOf('user_engine.outbox.events')).toEqual([
    [{ 'user_engine.outbox.state': 'pending' }, 0],
    [{ 'user_engine.outbox.state': 'leased' }, 1],
    [{ 'user_engine.outbox.state': 'dead' }, 0],
  ])
  expect(valuesOf('user_engine.outbox.oldest_age')).toEqual([[{}, expect.any(Number)]])
  expect(valuesOf('user_engine.denials.limit')).toEqual([[{}, 1000]])
  expect(valuesOf('user_engine.denials.waiting')).toEqual([[{}, 0]])
  const [[pool, left] = []] = valuesOf('user_engine.credentials.lifetime')
  expect(pool).toEqual({ 'db.client.connection.pool.name': 'relay' })
  expect(left).toBeGreaterThan(3_000)
  expect(left).toBeLessThanOrEqual(3_600)
  expect(valuesOf('user_engine.credentials.failures')).toEqual([[pool, 0]])
  const all = inspect([told, points], { depth: 12 })
  for (const secret of [canary, user.id, relay.user, String(relay.password)]) {
    expect(all).not.toContain(secret)
  }
})
