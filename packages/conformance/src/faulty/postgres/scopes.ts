import type { FaultyPostgres } from './faulty-postgres.ts'

const DIRECTORY = "'64697265-6374-8f72-b900-000000000000'"
/** Another policy for a table. */
const policy = (table: string, using: string) => [
  `drop policy scope on user_engine.${table}`,
  `create policy scope on user_engine.${table} using (${using}) with check (scope_id = any (user_engine.bound_scopes()))`,
]
/** Binds one scope, until the transaction ends. */
const BIND_ONE = /(set_config\('user_engine\.scopes', array\[(\$\d+)::uuid\]::text, )true\)/
/** A statement over one table that leaves the scope to row security. */
const unscoped = (table: string): readonly [RegExp, string] => [
  new RegExp(String.raw`from "user_engine"\."${table}" where "scope_id" = any\((\$\d+)::uuid\[\]\)`),
  `from "user_engine"."${table}" where $1::uuid[] is not null`,
]

/** Row security, and how a scope is bound. Statements state the scope as well: where a policy alone is broken, nothing shows. */
export const faultyScopes: readonly FaultyPostgres[] = [
  {
    name: 'policy-forgotten',
    defect: 'Groups came later: their table has no row security, and their statements rely on it.',
    breaks: 'UE-TENANT-001',
    expect: 'groups-find from another tenant: it is',
    by: 'UE-TENANT-001/groups-find',
    schema: ['alter table user_engine.groups disable row level security'],
    statements: [unscoped('groups')],
  },
  {
    name: 'policy-for-everybody',
    defect: 'A second policy, for support, lets everybody read memberships: policies are permissive.',
    breaks: 'UE-TENANT-001',
    expect: 'memberships-find from another tenant',
    by: 'UE-TENANT-001/memberships-find',
    schema: ['create policy support on user_engine.memberships for select using (true)'],
    statements: [unscoped('memberships')],
  },
  {
    name: 'owner-without-force',
    defect: 'The application owns tenant accounts, and row security is not forced upon an owner.',
    breaks: 'UE-TENANT-001',
    expect: 'tenant-accounts-find from another tenant',
    by: 'UE-TENANT-001/tenant-accounts-find',
    schema: [
      'alter table user_engine.tenant_accounts no force row level security',
      `do $$ begin execute format('alter table user_engine.tenant_accounts owner to %I', (select grantee from information_schema.role_table_grants
        where table_name = 'tenant_accounts' and privilege_type = 'INSERT' and grantee like '%runtime' limit 1)); end $$`,
    ],
    statements: [unscoped('tenant_accounts')],
  },
  {
    name: 'view-of-its-owner',
    defect: 'Users are read through a view that runs with the rights of its owner.',
    breaks: 'UE-TENANT-004',
    expect: 'what the tenant sees: user is',
    schema: [
      'create view public.all_users as table user_engine.users',
      'grant usage on schema public to public',
      'grant select on public.all_users to public',
    ],
    statements: [
      [
        /from "user_engine"\."users" where "scope_id" = any\((\$\d+)::uuid\[\]\)/,
        'from public.all_users where $1::uuid[] is not null',
      ],
    ],
  },
  {
    name: 'relay-policy-for-all',
    defect: 'The policy by which the relay serves all tenants is not for the relay alone.',
    breaks: 'UE-TENANT-001',
    expect: 'pending from another tenant: items has',
    by: 'UE-TENANT-001/pending',
    schema: ['create policy relays on user_engine.outbox_events for select using (true)'],
    statements: [
      [
        /(from "user_engine"\."outbox_events" where )"scope_id" = (\$\d+) and "scope_id" = any\((\$\d+)::uuid\[\]\)/,
        '$1$2::uuid is not null and $3::uuid[] is not null',
      ],
    ],
  },
  {
    name: 'no-tenant-of-its-own',
    defect: 'The policy of tenants has no exception for a tenant that reads its own reference.',
    breaks: 'UE-TENANT-005',
    expect: 'the store unexpectedly answered StoreError VERSION_CONFLICT',
    schema: policy('tenants', 'scope_id = any (user_engine.bound_scopes())'),
  },
  {
    name: 'scope-of-the-session',
    defect:
      'A tenant is bound by SET, and stays bound on a pooled connection until that serves the directory.',
    breaks: 'UE-TENANT-010',
    expect: 'the store unexpectedly answered StoreError TENANT_BOUNDARY',
    disturbs: ['UE-TENANT-001', 'UE-TENANT-002'],
    statements: [
      [
        BIND_ONE,
        `case when $2 = ${DIRECTORY} or coalesce(current_setting('user_engine.scopes', true), '') in
          ('', '{' || ${DIRECTORY} || '}') then $1false) end`,
      ],
    ],
  },
  {
    name: 'bound-once-for-a-batch',
    defect: 'What many read at the same moment goes in one batch, in which a tenant that is bound stays so.',
    breaks: 'UE-TENANT-010',
    expect: 'asked at once, by',
    by: 'UE-TENANT-010/asked-at-once',
    statements: [
      [BIND_ONE, `case when coalesce(current_setting('user_engine.scopes', true), '') = '' then $1true) end`],
    ],
  },
  {
    name: 'hides-published-applications',
    defect: 'The policy of applications shows those of the scope, and not those of the directory.',
    breaks: 'UE-APPLICATION-002',
    expect: 'what a tenant finds of the directory: it is null',
    schema: policy('applications', 'scope_id = any (user_engine.bound_scopes())'),
  },
  {
    name: 'policy-shows-drafts-of-applications',
    defect: 'The directory’s drafts are told by nothing from what it has published.',
    breaks: 'UE-APPLICATION-003',
    expect: 'what a tenant finds of a draft',
    schema: policy('applications', `scope_id = any (user_engine.bound_scopes()) or scope_id = ${DIRECTORY}`),
    statements: [[` and state <> 'draft'`, '']],
  },
  {
    name: 'hides-published-catalogs',
    defect: 'The policy of catalogs shows those of the scope, and not those of the directory.',
    breaks: 'UE-CATALOG-003',
    expect: 'what a tenant finds of the directory: it is null',
    schema: policy('attribute_catalogs', 'scope_id = any (user_engine.bound_scopes())'),
  },
  {
    name: 'policy-hides-retired-catalogs',
    defect:
      'The policy of catalogs shows tenants those of the directory that are in force, not those they keep to.',
    breaks: 'UE-CATALOG-003',
    expect: 'the store unexpectedly answered StoreError VERSION_CONFLICT',
    schema: policy(
      'attribute_catalogs',
      `scope_id = any (user_engine.bound_scopes())
        or (scope_id = ${DIRECTORY} and state in ('published', 'deprecated'))`,
    ),
  },
  {
    name: 'policy-shows-drafts-of-catalogs',
    defect: 'The policy of catalogs and the statements forget that a draft is nobody’s yet.',
    breaks: 'UE-CATALOG-004',
    expect: 'what a tenant finds of a draft',
    schema: policy(
      'attribute_catalogs',
      `scope_id = any (user_engine.bound_scopes()) or scope_id = ${DIRECTORY}`,
    ),
    statements: [[` and state <> 'draft'`, '']],
  },
  {
    name: 'relays-of-one-scope',
    defect: 'The policy of the relay shows the directory alone.',
    breaks: 'UE-OUTBOX-018',
    expect: 'delivered events: it has',
    schema: [
      'drop policy relay on user_engine.outbox_events',
      `create policy relay on user_engine.outbox_events using (scope_id = ${DIRECTORY})`,
    ],
  },
]
