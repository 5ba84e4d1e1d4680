/** What a store declares of itself: frozen, the same before and after every call (UE-CAPABILITY-001). */
export interface StoreCapabilities {
  /** What a transaction may see of others. Domain promises hold at each of them. */
  readonly isolation: 'read-committed' | 'snapshot' | 'serializable'
  /** What keeps tenants apart below the adapter's own predicates. */
  readonly tenantIsolation: 'predicate' | 'row-level-security' | 'database'
  /** False: everything is gone when the process ends. */
  readonly durable: boolean
  /** Eager: writes reach the store at the call. Deferred: at a later read or when the transaction settles. */
  readonly writes: 'eager' | 'deferred'
}
