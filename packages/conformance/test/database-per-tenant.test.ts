import { createEngineRouter, createUserEngine, isUserEngineError } from '@user-engine/core'
import { testPostgres } from '@user-engine/test-postgres/vitest'
import { afterAll, expect, it } from 'vitest'

import type { PostgresInstance } from '../src/postgres.ts'
import { createStoreTarget } from './postgres-target.ts'

const target = await createStoreTarget(testPostgres())
afterAll(() => target.dispose())

it('two databases with the same names have nothing in common, and one that is gone takes none with it', async () => {
  const instances = new Map<string, PostgresInstance>()
  for (const id of ['one', 'other']) instances.set(id, await target.open({ id } as never))
  const router = createEngineRouter({
    open: async (database) => {
      const instance = instances.get(database)
      if (instance === undefined) throw new Error('There is no such database.')
      const store = await target.second(instance)
      const authorize = () => ({ allow: true }) as const
      return createUserEngine({ store, authorize, requestHashKeys: ['k'.repeat(32)] })
    },
    maxOpen: 1,
  })
  const actor = { kind: 'service', id: 'host' } as const
  const identity = { issuer: 'https://login.example', subject: 'bjensen' }
  const signUp = (database: string) =>
    router.on(database, (engine) =>
      engine.as({ actor, tenantId: null }).provisionUser({ identity, idempotencyKey: 'the-same' }),
    )
  const made = await Promise.all([signUp('one'), signUp('other')])
  expect(made[0]?.user.id).not.toBe(made[1]?.user.id)
  const foreign = router.on('other', (engine) =>
    engine.as({ actor, tenantId: null }).getUser({ userId: made[0]?.user.id ?? '' }),
  )
  expect(isUserEngineError(await foreign.catch((error: unknown) => error), 'NOT_FOUND')).toBe(true)
  const counts = await Promise.all(
    ['one', 'other'].map((database) =>
      router.on(database, (engine) => engine.as({ actor, tenantId: null }).countRecords()),
    ),
  )
  expect(counts.map(({ users }) => users)).toEqual([1, 1])

  const one = instances.get('one')
  if (one === undefined) throw new Error('It was opened above.')
  await target.destroy(one)
  const gone = await signUp('one').catch((error: unknown) => error)
  expect(isUserEngineError(gone, 'UNAVAILABLE')).toBe(true)
  expect((await router.on('other', (engine) => engine.readiness())).status).toBe('ready')
  await router.close()
  const other = instances.get('other')
  if (other !== undefined) await target.destroy(other)
})
