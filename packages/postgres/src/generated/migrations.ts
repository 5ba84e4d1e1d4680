// Written by generate.ts from migrations/*.sql.
import type { Migration } from '../migrations.ts'

export const MIGRATIONS: readonly Migration[] = [
  {
    id: 1,
    name: 'initial',
    breaking: false,
    minReader: 1,
    online: null,
    sha256: '064f51760bd87deff41a7df466967675ad8166726826de3bc21900a7a4d5f27c',
    sql: `-- breaking: no
-- min reader: 1
--
-- The directory, the tenants' accounts, and what commits with them: audit, outbox, idempotency.
--
-- Every table has scope_id first in every key. A foreign key stays inside of a scope. Constraints of the port carry the
-- port's names. Indexed text is COLLATE "C": its order never changes with the system's libraries.
-- Names have at most 45 characters, so that an engine that appends a shard number leaves them whole.

-- What has been applied. The rows are the migrator's; whoever connects reads them.
create table user_engine.schema_migrations (
  id integer not null,
  name text not null,
  sha256 text not null,
  breaking boolean not null,
  min_reader integer not null,
  applied_at timestamptz not null default now(),
  engine_version text not null,
  duration_ms integer not null,
  constraint schema_migration_id primary key (id)
);

-- Scope ------------------------------------------------------------------------------------------------------------

-- SET LOCAL and never set_config: engines that spread a schema over nodes forward the statement, not the function.
create function user_engine.bind_scope(scope uuid) returns void
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if scope is null then
    raise exception using errcode = 'UE000', message = 'a scope is required';
  end if;
  execute format('set local user_engine.scopes = %L', array[scope]);
end
$$;

create function user_engine.bind_scope(scope uuid, beside uuid) returns void
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if scope is null or beside is null then
    raise exception using errcode = 'UE000', message = 'a scope is required';
  end if;
  execute format('set local user_engine.scopes = %L', array[scope, beside]);
end
$$;

-- Unbound is the empty array, which no row equals. A standard body is bound when it is created: no search_path to attack,
-- and the planner inlines it. No subquery around its calls in policies: Citus refuses those.
create function user_engine.bound_scopes() returns uuid[]
  language sql stable parallel safe
  return coalesce(nullif(current_setting('user_engine.scopes', true), ''), '{}')::uuid[];

-- Ends the statement, and the transaction with it, unless ok. The caller says what that means by a code of its own.
create function user_engine.expect(ok boolean, code text, subject text default '') returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
begin
  if ok is not true then
    raise exception using errcode = code, message = 'an expectation was not met', detail = coalesce(subject, '');
  end if;
end
$$;

-- Directory --------------------------------------------------------------------------------------------------------

create table user_engine.tenants (
  scope_id uuid not null,
  id uuid not null,
  external_ref text collate "C",
  state text not null,
  version integer not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint tenant_id primary key (scope_id, id),
  constraint tenant_external_ref unique (scope_id, external_ref),
  constraint tenant_in_directory check (scope_id = '64697265-6374-8f72-b900-000000000000'),
  constraint tenant_state check (state in ('provisioning', 'active', 'suspended', 'deleting', 'deleted')),
  constraint tenant_version check (version > 0)
);

create table user_engine.users (
  scope_id uuid not null,
  id uuid not null,
  kind text not null,
  state text not null,
  version integer not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint user_id primary key (scope_id, id),
  constraint user_in_directory check (scope_id = '64697265-6374-8f72-b900-000000000000'),
  constraint user_kind check (kind in ('person', 'service')),
  constraint user_state check (state in ('active', 'suspended')),
  constraint user_version check (version > 0)
);

create table user_engine.accounts (
  scope_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  state text not null,
  version integer not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint account_id primary key (scope_id, id),
  constraint account_user unique (scope_id, user_id),
  constraint account_user_reference foreign key (scope_id, user_id) references user_engine.users (scope_id, id),
  constraint account_in_directory check (scope_id = '64697265-6374-8f72-b900-000000000000'),
  constraint account_state check (state in ('invited', 'active', 'disabled', 'closed')),
  constraint account_version check (version > 0)
);

-- Of a tenant's own provider the user still lives in the directory: a reference to it would cross scopes.
create table user_engine.external_identities (
  scope_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  issuer text collate "C" not null,
  subject text collate "C" not null,
  state text not null,
  version integer not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint external_identity_id primary key (scope_id, id),
  constraint external_identity_state check (state in ('linked', 'unlinked')),
  constraint external_identity_version check (version > 0)
);

create unique index external_identity_subject
  on user_engine.external_identities (scope_id, issuer, subject) where state = 'linked';
create index external_identities_of_user on user_engine.external_identities (scope_id, user_id, id);

-- Tenants ----------------------------------------------------------------------------------------------------------

create table user_engine.tenant_accounts (
  scope_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  external_id text collate "C",
  origin text not null,
  state text not null,
  version integer not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint tenant_account_id primary key (scope_id, id),
  constraint tenant_account_user unique (scope_id, user_id),
  constraint tenant_account_external_id unique (scope_id, external_id),
  constraint tenant_account_in_tenant check (scope_id <> '64697265-6374-8f72-b900-000000000000'),
  constraint tenant_account_origin check (origin in ('managed', 'unmanaged')),
  constraint tenant_account_state check (state in ('invited', 'active', 'suspended', 'deprovisioned')),
  constraint tenant_account_version check (version > 0)
);

create table user_engine.groups (
  scope_id uuid not null,
  id uuid not null,
  key text collate "C" not null,
  display_name text not null,
  state text not null,
  version integer not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint group_id primary key (scope_id, id),
  constraint group_state check (state in ('active', 'suspended', 'removed')),
  constraint group_in_tenant check (scope_id <> '64697265-6374-8f72-b900-000000000000'),
  constraint group_version check (version > 0)
);

create unique index group_key on user_engine.groups (scope_id, key) where state <> 'removed';

-- The unique key leads with the tenant account: a sign-in asks for all of one.
create table user_engine.memberships (
  scope_id uuid not null,
  id uuid not null,
  group_id uuid not null,
  tenant_account_id uuid not null,
  roles jsonb not null,
  state text not null,
  version integer not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint membership_id primary key (scope_id, id),
  constraint membership_member unique (scope_id, tenant_account_id, group_id),
  constraint membership_group_reference foreign key (scope_id, group_id)
    references user_engine.groups (scope_id, id),
  constraint membership_account_reference foreign key (scope_id, tenant_account_id)
    references user_engine.tenant_accounts (scope_id, id),
  constraint membership_state check (state in ('active', 'suspended', 'removed')),
  constraint membership_in_tenant check (scope_id <> '64697265-6374-8f72-b900-000000000000'),
  constraint membership_version check (version > 0)
);

create index memberships_of_group on user_engine.memberships (scope_id, group_id, id);

-- Applications and profiles -----------------------------------------------------------------------------------------

create table user_engine.applications (
  scope_id uuid not null,
  id uuid not null,
  client_key text collate "C" not null,
  state text not null,
  version integer not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint application_id primary key (scope_id, id),
  constraint application_client_key unique (scope_id, client_key),
  constraint application_state check (state in ('draft', 'active', 'disabled', 'retired')),
  constraint application_version check (version > 0)
);

-- The application and the catalog may live in the directory: a reference would cross scopes.
create table user_engine.application_bindings (
  scope_id uuid not null,
  id uuid not null,
  application_id uuid not null,
  catalog_id uuid,
  state text not null,
  version integer not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint application_binding_id primary key (scope_id, id),
  constraint application_binding_application unique (scope_id, application_id),
  constraint application_binding_state check (state in ('requested', 'active', 'suspended', 'revoked')),
  constraint application_binding_in_tenant check (scope_id <> '64697265-6374-8f72-b900-000000000000'),
  constraint application_binding_version check (version > 0)
);

create table user_engine.attribute_catalogs (
  scope_id uuid not null,
  id uuid not null,
  layer text not null,
  owner_id uuid not null,
  key text collate "C" not null,
  catalog_version integer not null,
  definitions jsonb not null,
  state text not null,
  version integer not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint attribute_catalog_id primary key (scope_id, id),
  constraint attribute_catalog_version unique (scope_id, owner_id, key, catalog_version),
  constraint attribute_catalog_layer check (layer in ('platform', 'tenant', 'application')),
  constraint attribute_catalog_state check (state in ('draft', 'published', 'deprecated', 'retired')),
  constraint attribute_catalog_number check (catalog_version > 0),
  constraint attribute_catalog_record check (version > 0)
);

create unique index attribute_catalog_published
  on user_engine.attribute_catalogs (scope_id, owner_id, key) where state = 'published';

create table user_engine.profile_values (
  scope_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  layer text not null,
  owner_id uuid not null,
  attribute text collate "C" not null,
  value jsonb not null,
  source text not null,
  catalog_id uuid not null,
  unique_key text collate "C",
  state text not null,
  version integer not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint profile_value_id primary key (scope_id, id),
  constraint profile_value_attribute unique (scope_id, user_id, owner_id, attribute),
  constraint profile_value_layer check (layer in ('platform', 'tenant', 'application')),
  constraint profile_value_state check (state in ('set', 'cleared')),
  constraint profile_value_version check (version > 0)
);

create unique index profile_value_unique
  on user_engine.profile_values (scope_id, owner_id, attribute, unique_key) where unique_key is not null;

-- What commits with a change ---------------------------------------------------------------------------------------

-- What is kept for long is partitioned by its id: a UUIDv7 begins with its time in milliseconds, so the key stays as it is
-- and a page by id reads the partitions that it needs. The migrator makes partitions ahead of need and drops old ones.
create table user_engine.audit_records (
  scope_id uuid not null,
  id uuid not null,
  occurred_at timestamptz(3) not null,
  actor_kind text not null,
  actor_id text not null,
  action text not null,
  target_kind text not null,
  target_id text collate "C",
  command_id uuid not null,
  correlation_id text,
  changes jsonb not null,
  constraint audit_record_id primary key (scope_id, id),
  constraint audit_record_actor_kind check (actor_kind in ('user', 'service'))
) partition by range (id);

create index audit_records_of_target on user_engine.audit_records (scope_id, target_id, id);

-- No reference to anything: a denial is written whatever happens to the transaction around it.
create table user_engine.denials (
  scope_id uuid not null,
  id uuid not null,
  occurred_at timestamptz(3) not null,
  actor_kind text not null,
  actor_id text not null,
  action text not null,
  target_kind text not null,
  target_id text collate "C",
  reason text not null,
  correlation_id text,
  constraint denial_id primary key (scope_id, id),
  constraint denial_actor_kind check (actor_kind in ('user', 'service'))
) partition by range (id);

create index denials_of_target on user_engine.denials (scope_id, target_id, id);

-- Events that are not delivered yet: an acknowledgement removes the row. The columns from appended_at on are the relay's.
-- available_at is when a claim may take the event: its time after a refusal, the end of its lease while lease_token is set.
-- No index leads with a time: a claim walks event_ordinal from aggregate to aggregate, one descent for each stream's head,
-- so that it costs what it claims, whatever waits behind.
create table user_engine.outbox_events (
  scope_id uuid not null,
  id uuid not null,
  type text not null,
  aggregate_kind text not null,
  aggregate_id uuid not null,
  aggregate_version integer not null,
  ordinal integer not null,
  occurred_at timestamptz(3) not null,
  command_id uuid not null,
  correlation_id text,
  data jsonb not null,
  appended_at timestamptz not null default now(),
  attempts integer not null default 0,
  available_at timestamptz not null default now(),
  lease_token uuid,
  -- What others than the relay may know of the token: that there is one.
  leased boolean generated always as (lease_token is not null) stored,
  dead_at timestamptz,
  constraint event_id primary key (scope_id, id),
  constraint event_ordinal unique (scope_id, aggregate_id, aggregate_version, ordinal),
  constraint event_version check (aggregate_version > 0 and ordinal >= 0),
  constraint event_dead_or_leased check (dead_at is null or lease_token is null)
) with (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- What a claim writes is in no index, and half of each page is left for it: a claim then touches no index at all. An
-- acknowledgement finds its events by their ids. That index has a condition which all meet, and only who states it can take it:
-- while the table is empty, which it mostly is, a page of one scope's events seems as near among those of all.
create index outbox_events_by_id on user_engine.outbox_events (id) where aggregate_version > 0;
create index outbox_events_dead on user_engine.outbox_events (scope_id, id) where dead_at is not null;

-- Events that were delivered, where the operator keeps them; the same statement moves them here.
create table user_engine.delivered_events (
  scope_id uuid not null,
  id uuid not null,
  type text not null,
  aggregate_kind text not null,
  aggregate_id uuid not null,
  aggregate_version integer not null,
  ordinal integer not null,
  occurred_at timestamptz(3) not null,
  command_id uuid not null,
  correlation_id text,
  data jsonb not null,
  appended_at timestamptz not null,
  attempts integer not null,
  delivered_at timestamptz not null default now(),
  constraint delivered_event_id primary key (scope_id, id)
) partition by range (id);

create table user_engine.idempotency_records (
  scope_id uuid not null,
  actor text collate "C" not null,
  key text collate "C" not null,
  command_id uuid not null,
  request_hash text not null,
  result jsonb not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz not null,
  constraint idempotency_key primary key (scope_id, actor, key)
);

-- How long the partitioned tables keep what they have: null is for ever, 0 not at all.
create table user_engine.retention (
  table_name text not null,
  keep_days integer,
  constraint retention_table primary key (table_name),
  constraint retention_days check (keep_days >= 0)
);

insert into user_engine.retention (table_name, keep_days)
  values ('audit_records', null), ('denials', null), ('delivered_events', 0);

-- Since when the history runs that the outbox tells; one row. A restore begins another, so that consumers can tell them
-- apart.
create table user_engine.outbox_epoch (
  is_current boolean not null default true,
  began_at timestamptz(3) not null default now(),
  constraint outbox_epoch_current primary key (is_current),
  constraint outbox_epoch_once check (is_current)
);

insert into user_engine.outbox_epoch default values;

-- One row that is seen when its scope is bound, and must not be seen otherwise.
create table user_engine.isolation_probe (
  scope_id uuid not null,
  constraint isolation_probe_scope primary key (scope_id)
);

-- Plans ------------------------------------------------------------------------------------------------------------

-- A plan is one for all tenants, and would count on the mean of them: where most are small, to read a whole scope would seem
-- as cheap as to find one record of it. So the planner is told that one scope may have everything. Not of the outbox: its
-- events have an index by id alone, and to look through those of all tenants for one's own would then seem as good.
create function user_engine.expect_large_scopes(name text) returns void
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  execute format(
    'alter table user_engine.%I alter column scope_id set (n_distinct = 1, n_distinct_inherited = 1)'
      || ', alter column scope_id set statistics 1',
    name
  );
end
$$;

-- Row security -----------------------------------------------------------------------------------------------------

-- One policy for every table. USING is also what a row lock needs: a tenant's scope locks its own tenants row and the
-- directory's applications and catalogs, and can't write them, because the check asks for the scope alone.
do $$
declare
  name text;
  seen text;
begin
  foreach name in array array[
    'tenants', 'users', 'accounts', 'external_identities', 'tenant_accounts', 'groups', 'memberships',
    'applications', 'application_bindings', 'attribute_catalogs', 'profile_values', 'audit_records', 'denials',
    'outbox_events', 'delivered_events', 'idempotency_records', 'isolation_probe'
  ] loop
    seen := case
      when name = 'tenants' then ' or id = any (user_engine.bound_scopes())'
      when name in ('applications', 'attribute_catalogs') then
        ' or (scope_id = ''64697265-6374-8f72-b900-000000000000'' and state <> ''draft'''
          || ' and (user_engine.bound_scopes())[1] is not null)'
      else ''
    end;
    if name <> 'outbox_events' then
      perform user_engine.expect_large_scopes(name);
    end if;
    execute format('alter table user_engine.%I enable row level security, force row level security', name);
    execute format(
      'create policy scope on user_engine.%I using (scope_id = any (user_engine.bound_scopes())%s)'
        || ' with check (scope_id = any (user_engine.bound_scopes()))',
      name, seen
    );
  end loop;
end
$$;

-- The named exceptions: the relay serves all scopes, the operator counts what waits, and the owner removes expired keys.
create policy relay on user_engine.outbox_events to user_engine_relay using (true);
create policy relay on user_engine.delivered_events to user_engine_relay using (true);
create policy expired on user_engine.idempotency_records to user_engine_owner using (expires_at <= now());
create policy diagnose on user_engine.outbox_events for select to user_engine_diagnose using (true);

-- Partitions -------------------------------------------------------------------------------------------------------

-- A partition is reached through its table alone: nobody has rights on it, and its own row security shows nothing to
-- anybody. Its constraint and indexes are called as the table's, with its suffix.
create function user_engine.seal_partition(parent text, suffix text) returns void
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  part text := parent || '_' || suffix;
  index record;
begin
  execute format('alter table user_engine.%I enable row level security, force row level security', part);
  for index in
    select i.inhrelid::regclass as own, p.relname || '_' || suffix as name
    from pg_index x join pg_inherits i on i.inhrelid = x.indexrelid join pg_class p on p.oid = i.inhparent
    where x.indrelid = format('user_engine.%I', part)::regclass
  loop
    execute format('alter index %s rename to %I', index.own, index.name);
  end loop;
end
$$;

-- Adds the partition of the ids from lower_id to below upper_id, with what the default partition has of them. Writers go
-- on: only who needs the default partition waits, that is readers, and writers of what has no partition.
create function user_engine.add_partition(parent text, suffix text, lower_id uuid, upper_id uuid) returns void
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  part text := parent || '_' || suffix;
  rest text := parent || '_default';
begin
  execute format('create table user_engine.%I (like user_engine.%I including all)', part, parent);
  -- By itself: once it is part of a table that Citus distributes, its columns are not altered so any more.
  perform user_engine.expect_large_scopes(part);
  execute format('alter table user_engine.%I no force row level security', rest);
  execute format(
    'with moved as (delete from user_engine.%I where id >= $1 and id < $2 returning *)'
      || ' insert into user_engine.%I select * from moved',
    rest, part
  ) using lower_id, upper_id;
  execute format('alter table user_engine.%I force row level security', rest);
  execute format(
    'alter table user_engine.%I attach partition user_engine.%I for values from (%L) to (%L)',
    parent, part, lower_id, upper_id
  );
  perform user_engine.seal_partition(parent, suffix);
end
$$;

-- What no partition was made for lands in the default one: an odd clock, or a late migrator, fails no command.
do $$
declare
  name text;
begin
  foreach name in array array['audit_records', 'denials', 'delivered_events'] loop
    execute format('create table user_engine.%I partition of user_engine.%I default', name || '_default', name);
    perform user_engine.expect_large_scopes(name || '_default');
    perform user_engine.seal_partition(name, 'default');
  end loop;
end
$$;

-- Rights -----------------------------------------------------------------------------------------------------------

grant usage on schema user_engine
  to user_engine_runtime, user_engine_denials, user_engine_relay, user_engine_diagnose;
revoke all on all tables in schema user_engine from public;
revoke all on all functions in schema user_engine from public;
grant execute on function user_engine.bind_scope(uuid), user_engine.bind_scope(uuid, uuid), user_engine.bound_scopes(),
  user_engine.expect(boolean, text, text)
  to user_engine_runtime, user_engine_denials, user_engine_relay, user_engine_diagnose;
grant select on user_engine.schema_migrations, user_engine.retention
  to user_engine_runtime, user_engine_denials, user_engine_relay, user_engine_diagnose;

-- An update may name all but the scope, the id and the time of creation: they never change.
grant select, insert, update (external_ref, state, version, updated_at)
  on user_engine.tenants to user_engine_runtime;
grant select, insert, update (kind, state, version, updated_at)
  on user_engine.users to user_engine_runtime;
grant select, insert, update (user_id, state, version, updated_at)
  on user_engine.accounts to user_engine_runtime;
grant select, insert, update (user_id, issuer, subject, state, version, updated_at)
  on user_engine.external_identities to user_engine_runtime;
grant select, insert, update (user_id, external_id, origin, state, version, updated_at)
  on user_engine.tenant_accounts to user_engine_runtime;
grant select, insert, update (key, display_name, state, version, updated_at)
  on user_engine.groups to user_engine_runtime;
grant select, insert, update (group_id, tenant_account_id, roles, state, version, updated_at)
  on user_engine.memberships to user_engine_runtime;
grant select, insert, update (client_key, state, version, updated_at)
  on user_engine.applications to user_engine_runtime;
grant select, insert, update (application_id, catalog_id, state, version, updated_at)
  on user_engine.application_bindings to user_engine_runtime;
grant select, insert, update (layer, owner_id, key, catalog_version, definitions, state, version, updated_at)
  on user_engine.attribute_catalogs to user_engine_runtime;
grant select, insert,
  update (user_id, layer, owner_id, attribute, value, source, catalog_id, unique_key, state, version, updated_at)
  on user_engine.profile_values to user_engine_runtime;

grant select, insert on user_engine.audit_records to user_engine_runtime;
grant select on user_engine.denials, user_engine.isolation_probe to user_engine_runtime;
-- An expired key is taken over in place.
grant select, insert, update (command_id, request_hash, result, created_at, expires_at)
  on user_engine.idempotency_records to user_engine_runtime;
-- What the relay decides on is out of reach, and so is the token that proves a lease.
grant
  insert (scope_id, id, type, aggregate_kind, aggregate_id, aggregate_version, ordinal, occurred_at, command_id,
    correlation_id, data),
  select (scope_id, id, type, aggregate_kind, aggregate_id, aggregate_version, ordinal, occurred_at, command_id,
    correlation_id, data, appended_at, attempts, available_at, leased, dead_at)
  on user_engine.outbox_events to user_engine_runtime;

grant insert on user_engine.denials to user_engine_denials;

grant select, delete, update (attempts, available_at, lease_token, dead_at)
  on user_engine.outbox_events to user_engine_relay;
grant select,
  insert (scope_id, id, type, aggregate_kind, aggregate_id, aggregate_version, ordinal, occurred_at, command_id,
    correlation_id, data, appended_at, attempts)
  on user_engine.delivered_events to user_engine_relay;
grant select, update (began_at) on user_engine.outbox_epoch to user_engine_relay;

grant select (attempts, available_at, dead_at, appended_at) on user_engine.outbox_events to user_engine_diagnose;

-- The probe's row, written under the policy that it proves.
select user_engine.bind_scope('70726f62-6500-8f72-b900-000000000000');
insert into user_engine.isolation_probe (scope_id) values ('70726f62-6500-8f72-b900-000000000000');
`,
  },
]
