import { setTimeout as wait } from 'node:timers/promises'

import { createMemoryStore } from '@user-engine/memory'
import { StoreError } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { history, NOTHING, relaying } from '../test/draining.ts'
import { ADMINISTRATOR, createWorld, ISSUER, refusal } from '../test/world.ts'
import type { CloudEvent } from './outbox.ts'

describe('drainOutbox', () => {
  it('delivers all, each once, in order for each record, and leaves nothing', async () => {
    const world = await createWorld()
    await history(world)
    const seen: CloudEvent[] = []
    const report = await world.engine.drainOutbox({
      batchSize: 3,
      publish: async (event) => {
        await wait(Math.random() * 2)
        seen.push(event)
      },
    })
    expect(report).toEqual({ ...NOTHING, delivered: seen.length })
    expect(seen).toHaveLength(2 + 5 * 6)
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
    const streams = Map.groupBy(seen, ({ subject }) => subject)
    for (const [, events] of streams) {
      expect(events.map((event) => event.ueaggregateversion)).toEqual(events.map((_, index) => index + 1))
    }
    expect((await world.directory.pendingEvents()).items).toEqual([])
    expect((await world.tenant.pendingEvents()).items).toEqual([])
  })

  it('publishes CloudEvents 1.0', async () => {
    const world = await createWorld()
    const { user } = await world.provision()
    const traced = world.engine.as({ actor: ADMINISTRATOR, tenantId: null, correlationId: 'trace-1' })
    await traced.suspendUser({ userId: user })
    const seen: CloudEvent[] = []
    await world.engine.drainOutbox({ publish: async (event) => void seen.push(event) })
    const [created, suspended] = seen.filter(({ subject }) => subject === `user/${user}`)
    expect(suspended?.uecorrelationid).toBe('trace-1')
    expect(created).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      source: 'urn:user-engine:scope:64697265-6374-8f72-b900-000000000000',
      type: 'user.created',
      subject: `user/${user}`,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      datacontenttype: 'application/json',
      data: { kind: 'person', state: 'active' },
      ueaggregateversion: 1,
      ueepoch: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      uecommandid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    })
    for (const name of Object.keys(suspended ?? {})) expect(name).toMatch(/^[a-z0-9]{1,20}$/)
    expect(JSON.stringify(seen)).not.toContain(ISSUER)
  })

  it('tells after a restore that versions of before are of an earlier epoch', async () => {
    const world = await createWorld()
    const epochs: string[] = []
    const drain = async () => {
      await world.directory.registerTenant({})
      await world.engine.drainOutbox({ publish: async ({ ueepoch }) => void epochs.push(ueepoch) })
    }
    await drain()
    const started = await world.store.outbox.startEpoch()
    await drain()
    const [before = '', after] = [epochs[0], epochs.at(-1)]
    expect(after).toBe(started.toISOString())
    expect(Date.parse(before)).toBeLessThan(Date.parse(after ?? ''))
  })

  it('does not wait for a receiver that never answers: the event is refused, and told to stop', async () => {
    const world = await createWorld()
    await world.engine.drainOutbox({ publish: async () => {} })
    await world.directory.registerTenant({})
    let told: AbortSignal | null = null
    const publish = (_: CloudEvent, signal: AbortSignal) => {
      told = signal
      return new Promise<void>(() => {})
    }
    const report = await world.engine.drainOutbox({ publish, publishTimeoutMs: 20, retryDelayMs: 3_600_000 })
    expect(report).toEqual({ ...NOTHING, refused: 1 })
    expect(told).toMatchObject({ aborted: true })
  })

  it('two relays share the work: no event is published twice', async () => {
    const world = await createWorld()
    await history(world)
    const seen: string[] = []
    const publish = async ({ id }: CloudEvent) => {
      await wait(1)
      seen.push(id)
    }
    const relays = [1, 2, 3].map(() => world.engine.drainOutbox({ publish, batchSize: 2 }))
    const reports = await Promise.all(relays)
    const delivered = reports.reduce((sum, each) => sum + each.delivered, 0)
    // A relay ends where it can claim nothing, e.g. while others hold the heads of all streams.
    const rest = await world.engine.drainOutbox({ publish })
    expect(delivered + rest.delivered).toBe(seen.length)
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toHaveLength(2 + 5 * 6)
  })

  it('tries again what the receiver refused, later events of the record after it', async () => {
    const world = await createWorld()
    const userId = (await history(world, 1))[0]
    const versions: number[] = []
    let refusals = 2
    const report = await world.engine.drainOutbox({
      retryDelayMs: 0,
      publish: async (event) => {
        if (event.subject !== `user/${userId}`) return
        if (refusals > 0) {
          refusals -= 1
          throw new Error('refused')
        }
        versions.push(event.ueaggregateversion)
      },
    })
    expect(versions).toEqual([1, 2, 3])
    expect(report).toMatchObject({ refused: 2, dead: 0 })
  })

  it('waits twice as long after each refusal', async () => {
    const delays: number[] = []
    const around = relaying((relay) => ({
      nack: async (refused) => {
        delays.push(refused.delayMs)
        await relay.nack({ ...refused, delayMs: 0 })
      },
    }))
    const world = await createWorld({ around })
    const publish = ({ subject }: CloudEvent) =>
      subject === `tenant/${world.tenantId}` ? Promise.reject(new Error('refused')) : Promise.resolve()
    await world.engine.drainOutbox({ publish, retryDelayMs: 250_000, maxAttempts: 7 })
    expect(delays).toEqual([250_000, 500_000, 1_000_000, 2_000_000, 3_600_000, 3_600_000, 3_600_000])
  })

  it('a dead letter blocks its record, not the others, until it is redriven', async () => {
    const world = await createWorld()
    const [userId] = await history(world, 2)
    const seen: CloudEvent[] = []
    let well = false
    const publish = async (event: CloudEvent) => {
      if (!well && event.subject === `user/${userId}`) throw new Error('refused')
      seen.push(event)
    }
    const report = await world.engine.drainOutbox({ publish, maxAttempts: 2, retryDelayMs: 0 })
    expect(report).toMatchObject({ refused: 1, dead: 1 })
    const { items } = await world.directory.pendingEvents()
    expect(items.map(({ event, state }) => [event.aggregateVersion, state])).toEqual([
      [1, 'dead'],
      [2, 'pending'],
      [3, 'pending'],
    ])
    well = true
    expect((await world.engine.drainOutbox({ publish })).delivered).toBe(0)
    expect(await world.engine.redriveEvents(items.map(({ event }) => event.id))).toBe(1)
    expect((await world.engine.drainOutbox({ publish })).delivered).toBe(3)
    const own = seen.filter(({ subject }) => subject === `user/${userId}`)
    expect(own.map((event) => event.ueaggregateversion)).toEqual([1, 2, 3])
  })

  it('does not publish what has killed each relay that claimed it', async () => {
    let time = Date.now()
    const store = createMemoryStore({ clock: () => new Date(time) })
    const world = await createWorld({ around: () => store })
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await store.outbox.claim({ limit: 10, leaseMs: 100, ack: null })
      time += 200
    }
    const seen: string[] = []
    const publish = async ({ id }: CloudEvent) => void seen.push(id)
    const report = await world.engine.drainOutbox({ publish, maxAttempts: 2 })
    expect([report, seen]).toEqual([{ ...NOTHING, dead: 2 }, []])
  })

  it('stops at the signal: what is under way is acknowledged, the others are given back at once', async () => {
    const world = await createWorld()
    await history(world)
    const stop = new AbortController()
    const seen: string[] = []
    const report = await world.engine.drainOutbox({
      signal: stop.signal,
      concurrency: 2,
      publish: async ({ id }) => {
        await wait(5)
        seen.push(id)
        stop.abort()
      },
    })
    expect(report).toEqual({ ...NOTHING, delivered: seen.length })
    expect(seen.length).toBeLessThanOrEqual(2)
    const again: string[] = []
    await world.engine.drainOutbox({ publish: async ({ id }) => void again.push(id) })
    expect(new Set([...seen, ...again]).size).toBe(seen.length + again.length)
    expect(seen.length + again.length).toBe(2 + 5 * 6)
    const none = await world.engine.drainOutbox({ signal: AbortSignal.abort(), publish: () => wait(0) })
    expect(none).toEqual(NOTHING)
  })

  it('says what the store says, and waits for what is under way', async () => {
    const around = relaying(() => ({
      nack: () => Promise.reject(new StoreError('UNAVAILABLE', { reason: 'connection' })),
    }))
    const world = await createWorld({ around })
    let running = 0
    const publish = async ({ subject }: CloudEvent) => {
      running += 1
      if (subject === `tenant/${world.tenantId}`) {
        running -= 1
        throw new Error('refused')
      }
      await wait(20)
      running -= 1
    }
    expect(await refusal(world.engine.drainOutbox({ publish }))).toMatchObject({ code: 'UNAVAILABLE' })
    expect(running).toBe(0)
  })

  it.each([
    [{}, 'publish'],
    [{ publish: 'https://receiver.example' }, 'publish'],
    [{ batchSize: 0 }, 'batchSize'],
    [{ leaseMs: 99 }, 'leaseMs'],
    [{ maxAttempts: 1.5 }, 'maxAttempts'],
    [{ publishTimeoutMs: 0 }, 'publishTimeoutMs'],
    [{ signal: {} }, 'signal'],
  ])('refuses %j', async (options, path) => {
    const { engine } = await createWorld()
    const given = path === 'publish' ? options : { publish: () => wait(0), ...options }
    expect(await refusal(engine.drainOutbox(given as never))).toMatchObject({
      code: 'INVALID_INPUT',
      details: { issues: [{ path }] },
    })
  })
})
