import { testPostgres } from '@user-engine/test-postgres/vitest'
import { afterAll, describe, expect, it } from 'vitest'

import { describeStore } from '../src/vitest.ts'
import { startOwnServer } from './own-server.ts'
import { createStoreTarget } from './postgres-target.ts'
import { canMount } from './small-disk.ts'
import { topology } from './topology.ts'

const shared = testPostgres()
// A server that is killed is nobody else's: where it can be one, it is.
const own = shared.kind === 'embedded' ? await startOwnServer() : null
const target = await createStoreTarget(own ?? shared, own?.own)
afterAll(async () => {
  await target.dispose()
  await own?.stop()
})

it.runIf(own)('has a disk that can be filled, wherever this process may mount one', () => {
  expect(target.faults?.fill !== undefined).toBe(canMount())
})

describeStore({ describe, it }, target, {
  profiles: ['store-core', 'store-concurrent', 'store-durable', 'store-relational'],
  ...topology('postgres'),
})
