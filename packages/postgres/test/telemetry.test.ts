import { metrics, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import {
  DIRECTORY,
  directoryScope,
  type AttributeCatalog,
  type AttributeCatalogId,
  type ProfileValue,
  type ProfileValueId,
  type UserEngineStore,
} from '@user-engine/store'
import { inspect } from 'node:util'

import { afterAll, expect, it, vi } from 'vitest'

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
    'user_engine.calls.redone',
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

/** All that a process may print by, without a logger. */
function printed(): readonly string[] {
  const lines: string[] = []
  const take = (...parts: readonly unknown[]) => lines.push(parts.map((part) => inspect(part)).join(' ')) > 0
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockImplementation(take)
  for (const name of ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const) {
    vi.spyOn(console, name).mockImplementation(take)
  }
  vi.spyOn(process, 'emitWarning').mockImplementation(take)
  return lines
}

it('prints nothing, and neither spans, errors nor reports have a value or a login, whatever fails', async () => {
  const canary = `canary-${crypto.randomUUID()}`
  const email = `${canary}@example.com`
  const { runtime, denials } = handoffOf(database)
  if ('lease' in runtime || 'lease' in denials) throw new Error('They are users and passwords.')
  const user = newUser()
  const { createdAt, updatedAt } = user
  const base = {
    scopeId: DIRECTORY,
    ownerId: DIRECTORY,
    layer: 'platform',
    version: 1,
    createdAt,
    updatedAt,
  } as const
  const catalog: AttributeCatalog = {
    ...base,
    id: crypto.randomUUID() as string as AttributeCatalogId,
    key: canary,
    catalogVersion: 1,
    state: 'published',
    definitions: { attributes: [] },
  }
  const value: ProfileValue = {
    ...base,
    id: crypto.randomUUID() as string as ProfileValueId,
    userId: user.id,
    attribute: 'profile:email',
    value: email,
    state: 'set',
    source: canary,
    catalogId: catalog.id,
    uniqueKey: email,
  }
  const write = (to: UserEngineStore) =>
    to.transaction(directoryScope(), async (tx) => {
      await tx.users.insert({ ...newUser(), id: user.id })
      await tx.externalIdentities.insert(newIdentity(user.id, email))
      await tx.attributeCatalogs.insert(catalog)
      await tx.profileValues.insert(value)
    })
  const wrong = openStore(database, { runtime: { ...runtime, password: canary } })
  const absent = openStore(database, { endpoint: { host: '127.0.0.1', port: 1 } })
  const lines = printed()
  await write(store)
  const errors = await Promise.all(
    [store, wrong, absent].map((each) =>
      write(each).then(
        () => null,
        (error: unknown) => error,
      ),
    ),
  )
  const reports = await Promise.all(
    [store, wrong, absent].flatMap((each) => [each.readiness(), each.diagnostics()]),
  )
  await reader.forceFlush()
  vi.restoreAllMocks()
  expect(lines).toEqual([])
  expect(errors).toMatchObject([{ code: 'CONFLICT' }, { code: 'UNAVAILABLE' }, { code: 'UNAVAILABLE' }])
  const told = [errors, reports, [store, wrong, absent], spans.getFinishedSpans(), measured.getMetrics()]
  const all = inspect(told, { depth: Infinity, showHidden: true }) + JSON.stringify([errors, reports])
  const secrets = [runtime, denials, relay].flatMap((login) => [login.user, String(login.password)])
  for (const secret of [canary, user.id, value.id, ...secrets]) expect(all).not.toContain(secret)
})
