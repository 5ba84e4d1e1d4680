/**
 * What a case can't do without, beyond a store: a capability that the store declares, or a power that the target has.
 * A case whose need is not met is skipped as unsupported, and its report says which need.
 */
export type Need =
  /** The store's capability `durable` is true. */
  | 'durable'
  /** The target reads rows without the adapter. */
  | 'observer'
  /** The target turns the store's clock on. Only where real waiting would not do. */
  | 'clock'
  /** The target brings a schema out of order. */
  | 'migrations'
  | 'faults.suspend'
  | 'faults.cut'
  | 'faults.terminate'
  | 'faults.crash'
  | 'faults.exhaust'
  | 'faults.demote'
  | 'faults.fill'
  | 'faults.client'
  /** The target says how a provider's database is reached. */
  | 'provider'
  /** Its handoff promises TLS, or gives leases, or a login for migrations. */
  | 'provider.tls'
  | 'provider.leases'
  | 'provider.migrator'
  /** The provider migrates, ends a lease, restores. */
  | 'provider.migrate'
  | 'provider.revoke'
  | 'provider.restore'

/** They are true of a store or a handoff, and there is nothing to be called. */
export const FACTS: ReadonlySet<Need> = new Set([
  'durable',
  'provider.tls',
  'provider.leases',
  'provider.migrator',
])

export const NEEDS: readonly Need[] = [
  'durable',
  'observer',
  'clock',
  'migrations',
  'faults.suspend',
  'faults.cut',
  'faults.terminate',
  'faults.crash',
  'faults.exhaust',
  'faults.demote',
  'faults.fill',
  'faults.client',
  'provider',
  'provider.tls',
  'provider.leases',
  'provider.migrator',
  'provider.migrate',
  'provider.revoke',
  'provider.restore',
]
