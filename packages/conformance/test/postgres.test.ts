import { testPostgres } from '@user-engine/test-postgres/vitest'
import { afterAll, describe, it } from 'vitest'

import { describeStore } from '../src/vitest.ts'
import { createPostgresTarget } from './postgres-target.ts'

const { target, dispose } = await createPostgresTarget(testPostgres())
afterAll(dispose)

describeStore({ describe, it }, target, {
  profiles: ['store-core', 'store-concurrent', 'store-durable', 'store-relational'],
})
