import type { ObservedNoun, SchemaFault } from '../target.ts'

/** How a store keeps its records on Postgres: what there is to know to look at them, and to disturb them, past the store. */
export interface PostgresSchema {
  readonly name: string
  /** For each noun a query of all its rows: `scopeId`, `id`, `version` (null where it has none) and `raw`. */
  readonly rows: Readonly<Record<ObservedNoun, string>>
  /** Statements that move by `$1` ms into the past what is judged by the server's clock: that can't be turned. */
  readonly clock: readonly string[]
  /** The table that lists the applied migrations, and what brings it out of order. */
  readonly migrations: {
    readonly table: string
    readonly faults: Readonly<Record<SchemaFault, string>>
  }
}

const ahead = (breaking: boolean) => `insert into user_engine.schema_migrations
  (id, name, sha256, breaking, min_reader, engine_version, duration_ms)
  select max(id) + 1, 'from_the_future', 'none', ${breaking}, 1, '99.0.0', 1 from user_engine.schema_migrations`

const versioned = (table: string) =>
  `select scope_id::text as "scopeId", id::text as id, version, t::text as raw from user_engine.${table} t`
const unversioned = (table: string, id = 'id') =>
  `select scope_id::text as "scopeId", ${id}::text as id, null::int as version, t::text as raw
    from user_engine.${table} t`

/** The schema of `@user-engine/postgres`. */
export const userEngineSchema: PostgresSchema = {
  name: 'user_engine',
  rows: {
    tenants: versioned('tenants'),
    users: versioned('users'),
    accounts: versioned('accounts'),
    externalIdentities: versioned('external_identities'),
    tenantAccounts: versioned('tenant_accounts'),
    groups: versioned('groups'),
    memberships: versioned('memberships'),
    applications: versioned('applications'),
    applicationBindings: versioned('application_bindings'),
    attributeCatalogs: versioned('attribute_catalogs'),
    profileValues: versioned('profile_values'),
    auditRecords: unversioned('audit_records'),
    denials: unversioned('denials'),
    pendingEvents: unversioned('outbox_events'),
    idempotencyRecords: unversioned('idempotency_records', 'command_id'),
  },
  clock: [
    `update user_engine.outbox_events set available_at = available_at - $1 * interval '1 millisecond',
      appended_at = appended_at - $1 * interval '1 millisecond'`,
    `update user_engine.idempotency_records set expires_at = expires_at - $1 * interval '1 millisecond'`,
  ],
  migrations: {
    table: 'user_engine.schema_migrations',
    faults: {
      behind:
        'delete from user_engine.schema_migrations where id = (select max(id) from user_engine.schema_migrations)',
      ahead: ahead(false),
      breaking: ahead(true),
      tampered: "update user_engine.schema_migrations set sha256 = 'another'",
    },
  },
}
