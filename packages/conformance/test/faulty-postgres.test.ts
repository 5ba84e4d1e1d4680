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

  it('counts for nothing where a part of it is never sent', { timeout: 120_000 }, async () => {
    const whole = faultyPostgres.find(({ name }) => name === 'acks-of-anybody')
    if (whole?.statements === undefined) throw new Error('It is a defect of a statement.')
    const stale = { ...whole, statements: [...whole.statements, ['what no adapter sends', ''] as const] }
    const [kill] = await selftest(target, { faulty: [], postgres: [stale], landmarks: 0, timeScale: 1 })
    expect(kill).toMatchObject({
      result: 'astray',
      observation: 'the store never sent what no adapter sends',
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
