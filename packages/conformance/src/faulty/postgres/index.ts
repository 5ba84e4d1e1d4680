import { faultyConstraints } from './constraints.ts'
import { faultyCrashes } from './crashes.ts'
import type { FaultyPostgres } from './faulty-postgres.ts'
import { faultyKeys } from './keys.ts'
import { faultyRelays } from './outbox.ts'
import { faultyVersions } from './schema-version.ts'
import { faultyScopes } from './scopes.ts'
import { faultyUnits } from './transactions.ts'
import { faultyUpserts } from './upserts.ts'
import { faultyValues } from './values.ts'
import { faultyLocks } from './versions.ts'

/** Every faulty store that is `@user-engine/postgres` on a real server. */
export const faultyPostgres: readonly FaultyPostgres[] = [
  ...faultyUnits,
  ...faultyLocks,
  ...faultyScopes,
  ...faultyConstraints,
  ...faultyKeys,
  ...faultyUpserts,
  ...faultyValues,
  ...faultyRelays,
  ...faultyCrashes,
  ...faultyVersions,
]
