import type { AccountRepository } from './accounts.ts'
import type { ApplicationBindingRepository } from './application-bindings.ts'
import type { ApplicationRepository } from './applications.ts'
import type { AttributeCatalogRepository } from './attribute-catalogs.ts'
import type { AuditLog } from './audit.ts'
import type { RecordCounts } from './diagnostics.ts'
import type { ExternalIdentityRepository } from './external-identities.ts'
import type { GroupRepository } from './groups.ts'
import type { IdempotencyLog } from './idempotency.ts'
import type { MembershipRepository } from './memberships.ts'
import type { Outbox } from './outbox.ts'
import type { ProfileValueRepository } from './profile-values.ts'
import type { Scope } from './scope.ts'
import type { TenantAccountRepository } from './tenant-accounts.ts'
import type { TenantRepository } from './tenants.ts'
import type { UserRepository } from './users.ts'

/**
 * One unit of work. Everything written through it, audit records, events and idempotency records included, commits
 * together or not at all (UE-TRANSACTION-001), and not at all where its process is killed before (UE-TRANSACTION-013).
 *
 * Reads see what has been committed, no others' writes before (UE-TRANSACTION-011), and the transaction's own
 * (UE-TRANSACTION-004). Reads that are started in the same turn of the event loop may travel together: start them, then
 * await them all. Transactions at the same time are in an order, as far as they have updated or guarded what they read
 * (UE-HISTORY-001).
 *
 * A call after the end, or while a nested transaction of this one is open, fails with a TypeError and does nothing
 * (UE-TRANSACTION-008).
 */
export interface StoreTransaction {
  readonly scope: Scope
  readonly tenants: TenantRepository
  readonly users: UserRepository
  readonly accounts: AccountRepository
  readonly externalIdentities: ExternalIdentityRepository
  readonly tenantAccounts: TenantAccountRepository
  readonly groups: GroupRepository
  readonly memberships: MembershipRepository
  readonly applications: ApplicationRepository
  readonly applicationBindings: ApplicationBindingRepository
  readonly attributeCatalogs: AttributeCatalogRepository
  readonly profileValues: ProfileValueRepository
  readonly audit: AuditLog
  readonly outbox: Outbox
  readonly idempotency: IdempotencyLog
  /** Counts of the records that the scope sees, own writes included. */
  recordCounts(): Promise<RecordCounts>
  /**
   * Runs `work` once in a transaction inside of this one, to any depth. When it fails, exactly its own writes are
   * undone and this transaction goes on (UE-TRANSACTION-002, 003). When it settles, its conflicts have surfaced
   * (UE-TRANSACTION-006). Await it: work that resolves while a nested transaction of its own is open has failed, with a
   * TypeError, and is rolled back with it.
   */
  nested<Result>(work: (tx: StoreTransaction) => Promise<Result>): Promise<Result>
}
