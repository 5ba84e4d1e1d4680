import { canMount, startTestPostgres } from '@user-engine/test-postgres'
import { testPostgres } from '@user-engine/test-postgres/vitest'
import { afterAll, describe, expect, it } from 'vitest'

import { describeStore } from '../src/vitest.ts'
import { createStoreTarget } from './postgres-target.ts'
import { topology } from './topology.ts'

const shared = testPostgres()
// A server that is killed is nobody else's: where it can be one, it is.
const own = shared.kind === 'embedded' ? await startTestPostgres({ kind: 'embedded', smallDisk: true }) : null
const target = await createStoreTarget(own ?? shared, own?.process)
afterAll(async () => {
  await target.dispose()
  await own?.stop()
})

it.runIf(own)('has a disk that can be filled, wherever this process may mount one', () => {
  expect(target.faults?.fill !== undefined).toBe(canMount())
})

describeStore({ describe, it }, target, {
  profiles: ['store-core', 'store-concurrent', 'store-durable', 'store-relational'],
  ...topology('postgres', 'full'),
})
