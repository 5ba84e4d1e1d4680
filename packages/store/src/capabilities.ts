/**
 * What a store declares of itself, and is held to: frozen, the same before and after every call (UE-CAPABILITY-001).
 */
export interface StoreCapabilities {
  /** What a transaction may see of others (UE-CAPABILITY-002). Domain promises hold at each of them. */
  readonly isolation: 'read-committed' | 'snapshot' | 'serializable'
  /** What keeps tenants apart below the adapter's own predicates. */
  readonly tenantIsolation: 'predicate' | 'row-level-security' | 'database'
  /**
   * True: what was committed is seen by a handle that is opened after all others were closed, and outlives a crash of
   * the backend (UE-CAPABILITY-003, UE-TRANSACTION-012). False: everything is gone when the process ends.
   */
  readonly durable: boolean
  /** Eager: writes reach the store at the call. Deferred: at a later read or when the transaction settles. */
  readonly writes: 'eager' | 'deferred'
}
