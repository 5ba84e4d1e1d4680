import { setTimeout as wait } from 'node:timers/promises'

import { createMemoryStore } from '@user-engine/memory'
import { StoreError } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { history, NOTHING, relaying } from '../test/draining.ts'
import { createWorld, refusal } from '../test/world.ts'
import type { CloudEvent } from './outbox.ts'

describe('the claims of drainOutbox', () => {
  it('claims the next batch while one is delivered, and delivers one at a time', async () => {
    const claimOf = new Map<string, number>()
    const publishing = new Set<number>()
    let claims = 0
    let ahead = 0
    const around = relaying((relay) => ({
      claim: async (request) => {
        ahead = Math.max(ahead, publishing.size)
        const claim = await relay.claim(request)
        claims += 1
        for (const { event } of claim.events) claimOf.set(event.id, claims)
        return claim
      },
    }))
    const world = await createWorld({ around })
    await history(world)
    let most = 0
    const publish = async ({ id }: CloudEvent) => {
      const claim = claimOf.get(id) ?? 0
      publishing.add(claim)
      most = Math.max(most, publishing.size)
      await wait(2)
      publishing.delete(claim)
    }
    const report = await world.engine.drainOutbox({ batchSize: 2, publish })
    expect(report).toEqual({ ...NOTHING, delivered: 2 + 5 * 6 })
    expect({ ahead, most }).toEqual({ ahead: 1, most: 1 })
  })

  it('says what the store says to the claim beside, when what is under way is over', async () => {
    let claims = 0
    const around = relaying((relay) => ({
      claim: (request) => {
        claims += 1
        return claims === 2
          ? Promise.reject(new StoreError('UNAVAILABLE', { reason: 'connection' }))
          : relay.claim(request)
      },
    }))
    const world = await createWorld({ around })
    await history(world)
    const seen: string[] = []
    const publish = async ({ id }: CloudEvent) => {
      await wait(5)
      seen.push(id)
    }
    expect(await refusal(world.engine.drainOutbox({ batchSize: 2, publish }))).toMatchObject({
      code: 'UNAVAILABLE',
    })
    // Both were under way when it failed, and are acknowledged; nothing else was begun.
    expect(seen).toHaveLength(2)
    const again = await world.engine.drainOutbox({ publish })
    expect(again.delivered).toBe(2 + 5 * 6 - 2)
  })

  it('prolongs its lease at half time while a receiver is slow', async () => {
    const extended: number[] = []
    const around = relaying((relay) => ({
      extend: async (events, leaseMs) => {
        await relay.extend(events, leaseMs)
        extended.push(leaseMs)
      },
    }))
    const world = await createWorld({ around })
    const report = await world.engine.drainOutbox({ leaseMs: 100, publish: () => wait(350) })
    expect(extended.length).toBeGreaterThanOrEqual(4)
    expect(new Set(extended)).toEqual(new Set([100]))
    expect(report).toEqual({ ...NOTHING, delivered: 2 })
  })

  it('stops where the lease is lost: nothing of it counts, and others deliver it', async () => {
    const around = relaying(() => ({
      extend: () => Promise.reject(new StoreError('LEASE_LOST', {})),
    }))
    let time = Date.now()
    const store = createMemoryStore({ clock: () => new Date(time) })
    const world = await createWorld({ around: () => around(store) })
    const started: boolean[] = []
    const lost = await world.engine.drainOutbox({
      leaseMs: 100,
      concurrency: 1,
      publish: async (_, signal) => {
        started.push(signal.aborted)
        if (started.length > 1) return
        await wait(120)
        expect(signal.aborted).toBe(true)
        time += 200
      },
    })
    // The first was under way, the second was not begun under that lease; both come again under a new one.
    expect(lost).toEqual({ ...NOTHING, delivered: 2, lost: 2 })
    expect(started).toEqual([false, false, false])
  })
})
