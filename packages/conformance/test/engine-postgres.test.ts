import { testPostgres } from '@user-engine/test-postgres/vitest'
import { afterAll, describe, it } from 'vitest'

import { engineCases } from '../src/engine.ts'
import { describeStore } from '../src/vitest.ts'
import { createStoreTarget } from './postgres-target.ts'
import { topology } from './topology.ts'

const target = await createStoreTarget(testPostgres())
afterAll(() => target.dispose())

describeStore({ describe, it }, target, {
  profiles: ['engine'],
  cases: engineCases,
  ...topology('engine'),
})
