import { afterAll, describe, expect, it } from 'vitest'

import { faultyPostgres, faultyStores, selftest } from '../src/faulty.ts'
import { startOwnServer } from './own-server.ts'
import { createStoreTarget } from './postgres-target.ts'
import { createServedTarget } from './served-target.ts'

/** One of each kind of fault; `pnpm selftest` takes all of them. */
const SAMPLE = [
  'external-refs-by-trigger',
  'scope-of-the-session',
  'savepoint-not-rolled-back',
  'outbox-unlogged',
  'members-at-the-very-end',
]

describe('a faulty database is found by the promise that it breaks, and leaves others alone', async () => {
  const server = await startOwnServer()
  const target = await createStoreTarget(server, server.own)
  afterAll(async () => {
    await target.dispose()
    await server.stop()
  })

  it.each(SAMPLE)('%s', { timeout: 120_000 }, async (name) => {
    const postgres = faultyPostgres.filter((faulty) => faulty.name === name)
    const [kill] = await selftest(target, { faulty: [], postgres, landmarks: 2, timeScale: 1 })
    expect(kill).toMatchObject({
      result: 'killed',
      observation: expect.stringContaining(postgres[0]?.expect ?? 'nothing') as unknown,
    })
  })
})

describe('faulty databases', () => {
  it('are a third of all faulty stores at least, and have names of their own', () => {
    const names = [...faultyStores, ...faultyPostgres].map(({ name }) => name)
    expect(faultyPostgres.length * 3).toBeGreaterThanOrEqual(names.length)
    expect(new Set(names).size).toBe(names.length)
  })

  it('are made of nothing but a database', async () => {
    expect(await selftest(createServedTarget(), { faulty: [] })).toEqual([])
  })
})
