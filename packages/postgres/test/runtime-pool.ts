import { createPurposePool } from '../src/pool.ts'
import { createPrimaryFences } from '../src/primary-fence.ts'
import { handoffOf } from './opened-store.ts'
import type { ProvidedDatabase } from './provided-database.ts'

/** Eight connections of the runtime's login, below any store. */
export function createRuntimePool(database: ProvidedDatabase) {
  const handoff = handoffOf(database)
  if ('lease' in handoff.runtime) throw new Error('It is a user and a password.')
  return createPurposePool(
    handoff,
    handoff.runtime,
    { max: 8, connectTimeoutMs: 10_000, batchTimeoutMs: 20_000, preparedStatements: true },
    'runtime',
    createPrimaryFences([]).primary,
  )
}
