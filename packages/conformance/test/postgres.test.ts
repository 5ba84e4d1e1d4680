import { startTestPostgres } from '@user-engine/test-postgres'
import { testPostgres } from '@user-engine/test-postgres/vitest'
import { afterAll, describe, it } from 'vitest'

import { describeStore } from '../src/vitest.ts'
import { createPostgresTarget } from './postgres-target.ts'

const shared = testPostgres()
// A server that is killed is nobody else's: where it can be one, it is.
const own = shared.kind === 'embedded' ? await startTestPostgres({ kind: 'embedded' }) : null
const { target, dispose } = await createPostgresTarget(own ?? shared, own?.process)
afterAll(async () => {
  await dispose()
  await own?.stop()
})

describeStore({ describe, it }, target, {
  profiles: ['store-core', 'store-concurrent', 'store-durable', 'store-relational'],
})
