import { setTimeout as wait } from 'node:timers/promises'

import { createMemoryStore } from '@user-engine/memory'
import { describe, expect, it } from 'vitest'

import { refusal } from '../test/world.ts'
import { createEngineRouter, createUserEngine, type UserEngineService } from './index.ts'

const ACTOR = { kind: 'service', id: 'host' } as const

/** Databases in memory: each stays where it is when its engine is closed. */
function databases() {
  const opened: string[] = []
  const closed: string[] = []
  const open = (database: string): UserEngineService => {
    opened.push(database)
    const engine = createUserEngine({
      store: createMemoryStore(),
      authorize: () => ({ allow: true }),
      requestHashKeys: ['k'.repeat(32)],
    })
    return {
      ...engine,
      async close() {
        await engine.close()
        await new Promise(setImmediate)
        closed.push(database)
      },
    }
  }
  return { opened, closed, open }
}

describe('the router', () => {
  it('gives each database an engine of its own, once, and keeps them apart', async () => {
    const { opened, open } = databases()
    const router = createEngineRouter({ open })
    const register = (database: string) =>
      router.on(database, (engine) =>
        engine.as({ actor: ACTOR, tenantId: null }).registerTenant({ externalRef: 'acme' }),
      )
    await Promise.all([register('one'), register('other')])
    expect(await refusal(register('one'))).toMatchObject({ code: 'ALREADY_EXISTS' })
    expect(opened.toSorted()).toEqual(['one', 'other'])
    await router.close()
    expect(await refusal(register('one'))).toMatchObject({
      code: 'UNAVAILABLE',
      details: { reason: 'closed' },
    })
  })

  it('closes the one that was used longest ago, and none that somebody works on', async () => {
    const { opened, closed, open } = databases()
    const router = createEngineRouter({ open, maxOpen: 2 })
    const gate = Promise.withResolvers<void>()
    const busy = router.on('busy', () => gate.promise)
    for (const name of ['a', 'b', 'a', 'c']) await router.on(name, async () => {})
    await expect.poll(() => closed).toEqual(['a', 'b', 'a'])
    gate.resolve()
    await busy
    await router.close()
    expect(opened.toSorted()).toEqual(closed.toSorted())
  })

  it('keeps the one that was used again', async () => {
    const { closed, open } = databases()
    const router = createEngineRouter({ open, maxOpen: 2 })
    for (const name of ['a', 'b', 'a', 'c']) await router.on(name, async () => {})
    await expect.poll(() => closed).toEqual(['b'])
    await router.close()
  })

  it('asks again where a database could not be opened, and lets the others work', async () => {
    let attempts = 0
    const { open } = databases()
    const router = createEngineRouter({
      async open(database) {
        attempts += 1
        if (database === 'broken' && attempts < 3) throw new Error('no such database')
        return open(database)
      },
    })
    const ready = (database: string) => router.on(database, (engine) => engine.readiness())
    await expect(Promise.all([ready('broken'), ready('broken')])).rejects.toThrow('no such database')
    await expect(ready('broken')).rejects.toThrow('no such database')
    expect((await ready('other')).status).toBe('ready')
    expect((await ready('broken')).status).toBe('ready')
    await router.close()
  })

  it('waits for the work that is under way before it closes', async () => {
    const { closed, open } = databases()
    const router = createEngineRouter({ open })
    const gate = Promise.withResolvers<void>()
    const work = router.on('one', () => gate.promise)
    const closing = router.close()
    await wait(20)
    expect(closed).toEqual([])
    gate.resolve()
    await Promise.all([work, closing])
    expect(closed).toEqual(['one'])
  })

  it('is not made of what makes no sense', () => {
    expect(() => createEngineRouter({ open: null as never })).toThrow('The input is not valid')
    expect(() => createEngineRouter({ open: databases().open, maxOpen: 0 })).toThrow('The input is not valid')
  })
})
