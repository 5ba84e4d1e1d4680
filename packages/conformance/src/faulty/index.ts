import { faultyClients } from './clients.ts'
import { faultyErrors } from './errors.ts'
import { faultyFacts } from './facts.ts'
import type { FaultyStore } from './faulty-store.ts'
import { faultyGuards } from './guards.ts'
import { faultyIdempotency } from './idempotency.ts'
import { faultyIdentities } from './identities.ts'
import { faultyLeases } from './leases.ts'
import { faultyLifecycle } from './lifecycle.ts'
import { faultyMembers } from './members.ts'
import { faultyNesting } from './nesting.ts'
import { faultyOutbox } from './outbox.ts'
import { faultyProfiles } from './profiles.ts'
import { faultyRecords } from './records.ts'
import { faultyRefusedWrites } from './refused-writes.ts'
import { faultyReplicas } from './replicas.ts'
import { faultyReports } from './reports.ts'
import { faultySequences } from './sequences.ts'
import { faultySettlements } from './settlements.ts'
import { faultySharedCommits } from './shared-commits.ts'
import { faultyStateGuards } from './state-guards.ts'
import { faultyTenants } from './tenants.ts'
import { faultyTrails } from './trails.ts'
import { faultyTransactions } from './transactions.ts'
import { faultyUniqueness } from './uniqueness.ts'
import { faultyUnsentWrites } from './unsent-writes.ts'
import { faultyVersions } from './versions.ts'

/** Every faulty store that is published: each breaks one promise. */
export const faultyStores: readonly FaultyStore[] = [
  ...faultyTransactions,
  ...faultySharedCommits,
  ...faultyNesting,
  ...faultyUnsentWrites,
  ...faultyVersions,
  ...faultyGuards,
  ...faultyStateGuards,
  ...faultyTenants,
  ...faultyIdentities,
  ...faultyProfiles,
  ...faultyFacts,
  ...faultyRecords,
  ...faultyMembers,
  ...faultyUniqueness,
  ...faultyTrails,
  ...faultyOutbox,
  ...faultyLeases,
  ...faultySettlements,
  ...faultyIdempotency,
  ...faultyErrors,
  ...faultyRefusedWrites,
  ...faultyClients,
  ...faultyReplicas,
  ...faultyReports,
  ...faultyLifecycle,
  ...faultySequences,
]
