import { faultyAnswers } from './answers.ts'
import type { FaultyStore } from './faulty-store.ts'
import { faultyIdentities } from './identities.ts'
import { faultyOutbox } from './outbox.ts'
import { faultyRecords } from './records.ts'
import { faultyTenants } from './tenants.ts'
import { faultyTrails } from './trails.ts'
import { faultyTransactions } from './transactions.ts'
import { faultyUniqueness } from './uniqueness.ts'
import { faultyVersions } from './versions.ts'

/** Every faulty store that is published: each breaks one promise. */
export const faultyStores: readonly FaultyStore[] = [
  ...faultyTransactions,
  ...faultyVersions,
  ...faultyTenants,
  ...faultyIdentities,
  ...faultyRecords,
  ...faultyUniqueness,
  ...faultyTrails,
  ...faultyOutbox,
  ...faultyAnswers,
]
