import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'

interface VersionedTable {
  readonly scope_id: string
  readonly id: string
  readonly state: string
  readonly version: number
  readonly created_at: Date
  readonly updated_at: Date
}

interface TimelineTable {
  readonly scope_id: string
  readonly id: string
  readonly occurred_at: Date
  readonly actor_kind: string
  readonly actor_id: string
  readonly action: string
  readonly target_kind: string
  readonly target_id: string | null
  readonly correlation_id: string | null
}

/** The tables as the migrations leave them. JSON columns are given as text. */
export interface Database {
  readonly tenants: VersionedTable & { readonly external_ref: string | null }
  readonly users: VersionedTable & { readonly kind: string }
  readonly accounts: VersionedTable & { readonly user_id: string }
  readonly external_identities: VersionedTable & {
    readonly user_id: string
    readonly issuer: string
    readonly subject: string
  }
  readonly tenant_accounts: VersionedTable & {
    readonly user_id: string
    readonly external_id: string | null
    readonly origin: string
  }
  readonly groups: VersionedTable & { readonly key: string; readonly display_name: string }
  readonly memberships: VersionedTable & {
    readonly group_id: string
    readonly tenant_account_id: string
    readonly roles: string
  }
  readonly applications: VersionedTable & { readonly client_key: string }
  readonly application_bindings: VersionedTable & {
    readonly application_id: string
    readonly catalog_id: string | null
  }
  readonly attribute_catalogs: VersionedTable & {
    readonly layer: string
    readonly owner_id: string
    readonly key: string
    readonly catalog_version: number
    readonly definitions: string
  }
  readonly profile_values: VersionedTable & {
    readonly user_id: string
    readonly layer: string
    readonly owner_id: string
    readonly attribute: string
    readonly value: string
    readonly source: string
    readonly catalog_id: string
    readonly unique_key: string | null
  }
  readonly audit_records: TimelineTable & { readonly command_id: string; readonly changes: string }
  readonly denials: TimelineTable & { readonly reason: string }
  readonly outbox_events: {
    readonly scope_id: string
    readonly id: string
    readonly type: string
    readonly aggregate_kind: string
    readonly aggregate_id: string
    readonly aggregate_version: number
    readonly ordinal: number
    readonly occurred_at: Date
    readonly command_id: string
    readonly correlation_id: string | null
    readonly data: string
    readonly appended_at: Date
    readonly attempts: number
    readonly available_at: Date
    readonly lease_token: string | null
    readonly leased: boolean
    readonly dead_at: Date | null
  }
  readonly idempotency_records: {
    readonly scope_id: string
    readonly actor: string
    readonly key: string
    readonly command_id: string
    readonly request_hash: string
    readonly result: string
    readonly created_at: Date
    readonly expires_at: Date
  }
}

/** Builds statements and runs none: they are compiled once and sent by `executeBatch`. */
export const db = new Kysely<Database>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (kysely) => new PostgresIntrospector(kysely),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
}).withSchema('user_engine')
