import {
  DIRECTORY,
  directoryScope,
  tenantScope,
  type CommandId,
  type EventId,
  type OutboxEvent,
  type TenantId,
} from '@user-engine/store'
import type { TestDatabase } from '@user-engine/test-postgres'

import { loadPeer, type QueuePeer } from '../peers.ts'
import { isLate, run, toTheEnd, type Contestant, type RaceResult } from '../race.ts'
import { ACTOR, openPostgresEngine, type BenchServer } from '../server.ts'
import { newId } from '../by-hand/connections.ts'
import type { Suite } from '../suite.ts'

const EVENTS = 100_000
const STREAMS = 50_000
const MESSAGES_OF_SLOW_PEER = 2000

export const outbox: Suite = {
  title: 'Draining the outbox',
  about:
    `\`drainOutbox\` of ${EVENTS.toLocaleString('en')} events of ${STREAMS.toLocaleString('en')} records, two each, to a receiver that ` +
    'answers at once: in order per record, leased and fenced, each acknowledged by deleting it in the round trip that claims ' +
    'the next batch. pg-boss fetches and completes (and keeps the completed), graphile-worker runs a task for each job, both ' +
    'without any order; pg-transactional-outbox handles each message in a transaction, in order per segment. pg-boss is given ' +
    '100 jobs at a time; graphile-worker fetches 500 into a local queue. The backlog is restored before each drain.',
  share: 4,
  async run(bench) {
    const { server, pace, progress } = bench
    progress('outbox: backlogs')
    const one = await backlog(server, 1)
    const many = await backlog(server, 10_000)
    const ours = (name: string, from: TestDatabase, batchSize: number) =>
      drainOf(server, name, from, batchSize)
    const races: RaceResult[] = []
    const reps = Math.min(pace.reps, 3)
    const notMeasured: string[] = []
    const race = async (title: string, relays: number, contestants: readonly Contestant[], goals = {}) => {
      if (isLate(pace, title, notMeasured)) return
      progress(`outbox: ${title}`)
      races.push(await run({ title, unit: 'events', callers: relays, contestants, goals }, { ...pace, reps }))
    }
    await race(
      'By size of a batch, one relay',
      1,
      [100, 10, 30, 300, 1000].map((size) => ours(`user-engine, batches of ${size}`, one, size)),
    )
    const peers = [
      await peerOf(server, 'pg-boss', EVENTS, 100),
      await peerOf(server, 'graphile-worker', EVENTS, 500),
      await peerOf(server, 'pg-transactional-outbox', MESSAGES_OF_SLOW_PEER, 5),
    ]
    const goals = Object.fromEntries(peers.map(({ name }) => [name, 1]))
    await race('One relay', 1, [ours('user-engine, batches of 100', one, 100), ...peers], goals)
    await race(
      'One relay, each fetches 500 at a time',
      1,
      [ours('user-engine, batches of 500', one, 500), ...peers.slice(1, 2)],
      goals,
    )
    await race('Four relays', 4, [ours('user-engine, batches of 100', one, 100), ...peers.slice(0, 2)], goals)
    await race('One relay, 10,000 tenants', 1, [
      ours('user-engine, 10,000 tenants', many, 100),
      ours('user-engine, one tenant', one, 100),
    ])
    return { races, facts: [], notMeasured }
  },
}

/** A database with the events waiting; drains work on copies of it. */
async function backlog(server: BenchServer, tenants: number): Promise<TestDatabase> {
  const database = await server.create('backlog', server.migrated)
  const { engine, store } = openPostgresEngine(server, database)
  const scopes = tenants === 1 ? [null] : Array.from({ length: tenants }, () => newId() as TenantId)
  const perScope = EVENTS / scopes.length
  const append = async (scopeIds: readonly (TenantId | null)[]) => {
    for (const tenantId of scopeIds) {
      const scope = tenantId === null ? directoryScope() : tenantScope(tenantId)
      for (let done = 0; done < perScope; done += 1000) {
        await store.transaction(scope, async (tx) => {
          const count = Math.min(1000, perScope - done)
          await Promise.all(eventsOf(tenantId ?? DIRECTORY, count).map((event) => tx.outbox.append(event)))
        })
      }
    }
  }
  const lanes = 8
  await Promise.all(
    Array.from({ length: lanes }, (_, lane) =>
      append(scopes.filter((_each, index) => index % lanes === lane)),
    ),
  )
  await engine.close()
  await server.settle(database)
  return database
}

function eventsOf(scopeId: OutboxEvent['scopeId'], count: number): readonly OutboxEvent[] {
  return Array.from({ length: count / (EVENTS / STREAMS) }, () => newId()).flatMap((id) =>
    [1, 2].map((aggregateVersion) => ({
      scopeId,
      id: newId() as EventId,
      type: aggregateVersion === 1 ? 'user.created' : 'user.suspended',
      aggregate: { kind: 'user', id },
      aggregateVersion,
      ordinal: 0,
      occurredAt: new Date(),
      commandId: newId() as CommandId,
      correlationId: null,
      data: { userId: id, state: 'active', origin: 'unmanaged' },
    })),
  )
}

function drainOf(server: BenchServer, name: string, from: TestDatabase, batchSize: number): Contestant {
  return toTheEnd(
    name,
    async () => {
      const database = await server.create('drain', from)
      const { engine, store } = openPostgresEngine(server, database)
      await store.outbox.state()
      await engine.as({ actor: ACTOR, tenantId: null }).countRecords({})
      return { database, engine }
    },
    async ({ engine }, relays) => {
      const options = { publish: async () => {}, batchSize, concurrency: 100 }
      const reports = await Promise.all(Array.from({ length: relays }, () => engine.drainOutbox(options)))
      const delivered = reports.reduce((sum, report) => sum + report.delivered, 0)
      if (delivered !== EVENTS) throw new Error(`${delivered} of ${EVENTS} events were delivered`)
      return delivered
    },
    async ({ database, engine }) => {
      await engine.close()
      await server.postgres.dropDatabase(database)
    },
    server.pid,
  )
}

async function peerOf(
  server: BenchServer,
  name: string,
  count: number,
  batchSize: number,
): Promise<Contestant> {
  const peer = await loadPeer<QueuePeer>(name)
  const filled = await server.create(name.replaceAll('-', '_'))
  await peer.fill(filled.connectionString, count)
  await server.settle(filled)
  return toTheEnd(
    name,
    async () => {
      const database = await server.create('drain', filled)
      return { database, prepared: await peer.prepare(database.connectionString, count) }
    },
    ({ prepared }, relays) => prepared.drain(batchSize, relays),
    async ({ database, prepared }) => {
      await prepared.close()
      await server.postgres.dropDatabase(database)
    },
    server.pid,
  )
}
