// Written by generate.ts from roles.sql.
export const ROLES_SQL = `-- The provider runs this in the database that it hands over, as an administrator who may create roles and may create a
-- schema there; a superuser is not needed. It can be run again. It sets no passwords: the provider does, in its own way.
--
-- The names may begin with another word than user_engine, so that several installations share a server: replace it in all
-- six names, and tell it to the migrator. The schema's own name never changes.
--
-- A login of another name, e.g. of a credential lease, is a member of one of these roles, and needs their settings too.

do $$
declare
  name text;
begin
  foreach name in array array[
    'user_engine_owner', 'user_engine_migrator', 'user_engine_runtime', 'user_engine_denials', 'user_engine_relay',
    'user_engine_diagnose'
  ] loop
    if not exists (select from pg_catalog.pg_roles where rolname = name) then
      execute format('create role %I', name);
    end if;
    execute format('alter role %I %s', name, case name when 'user_engine_owner' then 'nologin' else 'login' end);
    execute format('grant connect on database %I to %I', current_database(), name);
  end loop;
end
$$;

-- The owner of the schema is nobody's login. Only the migrator can become the owner, and only by saying so.
alter role user_engine_migrator noinherit;
grant user_engine_owner to user_engine_migrator;

-- An administrator who is no superuser must be a member to hand the schema over.
grant user_engine_owner to current_user;
create schema if not exists user_engine authorization user_engine_owner;
revoke user_engine_owner from current_user;

-- No call of the engine waits for ever. A pooler refuses such settings at start-up, so the roles carry them.
alter role user_engine_runtime set statement_timeout = '5s';
alter role user_engine_runtime set lock_timeout = '2s';
alter role user_engine_runtime set idle_in_transaction_session_timeout = '10s';
-- Its statements are by key and run thousands of times: to plan one again for each set of values costs more than to run it.
alter role user_engine_runtime set plan_cache_mode = 'force_generic_plan';
alter role user_engine_denials set statement_timeout = '2s';
alter role user_engine_denials set lock_timeout = '1s';
alter role user_engine_denials set idle_in_transaction_session_timeout = '5s';
alter role user_engine_relay set statement_timeout = '10s';
alter role user_engine_relay set lock_timeout = '2s';
alter role user_engine_relay set idle_in_transaction_session_timeout = '10s';
alter role user_engine_relay set plan_cache_mode = 'force_generic_plan';
alter role user_engine_diagnose set statement_timeout = '5s';
alter role user_engine_diagnose set lock_timeout = '1s';
alter role user_engine_diagnose set idle_in_transaction_session_timeout = '5s';
alter role user_engine_migrator set idle_in_transaction_session_timeout = '60s';
`
