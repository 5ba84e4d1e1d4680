import type { ClientBase } from 'pg'

import type { ServingLogin } from './role-names.ts'

type Columns = '*' | readonly string[]
interface TableRights {
  readonly select?: Columns
  readonly insert?: Columns
  readonly update?: Columns
  readonly delete?: true
}

const EVENT = (
  'scope_id id type aggregate_kind aggregate_id aggregate_version ordinal occurred_at command_id ' +
  'correlation_id data'
).split(' ')
/** What everybody may read. */
const OPEN = { schema_migrations: { select: '*' }, retention: { select: '*' } } as const

/**
 * All that each login may do, stated a second time beside the grants of the migrations: what a role can't do is a promise
 * too. An update names what may change; the scope, the id and the time of creation never do.
 */
const RIGHTS: Readonly<Record<ServingLogin, Readonly<Record<string, TableRights>>>> = {
  runtime: {
    ...OPEN,
    tenants: { select: '*', insert: '*', update: ['external_ref', 'state', 'version', 'updated_at'] },
    users: { select: '*', insert: '*', update: ['kind', 'state', 'version', 'updated_at'] },
    accounts: { select: '*', insert: '*', update: ['user_id', 'state', 'version', 'updated_at'] },
    external_identities: {
      select: '*',
      insert: '*',
      update: ['user_id', 'issuer', 'subject', 'state', 'version', 'updated_at'],
    },
    tenant_accounts: {
      select: '*',
      insert: '*',
      update: ['user_id', 'external_id', 'origin', 'state', 'version', 'updated_at'],
    },
    groups: { select: '*', insert: '*', update: ['key', 'display_name', 'state', 'version', 'updated_at'] },
    memberships: {
      select: '*',
      insert: '*',
      update: ['group_id', 'tenant_account_id', 'roles', 'state', 'version', 'updated_at'],
    },
    applications: { select: '*', insert: '*', update: ['client_key', 'state', 'version', 'updated_at'] },
    application_bindings: {
      select: '*',
      insert: '*',
      update: ['application_id', 'catalog_id', 'state', 'version', 'updated_at'],
    },
    attribute_catalogs: {
      select: '*',
      insert: '*',
      update: 'layer owner_id key catalog_version definitions state version updated_at'.split(' '),
    },
    profile_values: {
      select: '*',
      insert: '*',
      update:
        'user_id layer owner_id attribute value source catalog_id unique_key state version updated_at'.split(
          ' ',
        ),
    },
    audit_records: { select: '*', insert: '*' },
    denials: { select: '*' },
    isolation_probe: { select: '*' },
    idempotency_records: {
      select: '*',
      insert: '*',
      update: ['command_id', 'request_hash', 'result', 'created_at', 'expires_at'],
    },
    outbox_events: {
      select: [...EVENT, 'appended_at', 'attempts', 'available_at', 'leased', 'dead_at'],
      insert: EVENT,
    },
  },
  denials: { ...OPEN, denials: { insert: '*' } },
  relay: {
    ...OPEN,
    outbox_events: {
      select: '*',
      update: ['attempts', 'available_at', 'lease_token', 'dead_at'],
      delete: true,
    },
    outbox_epoch: { select: '*', update: ['began_at'] },
    delivered_events: { select: '*', insert: [...EVENT, 'appended_at', 'attempts'] },
  },
  diagnose: {
    ...OPEN,
    outbox_events: { select: ['attempts', 'available_at', 'dead_at', 'appended_at'] },
  },
}

/** Whether the schema of this release has it. */
export function isTable(name: string): boolean {
  return Object.values(RIGHTS).some((rights) => Object.hasOwn(rights, name))
}

export interface RightsDifference {
  /** e.g. `update accounts.state`. */
  readonly missing: readonly string[]
  readonly unexpected: readonly string[]
}

/** What a role can do by whatever way: its own rights, those of its groups, everybody's, a superuser's. */
const EFFECTIVE = `
with relations as (
  select c.oid, c.relname from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'user_engine' and c.relkind in ('r', 'p', 'v', 'm', 'f')
)
select r.relname as "table", a.attname as "column", p.name as privilege
from relations r
join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
cross join (values ('select'), ('insert'), ('update'), ('references')) p (name)
where has_column_privilege($1, r.oid, a.attnum, p.name)
union all
select r.relname, null, p.name
from relations r cross join (values ('delete'), ('truncate'), ('trigger')) p (name)
where has_table_privilege($1, r.oid, p.name)
union all
select null, null, 'create' from pg_catalog.pg_namespace n
where n.nspname = 'user_engine' and has_schema_privilege($1, n.oid, 'create')`

const COLUMNS = `
select c.relname as "table", array_agg(a.attname::text) as columns
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = 'user_engine' and c.relkind in ('r', 'p')
group by c.relname`

/** Compares what `role` can do with what the login is for. */
export async function compareRights(
  connection: ClientBase,
  login: ServingLogin,
  role: string,
): Promise<RightsDifference> {
  const held = await connection.query<{ table: string | null; column: string | null; privilege: string }>(
    EFFECTIVE,
    [role],
  )
  const { rows } = await connection.query<{ table: string; columns: string[] }>(COLUMNS)
  const columns = new Map(rows.map((row) => [row.table, row.columns]))
  const actual = new Set(held.rows.map(({ table, column, privilege }) => right(privilege, table, column)))
  const expected = new Set(
    Object.entries(RIGHTS[login]).flatMap(([table, rights]) =>
      lines(table, rights, columns.get(table) ?? [null]),
    ),
  )
  return {
    missing: [...expected].filter((line) => !actual.has(line)),
    unexpected: [...actual].filter((line) => !expected.has(line)),
  }
}

function lines(table: string, rights: TableRights, columns: readonly (string | null)[]): readonly string[] {
  const { delete: deletes, ...byColumn } = rights
  const ofColumns = Object.entries(byColumn).flatMap(([privilege, named]) =>
    (named === '*' ? columns : named).map((column) => right(privilege, table, column)),
  )
  return deletes === true ? [...ofColumns, right('delete', table, null)] : ofColumns
}

function right(privilege: string, table: string | null, column: string | null): string {
  return [privilege, [table, column].filter((name) => name !== null).join('.')].join(' ').trim()
}
