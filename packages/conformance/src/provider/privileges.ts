import type { Case } from '../case.ts'
import { handedOver, PURPOSES, roleOf, serving } from './handoff.ts'
import { judge } from './judge.ts'

// A superuser is a member of every role: the attribute says it once.
const ESCAPES = `
select distinct a.name as what
from pg_catalog.pg_roles r
cross join lateral (values
  ('SUPERUSER', r.rolsuper), ('BYPASSRLS', r.rolbypassrls), ('REPLICATION', r.rolreplication),
  ('CREATEROLE', r.rolcreaterole), ('CREATEDB', r.rolcreatedb),
  ('the role ' || r.rolname, r.rolname in (
    'pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files',
    'pg_execute_server_program'
  ) and not (select s.rolsuper from pg_catalog.pg_roles s where s.rolname = current_user))
) a (name, held)
where a.held and pg_has_role(r.oid, 'member')
order by 1`

const OWNED = `
select 'the database' as what from pg_catalog.pg_database
where datname = current_database() and pg_has_role(datdba, 'member')
union all
select 'the schema user_engine' from pg_catalog.pg_namespace
where nspname = 'user_engine' and pg_has_role(nspowner, 'member')
union all
select distinct 'tables of user_engine'
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'user_engine' and pg_has_role(c.relowner, 'member')`

/** Who was given anything in the schema besides the roles of `roles.sql`: by the schema, a table, a column or a default. */
const GRANTED = `
with acls as (
  select n.nspacl as acl, n.nspowner as owner, 'the schema' as what from pg_catalog.pg_namespace n where n.nspname = 'user_engine'
  union all
  select c.relacl, c.relowner, c.relname from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = 'user_engine'
  union all
  select a.attacl, c.relowner, c.relname || '.' || a.attname from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = 'user_engine'
  union all
  select coalesce(p.proacl, acldefault('f', p.proowner)), p.proowner, p.proname from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace where n.nspname = 'user_engine'
  union all
  select d.defaclacl, d.defaclrole, 'what the owner will make' from pg_catalog.pg_default_acl d
  where pg_get_userbyid(d.defaclrole) = any ($1) and d.defaclobjtype in ('r', 'S', 'n')
)
select distinct a.what || ' to ' || case g.grantee when 0 then 'PUBLIC' else 'another role' end as what
from acls a, aclexplode(a.acl) g
where g.grantee = 0 or (g.grantee <> a.owner and pg_get_userbyid(g.grantee) <> all ($1))
order by 1`

export const privileges: readonly Case[] = [
  {
    id: 'UE-PRIVILEGE-001/attributes',
    title: 'No login has, or can come by, an attribute that gets around row security',
    needs: ['provider'],
    async run(ctx) {
      for (const purpose of handedOver(ctx.provider.handoff)) {
        const connection = await ctx.provider.connect(purpose)
        const held = await connection.query<{ what: string }>(ESCAPES)
        judge(
          ctx,
          'UE-PRIVILEGE-001',
          held.length === 0,
          `${purpose} has ${held.length === 0 ? 'no such attribute' : list(held)}`,
          'ALTER ROLE … NO… what is named, or REVOKE the role that has it',
        )
      }
    },
  },
  {
    id: 'UE-PRIVILEGE-001/ownership',
    title: 'No login that serves owns the database, the schema or a table, or can become who does',
    needs: ['provider'],
    async run(ctx) {
      for (const purpose of serving(ctx.provider.handoff)) {
        const connection = await ctx.provider.connect(purpose)
        const owned = await connection.query<{ what: string }>(OWNED)
        judge(
          ctx,
          'UE-PRIVILEGE-001',
          owned.length === 0,
          `${purpose} owns ${owned.length === 0 ? 'nothing' : list(owned)}`,
          'ALTER … OWNER TO the owner that roles.sql makes, and REVOKE that role from the login',
        )
      }
    },
  },
  {
    id: 'UE-OWNERSHIP-001/owner',
    title: 'The schema is owned by a role that nobody logs in as',
    needs: ['provider'],
    async run(ctx) {
      const connection = await ctx.provider.connect('runtime')
      const owner = roleOf(ctx.provider.handoff, 'owner')
      const [found] = await connection.query<{ owned: boolean; login: boolean }>(
        `select r.rolname = $1 as owned, r.rolcanlogin as login
        from pg_catalog.pg_namespace n join pg_catalog.pg_roles r on r.oid = n.nspowner
        where n.nspname = 'user_engine'`,
        [owner],
      )
      judge(
        ctx,
        'UE-OWNERSHIP-001',
        found?.owned === true && !found.login,
        found === undefined
          ? 'there is no schema user_engine'
          : `the schema is owned by ${found.owned ? 'the role owner' : 'another role'}, which ${found.login ? 'can' : 'can not'} log in`,
        'run roles.sql as the administrator of the database; ALTER SCHEMA user_engine OWNER TO the role owner',
      )
    },
  },
  {
    id: 'UE-OWNERSHIP-001/objects',
    title: 'Everything in the schema is the owner’s: nobody else put anything there',
    needs: ['provider'],
    async run(ctx) {
      const connection = await ctx.provider.connect('runtime')
      const foreign = await connection.query<{ what: string }>(
        `select c.relname as what
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'user_engine' and pg_get_userbyid(c.relowner) <> $1
        union all
        select p.proname
        from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'user_engine' and pg_get_userbyid(p.proowner) <> $1
        order by 1`,
        [roleOf(ctx.provider.handoff, 'owner')],
      )
      judge(
        ctx,
        'UE-OWNERSHIP-001',
        foreign.length === 0,
        foreign.length === 0 ? 'nothing of anybody else is there' : `of somebody else: ${list(foreign)}`,
        'drop it, or move it to a schema of your own',
      )
    },
  },
  {
    id: 'UE-OWNERSHIP-002/grants',
    title: 'Nobody but the roles of the handoff has a right in the schema, now or by default',
    needs: ['provider'],
    async run(ctx) {
      const connection = await ctx.provider.connect('runtime')
      const roles = (['owner', ...PURPOSES] as const).map((purpose) => roleOf(ctx.provider.handoff, purpose))
      const granted = await connection.query<{ what: string }>(GRANTED, [roles])
      judge(
        ctx,
        'UE-OWNERSHIP-002',
        granted.length === 0,
        granted.length === 0 ? 'no right of anybody else' : `rights on ${list(granted)}`,
        'REVOKE them; ALTER DEFAULT PRIVILEGES … REVOKE where it is what the owner will make',
      )
    },
  },
  {
    id: 'UE-OWNERSHIP-002/search-path',
    title: 'No login may create anything where names are looked up',
    incidents: ['CVE-2018-1058'],
    needs: ['provider'],
    async run(ctx) {
      for (const purpose of serving(ctx.provider.handoff)) {
        const connection = await ctx.provider.connect(purpose)
        const open = await connection.query<{ what: string }>(
          `select s as what from unnest(current_schemas(false)) s where has_schema_privilege(s, 'create')`,
        )
        judge(
          ctx,
          'UE-OWNERSHIP-002',
          open.length === 0,
          open.length === 0
            ? `${purpose} can plant no name in its search_path`
            : `${purpose} may create in ${list(open)}, where its search_path looks`,
          'REVOKE CREATE ON SCHEMA … FROM PUBLIC',
        )
      }
    },
  },
]

function list(rows: readonly { readonly what: string }[]): string {
  return rows.map(({ what }) => what).join(', ')
}
