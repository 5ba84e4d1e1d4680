import type { ProviderOptions } from '../src/postgres.ts'
import type { ProvidedDatabase } from './provided-postgres.ts'

export interface ProviderFault {
  readonly what: string
  /** The case that is expected to find it, and what it says in part. */
  readonly by: string
  readonly says: RegExp
  /** What else is red; whatever is looked at besides passes. */
  readonly also?: readonly string[]
  spoil(database: ProvidedDatabase): Promise<Partial<ProviderOptions> | void>
}

const sql =
  (statement: (database: ProvidedDatabase) => string): ProviderFault['spoil'] =>
  async (database) => {
    const admin = await database.admin()
    await admin.query(statement(database))
    await admin.end()
  }

/** What real teams get wrong of a database that they hand over, done to a real one. */
export const providerFaults: readonly ProviderFault[] = [
  {
    what: 'a role with synchronous_commit off',
    by: 'UE-DURABILITY-001/settings',
    says: /^synchronous_commit is off for runtime, by the source "user"\. Remedy: ALTER ROLE … RESET/,
    spoil: sql(({ role }) => `alter role ${role('runtime')} set synchronous_commit = off`),
  },
  {
    what: 'a database with synchronous_commit off',
    by: 'UE-DURABILITY-001/settings',
    says: /by the source "database"\. Remedy: ALTER DATABASE … RESET/,
    spoil: sql(({ handoff }) => `alter database ${handoff.database} set synchronous_commit = off`),
  },
  {
    what: 'a collation of another version than the indexes',
    by: 'UE-HANDOFF-005/collation-version',
    says: /of another version than the database was made with\. Remedy: REINDEX/,
    spoil: sql(
      ({ handoff }) => `update pg_database set datcollversion = '2.27' where datname = '${handoff.database}'`,
    ),
  },
  {
    what: 'a runtime login with BYPASSRLS',
    by: 'UE-PRIVILEGE-001/attributes',
    says: /^runtime has BYPASSRLS\. Remedy: ALTER ROLE … NO/,
    also: ['UE-PRIVILEGE-007/every-table', 'UE-PRIVILEGE-007/probe', 'UE-PRIVILEGE-007/foreign-row'],
    spoil: sql(({ role }) => `alter role ${role('runtime')} bypassrls`),
  },
  {
    what: 'a superuser to migrate',
    by: 'UE-PRIVILEGE-001/attributes',
    says: /^migrator has BYPASSRLS, CREATEDB, CREATEROLE, REPLICATION, SUPERUSER\. Remedy: /,
    also: ['UE-HANDOFF-001/apart'],
    spoil: sql(
      ({ role }) => `alter role ${role('migrator')} superuser bypassrls createdb createrole replication`,
    ),
  },
  {
    what: 'a relay that may make databases',
    by: 'UE-PRIVILEGE-001/attributes',
    says: /^relay has CREATEDB\./,
    spoil: sql(({ role }) => `alter role ${role('relay')} createdb`),
  },
  {
    what: 'a runtime login that can become the owner',
    by: 'UE-PRIVILEGE-001/ownership',
    says: /^runtime owns the schema user_engine, tables of user_engine\. Remedy: /,
    also: ['UE-HANDOFF-001/rights', 'UE-PRIVILEGE-007/every-table'],
    spoil: sql(({ role }) => `grant ${role('owner')} to ${role('runtime')}`),
  },
  {
    what: 'a relay that can become the runtime',
    by: 'UE-HANDOFF-001/apart',
    says: /^relay can become runtime\. Remedy: REVOKE/,
    spoil: sql(
      ({ role }) => `alter role ${role('relay')} noinherit; grant ${role('runtime')} to ${role('relay')}`,
    ),
  },
  {
    what: 'one login for two purposes',
    by: 'UE-HANDOFF-001/apart',
    says: /^3 names for 4 purposes\. Remedy: hand over a login for each purpose/,
    also: ['UE-HANDOFF-001/connect', 'UE-HANDOFF-001/rights'],
    spoil: async ({ handoff }) => ({ handoff: { ...handoff, denials: handoff.runtime } }),
  },
  {
    what: 'a login with another password',
    by: 'UE-HANDOFF-001/connect',
    says: /^migrator gets no connection \(28P01\)\. Remedy: look at its credentials/,
    also: [
      'UE-HANDOFF-001/apart',
      'UE-HANDOFF-002/direct',
      'UE-PRIVILEGE-001/attributes',
      'UE-PRIVILEGE-002/verified',
    ],
    spoil: async ({ handoff }) => ({
      handoff: { ...handoff, migrator: { ...handoff.migrator, password: 'x' } },
    }),
  },
  {
    what: 'denials that can not be written',
    by: 'UE-HANDOFF-001/rights',
    says: /^denials: insert into user_engine\.denials .* refused\. Remedy: run roles\.sql/,
    spoil: sql(({ role }) => `revoke insert on user_engine.denials from ${role('denials')}`),
  },
  {
    what: 'audit records that can be changed',
    by: 'UE-HANDOFF-001/rights',
    says: /^runtime: update user_engine\.audit_records .* done\. Remedy: REVOKE/,
    spoil: sql(({ role }) => `grant update on user_engine.audit_records to ${role('runtime')}`),
  },
  {
    what: 'an owner who can log in',
    by: 'UE-OWNERSHIP-001/owner',
    says: /which can log in\. Remedy: /,
    spoil: sql(({ role }) => `alter role ${role('owner')} login`),
  },
  {
    what: 'a view of somebody else in the schema',
    by: 'UE-OWNERSHIP-001/objects',
    says: /^of somebody else: everybody\. Remedy: drop it/,
    also: ['UE-PRIVILEGE-007/every-table'],
    spoil: sql(() => 'create view user_engine.everybody as select * from user_engine.users'),
  },
  {
    what: 'a right of everybody',
    by: 'UE-OWNERSHIP-002/grants',
    says: /^rights on retention to PUBLIC\. Remedy: REVOKE/,
    spoil: sql(() => 'grant insert on user_engine.retention to public'),
  },
  {
    what: 'a right of everybody on what is still to be made',
    by: 'UE-OWNERSHIP-002/grants',
    says: /^rights on what the owner will make to PUBLIC\./,
    spoil: sql(
      ({ role }) =>
        `alter default privileges for role ${role('owner')} in schema user_engine grant select on tables to public`,
    ),
  },
  {
    what: 'a public schema that everybody may create in',
    by: 'UE-OWNERSHIP-002/search-path',
    says: /^runtime may create in public, where its search_path looks\. Remedy: REVOKE CREATE/,
    spoil: sql(() => 'grant create on schema public to public'),
  },
  {
    what: 'a table whose row security is not forced',
    by: 'UE-PRIVILEGE-007/every-table',
    says: /^groups has row security not forced\. Remedy: somebody changed the schema by hand/,
    spoil: sql(() => 'alter table user_engine.groups no force row level security'),
  },
  {
    what: 'a policy that was dropped',
    by: 'UE-PRIVILEGE-007/every-table',
    says: /^memberships has no policy\./,
    spoil: sql(() => 'drop policy scope on user_engine.memberships'),
  },
  {
    what: 'a policy that lets everything through',
    by: 'UE-PRIVILEGE-007/foreign-row',
    says: /^a group is seen in another tenant\. Remedy: /,
    also: ['UE-PRIVILEGE-007/every-table'],
    spoil: sql(() => 'alter policy scope on user_engine.groups using (true)'),
  },
  {
    what: 'a probe that everybody sees',
    by: 'UE-PRIVILEGE-007/probe',
    says: /^the row of the probe is seen without a scope\./,
    also: ['UE-PRIVILEGE-007/every-table'],
    spoil: sql(() => 'alter table user_engine.isolation_probe disable row level security'),
  },
  {
    what: 'a login without a timeout',
    by: 'UE-HANDOFF-006/set',
    says: /^statement_timeout of relay is not set\. Remedy: ALTER ROLE … SET/,
    spoil: sql(({ role }) => `alter role ${role('relay')} reset statement_timeout`),
  },
  {
    what: 'a connection limit below the pool',
    by: 'UE-HANDOFF-003/budget',
    says: /^the role of runtime admits 2 of 4 connections\. Remedy: ALTER ROLE … CONNECTION LIMIT/,
    also: ['UE-HANDOFF-003/opened'],
    spoil: sql(({ role }) => `alter role ${role('runtime')} connection limit 2`),
  },
  {
    what: 'more processes than the server admits',
    by: 'UE-HANDOFF-003/budget',
    says: /^the server admits 197 of 900 connections of 100 processes\. Remedy: raise max_connections/,
    spoil: async () => ({ processes: 100 }),
  },
  {
    what: 'a clock that is an hour behind that of the application',
    by: 'UE-HANDOFF-007/skew',
    says: /^the clocks are 3[56]\d{5} ms apart\. Remedy: keep both machines on one source of time/,
    spoil: async () => ({ now: () => Date.now() + 3_600_000 }),
  },
]
