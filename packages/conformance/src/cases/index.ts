import type { Case } from '../case.ts'
import { histories } from '../history/cases.ts'
import { model } from '../model/cases.ts'
import { providerCases } from '../provider/cases.ts'
import { accounts } from './accounts.ts'
import { applicationBindings } from './application-bindings.ts'
import { applications } from './applications.ts'
import { attributeCatalogs } from './attribute-catalogs.ts'
import { audit } from './audit.ts'
import { capability } from './capability.ts'
import { concurrency } from './concurrency.ts'
import { conflicts } from './conflicts.ts'
import { crashes } from './crashes.ts'
import { denials } from './denials.ts'
import { diagnostics } from './diagnostics.ts'
import { externalIdentities } from './external-identities.ts'
import { foreignCursors } from './foreign-cursors.ts'
import { fullDisk } from './full-disk.ts'
import { groups } from './groups.ts'
import { heldLocks } from './held-locks.ts'
import { heldVersions } from './held-versions.ts'
import { idRaces } from './id-races.ts'
import { idempotency } from './idempotency.ts'
import { isolation } from './isolation.ts'
import { isolationLevel } from './isolation-level.ts'
import { keptTexts } from './kept-texts.ts'
import { lateWrites } from './late-writes.ts'
import { leftOpen } from './left-open.ts'
import { lifecycle } from './lifecycle.ts'
import { lostAnswers } from './lost-answers.ts'
import { lostClients } from './lost-clients.ts'
import { lostConnections } from './lost-connections.ts'
import { lostWorkers } from './lost-workers.ts'
import { memberships } from './memberships.ts'
import { misuse } from './misuse.ts'
import { nesting } from './nesting.ts'
import { outboxClaims } from './outbox-claims.ts'
import { outboxLeases } from './outbox-leases.ts'
import { outboxOrder } from './outbox-order.ts'
import { outboxWorkers } from './outbox-workers.ts'
import { outbox } from './outbox.ts'
import { ownFates } from './own-fates.ts'
import { ownWrites } from './own-writes.ts'
import { paging } from './paging.ts'
import { profileFacts } from './profile-facts.ts'
import { profileStates } from './profile-states.ts'
import { profileValues } from './profile-values.ts'
import { racedGuards } from './raced-guards.ts'
import { readAnew } from './read-anew.ts'
import { readiness } from './readiness.ts'
import { recordCopies } from './record-copies.ts'
import { records } from './records.ts'
import { redaction } from './redaction.ts'
import { refusedRecords } from './refused-records.ts'
import { replacedRecords } from './replaced-records.ts'
import { replicaReads } from './replica-reads.ts'
import { schemaVersion } from './schema-version.ts'
import { separateTenants } from './separate-tenants.ts'
import { signIn } from './sign-in.ts'
import { simultaneousReads } from './simultaneous-reads.ts'
import { simultaneousSignIns } from './simultaneous-sign-ins.ts'
import { stateGuards } from './state-guards.ts'
import { subjects } from './subjects.ts'
import { tenantAccounts } from './tenant-accounts.ts'
import { tenants } from './tenants.ts'
import { transaction } from './transaction.ts'
import { uniqueness } from './uniqueness.ts'
import { unkeptTexts } from './unkept-texts.ts'
import { users } from './users.ts'
import { staleAmongOthers, versions } from './versions.ts'
import { wholeUnits } from './whole-units.ts'
import { writtenAlone } from './written-alone.ts'
import { writtenAtEachLevel } from './written-at-each-level.ts'

/** Every case about a store alone, in the order of the catalogue. */
export const storeCases: readonly Case[] = [
  ...transaction,
  ...nesting,
  ...leftOpen,
  ...lateWrites,
  ...conflicts,
  ...ownWrites,
  ...writtenAlone,
  ...writtenAtEachLevel,
  ...readAnew,
  ...misuse,
  ...isolationLevel,
  ...ownFates,
  ...versions,
  ...staleAmongOthers,
  ...stateGuards,
  ...racedGuards,
  ...concurrency,
  ...heldLocks,
  ...heldVersions,
  ...uniqueness,
  ...isolation,
  ...foreignCursors,
  ...separateTenants,
  ...simultaneousReads,
  ...simultaneousSignIns,
  ...tenants,
  ...users,
  ...accounts,
  ...tenantAccounts,
  ...externalIdentities,
  ...subjects,
  ...signIn,
  ...groups,
  ...memberships,
  ...applications,
  ...applicationBindings,
  ...attributeCatalogs,
  ...profileFacts,
  ...profileStates,
  ...profileValues,
  ...records,
  ...idRaces,
  ...replacedRecords,
  ...keptTexts,
  ...unkeptTexts,
  ...refusedRecords,
  ...recordCopies,
  ...paging,
  ...audit,
  ...denials,
  ...outbox,
  ...outboxOrder,
  ...outboxLeases,
  ...outboxClaims,
  ...outboxWorkers,
  ...idempotency,
  ...redaction,
  ...readiness,
  ...schemaVersion,
  ...diagnostics,
  ...replicaReads,
  ...lifecycle,
  ...capability,
  ...lostAnswers,
  ...wholeUnits,
  ...lostWorkers,
  ...lostConnections,
  ...fullDisk,
  ...lostClients,
  ...crashes,
  ...model,
  ...histories,
]

/** What a run chooses from where nobody says otherwise: by its profiles. */
export const defaultCases: readonly Case[] = [...storeCases, ...providerCases]
