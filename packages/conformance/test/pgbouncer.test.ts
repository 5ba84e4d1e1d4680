import { testPostgres } from '@user-engine/test-postgres/vitest'
import { afterAll, describe, expect, it } from 'vitest'

import { describeStore } from '../src/vitest.ts'
import { hasPgbouncer, startPgbouncer } from './pgbouncer.ts'
import { createStoreTarget } from './postgres-target.ts'
import { topology } from './topology.ts'

if (hasPgbouncer) {
  const target = await createStoreTarget(testPostgres(), null, startPgbouncer)
  afterAll(() => target.dispose())

  describeStore({ describe, it }, target, {
    profiles: ['store-core', 'store-concurrent', 'store-durable', 'store-relational'],
    ...topology('pgbouncer'),
  })
} else {
  // Where the package can be had, it is.
  it('PgBouncer is installed', ({ skip }) => {
    expect(process.env['CI']).toBeUndefined()
    skip('install pgbouncer to run the kit through it')
  })
}
