import type { StoreCapabilities } from './capabilities.ts'
import type { OutboxState } from './outbox.ts'
import type { SchemaVersionReport } from './schema-version.ts'

/**
 * How many records of each noun a scope sees, exactly (UE-DIAGNOSTICS-003): its denials and what is left of its outbox
 * too, and of the idempotency records those that have not expired.
 */
export interface RecordCounts {
  readonly tenants: number
  readonly users: number
  readonly accounts: number
  readonly externalIdentities: number
  readonly tenantAccounts: number
  readonly groups: number
  readonly memberships: number
  readonly applications: number
  readonly applicationBindings: number
  readonly attributeCatalogs: number
  readonly profileValues: number
  readonly auditRecords: number
  readonly denials: number
  readonly pendingEvents: number
  readonly idempotencyRecords: number
}

/**
 * What an operator may paste into a public ticket: names, versions, counts (UE-DIAGNOSTICS-001). Never a credential, a
 * host, an address, an id or a value of a record.
 */
export interface DiagnosticsReport {
  readonly adapter: { readonly name: string; readonly version: string }
  readonly capabilities: StoreCapabilities
  readonly schemaVersion: SchemaVersionReport | null
  readonly outbox: OutboxState | null
  /** Names and numbers of the adapter's own, e.g. `postgres.pool.runtime.idle`. */
  readonly gauges: Readonly<Record<string, string | number | boolean | null>>
}
