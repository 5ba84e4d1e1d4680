import type { ClientBase } from 'pg'

import type { ServingLogin } from './role-names.ts'

/**
 * By what a login could get around row security or around its rights: attributes of its own or of a role that it may
 * become, and the roles of another purpose, the owner among them. Empty where it can't.
 */
export async function findEscapes(
  connection: ClientBase,
  login: ServingLogin,
  role: string,
): Promise<readonly string[]> {
  const { rows } = await connection.query<{ escape: string }>(ESCAPES, [role, login])
  return rows.map(({ escape }) => escape)
}

// The prefix is the one of the schema's owner.
const ESCAPES = `
with names as (
  select regexp_replace(pg_get_userbyid(nspowner), '_owner$', '') as prefix
  from pg_catalog.pg_namespace where nspname = 'user_engine'
), reachable as (
  select r.* from pg_catalog.pg_roles r where r.rolname = $1 or pg_has_role($1, r.oid, 'member')
)
select distinct a.name as escape
from reachable r
cross join lateral (values
  ('superuser', r.rolsuper), ('bypassrls', r.rolbypassrls), ('replication', r.rolreplication),
  ('createrole', r.rolcreaterole)
) a (name, held)
where a.held
union
select purpose
from reachable r, names n, unnest(array['owner', 'migrator', 'runtime', 'denials', 'relay', 'diagnose']) purpose
where r.rolname = n.prefix || '_' || purpose and purpose <> $2
-- A superuser is a member of every role: the attribute says it once.
and not exists (select from pg_catalog.pg_roles s where s.rolname = $1 and s.rolsuper)
order by 1`
