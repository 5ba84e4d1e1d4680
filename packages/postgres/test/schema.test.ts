import { expect, it } from 'vitest'

import { IDS, TIMES } from '../src/inserts.ts'
import { TABLES } from '../src/locks.ts'
import { createProvidedDatabase } from './provided-database.ts'
import { toSchemaPage } from './schema-page.ts'

const database = await createProvidedDatabase()

/** All that a migration can change, one line each. Partitions are as their table. */
const CATALOG = `
with relations as (
  select c.* from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'user_engine' and c.relkind not in ('i', 'I', 't') and not c.relispartition
)
select r.relname || '  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
  || coalesce(' collate ' || nullif(l.collname, 'default'), '') || case when a.attnotnull then ' not null' else '' end
  || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
  || coalesce(' planned with ' || array_to_string(a.attoptions, ' ') || ' statistics ' || a.attstattarget, '') as line
from relations r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
left join pg_collation l on l.oid = a.attcollation
union all
select r.relname || '  constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
from relations r join pg_constraint k on k.conrelid = r.oid and k.contype <> 'n'
union all
select r.relname || '  ' || pg_get_indexdef(i.indexrelid) from relations r join pg_index i on i.indrelid = r.oid
union all
select r.relname || '  row security ' || r.relrowsecurity || ' forced ' || r.relforcerowsecurity
  || ' options ' || coalesce(array_to_string(r.reloptions, ' '), 'none')
  || coalesce(' partitioned by ' || pg_get_partkeydef(r.oid), '')
from relations r
union all
select r.relname || '  policy ' || p.polname || ' ' || p.polcmd::text || ' to '
  || (select string_agg(case o when 0 then 'public' else pg_get_userbyid(o) end, ' ') from unnest(p.polroles) o)
  || ' using ' || pg_get_expr(p.polqual, p.polrelid)
  || coalesce(' check ' || pg_get_expr(p.polwithcheck, p.polrelid), '')
from relations r join pg_policy p on p.polrelid = r.oid
union all
select r.relname || '  grant ' || lower(g.privilege_type) || ' to ' || pg_get_userbyid(g.grantee)
from relations r, aclexplode(r.relacl) g where g.grantee <> r.relowner
union all
select r.relname || '  grant ' || lower(g.privilege_type) || ' (' || string_agg(a.attname, ' ' order by a.attnum) || ') to '
  || pg_get_userbyid(g.grantee)
from relations r join pg_attribute a on a.attrelid = r.oid, aclexplode(a.attacl) g
group by r.relname, g.privilege_type, g.grantee
union all
select 'function  ' || p.oid::regprocedure || ' ' || l.lanname || ' ' || p.provolatile::text || ' definer ' || p.prosecdef
  || ' ' || coalesce(array_to_string(p.proconfig, ' '), '')
  || ' to ' || coalesce((select string_agg(pg_get_userbyid(g.grantee), ' ' order by g.grantee::regrole::text)
    from aclexplode(p.proacl) g where g.grantee <> p.proowner), 'nobody')
from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
where n.nspname = 'user_engine'`

const admin = await database.connect(null)
const { rows } = await admin.query<{ line: string }>(CATALOG)
const lines = rows.map(({ line }) => line.replaceAll(database.prefix, 'user_engine')).toSorted()

it('is the schema that was agreed on', async () => {
  await expect(toSchemaPage(lines)).toMatchFileSnapshot('../../../docs/reference/schema.md')
})

it.each([
  ['uuid', IDS],
  ['timestamp with time zone', TIMES],
] as const)('has the type %s in all columns whose values are sent once for several', async (type, names) => {
  const types = await admin.query(
    `select distinct data_type from information_schema.columns
      where table_schema = 'user_engine' and table_name = any($1) and column_name = any($2)`,
    [[...Object.values(TABLES), 'audit_records', 'outbox_events'], [...names]],
  )
  expect(types.rows).toEqual([{ data_type: type }])
})

it('has the scope first in every key, and no reference that leaves it', async () => {
  const keys = lines.filter(
    (line) =>
      /PRIMARY KEY|UNIQUE/.test(line) && !/^(?:schema_migrations|retention|outbox_epoch)\b/.test(line),
  )
  expect(keys.length).toBeGreaterThan(20)
  for (const key of keys)
    expect(key).toMatch(/(?:PRIMARY KEY|UNIQUE|USING btree) \(scope_id\b|CREATE UNIQUE.*\(scope_id\b/)
  const references = lines.filter((line) => line.includes('FOREIGN KEY'))
  expect(references.length).toBeGreaterThan(0)
  for (const reference of references) {
    expect(reference).toMatch(/FOREIGN KEY \(scope_id, \w+\) REFERENCES user_engine\.\w+\(scope_id, \w+\)$/)
  }
})

it('has no trigger of its own, no sequence, and no function that runs as another', async () => {
  const own = await admin.query(`select tgname from pg_trigger where not tgisinternal`)
  expect(own.rows).toEqual([])
  const sequences = await admin.query(`select relname from pg_class where relkind = 'S'`)
  expect(sequences.rows).toEqual([])
  expect(lines.filter((line) => line.includes('definer true'))).toEqual([])
})

it('has names that an engine may append a shard number to', async () => {
  const names = await admin.query<{ name: string }>(
    `select relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'user_engine'
      union all select conname from pg_constraint k join pg_namespace n on n.oid = k.connamespace
      where n.nspname = 'user_engine'`,
  )
  expect(names.rows.map(({ name }) => name).filter((name) => name.length > 45)).toEqual([])
})

it('calls the constraints of the port by the names of the port', () => {
  const port = (
    'tenant_id tenant_external_ref user_id account_id account_user external_identity_id external_identity_subject ' +
    'tenant_account_id tenant_account_user tenant_account_external_id audit_record_id event_id event_ordinal ' +
    'group_id group_key membership_id membership_member application_id application_client_key ' +
    'application_binding_id application_binding_application attribute_catalog_id attribute_catalog_version ' +
    'attribute_catalog_published profile_value_id profile_value_attribute profile_value_unique idempotency_key'
  ).split(' ')
  const unique = lines.flatMap((line) => /CREATE UNIQUE INDEX (\w+) /.exec(line)?.[1] ?? [])
  const ours = [
    'delivered_event_id',
    'denial_id',
    'isolation_probe_scope',
    'outbox_epoch_current',
    'retention_table',
    'schema_migration_id',
  ]
  expect(unique.toSorted()).toEqual([...port, ...ours].toSorted())
})
