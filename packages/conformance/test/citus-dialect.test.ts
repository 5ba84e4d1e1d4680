import { testPostgres } from '@user-engine/test-postgres/vitest'
import { afterAll, describe, it } from 'vitest'

import { describeStore } from '../src/vitest.ts'
import { createStoreTarget } from './postgres-target.ts'
import { topology } from './topology.ts'

/** The forms that Citus needs do the same on plain Postgres. */
const target = await createStoreTarget(testPostgres(), null, null, 'citus')
afterAll(() => target.dispose())

describeStore({ describe, it }, target, {
  profiles: ['store-core', 'store-concurrent', 'store-relational'],
  ...topology('citus-dialect'),
})
