import type { ClientBase } from 'pg'

import { compareRights } from './rights.ts'
import { findEscapes } from './role-escapes.ts'
import { DEFAULT_ROLE_PREFIX, LOGINS, roleName, type Login } from './role-names.ts'

export type RoleFindingCode =
  | 'role_missing'
  /** It can't log in, or is the owner and can. */
  | 'role_login'
  /** It could get around row security or its rights; `what` says by which attribute or role. */
  | 'role_escape'
  | 'migrator_not_member'
  | 'schema_missing'
  | 'schema_owner'
  /** Everybody may do something in the schema. */
  | 'right_of_public'
  | 'right_missing'
  | 'right_unexpected'
  | 'timeout_missing'

export interface RoleFinding {
  readonly code: RoleFindingCode
  readonly role: string
  /** A name of the catalog or of a setting, or null. */
  readonly what: string | null
}

export interface VerifyRolesOptions {
  readonly prefix?: string
}

const TIMEOUTS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']

interface Role {
  readonly login: boolean
  readonly settings: readonly string[]
}

/**
 * What a provider checks after `rolesSql` and after each migration, as any login of the database: empty where the roles
 * are what they must be. Before the first migration nothing is known of rights, and nothing is said.
 */
export async function verifyRoles(
  connection: ClientBase,
  { prefix = DEFAULT_ROLE_PREFIX }: VerifyRolesOptions = {},
): Promise<readonly RoleFinding[]> {
  const owner = roleName('owner', prefix)
  const schema = await connection.query<{ owner: string; migrated: boolean }>(SCHEMA)
  const handed = schema.rows[0]
  if (handed === undefined) return [{ code: 'schema_missing', role: owner, what: 'user_engine' }]
  const findings: RoleFinding[] = []
  if (handed.owner !== owner) findings.push({ code: 'schema_owner', role: handed.owner, what: 'user_engine' })
  for (const purpose of ['owner', ...LOGINS] as const) {
    const name = roleName(purpose, prefix)
    const { rows } = await connection.query<Role>(ROLE, [name])
    const role = rows[0]
    if (role === undefined) findings.push({ code: 'role_missing', role: name, what: null })
    else
      findings.push(
        ...(await verifyRole(connection, { purpose, name, owner, role, migrated: handed.migrated })),
      )
  }
  const open = await connection.query<{ what: string }>(PUBLIC)
  return [...findings, ...open.rows.map(({ what }) => finding('right_of_public', 'public', what))]
}

interface Handed {
  readonly purpose: Login | 'owner'
  readonly name: string
  readonly owner: string
  readonly role: Role
  readonly migrated: boolean
}

async function verifyRole(
  connection: ClientBase,
  { purpose, name, owner, role, migrated }: Handed,
): Promise<readonly RoleFinding[]> {
  const findings: RoleFinding[] = []
  if (role.login !== (purpose !== 'owner')) findings.push(finding('role_login', name, null))
  if (purpose === 'owner') return findings
  if (purpose === 'migrator') {
    const { rows } = await connection.query<{ member: boolean }>(
      `select coalesce(pg_has_role($1, (select oid from pg_catalog.pg_roles where rolname = $2), 'member'), false) as member`,
      [name, owner],
    )
    return rows[0]?.member === true ? findings : [...findings, finding('migrator_not_member', name, owner)]
  }
  for (const timeout of TIMEOUTS) {
    const set = role.settings.some((setting) => setting.startsWith(`${timeout}=`) && !/=0\D*$/.test(setting))
    if (!set) findings.push(finding('timeout_missing', name, timeout))
  }
  for (const escape of await findEscapes(connection, purpose, name)) {
    findings.push(finding('role_escape', name, escape))
  }
  if (!migrated) return findings
  const { missing, unexpected } = await compareRights(connection, purpose, name)
  return [
    ...findings,
    ...missing.map((what) => finding('right_missing', name, what)),
    ...unexpected.map((what) => finding('right_unexpected', name, what)),
  ]
}

function finding(code: RoleFindingCode, role: string, what: string | null): RoleFinding {
  return { code, role, what }
}

const SCHEMA = `
select pg_get_userbyid(n.nspowner) as owner, exists (
  select from pg_catalog.pg_class c where c.relnamespace = n.oid and c.relname = 'schema_migrations'
) as migrated
from pg_catalog.pg_namespace n where n.nspname = 'user_engine'`

const ROLE = `
select r.rolcanlogin as login, coalesce(r.rolconfig, '{}') as settings
from pg_catalog.pg_roles r where r.rolname = $1`

const PUBLIC = `
select lower(a.privilege_type) || ' schema' as what
from pg_catalog.pg_namespace n, aclexplode(n.nspacl) a
where n.nspname = 'user_engine' and a.grantee = 0
union all
select lower(a.privilege_type) || ' ' || c.relname
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
where n.nspname = 'user_engine' and a.grantee = 0
union all
select lower(a.privilege_type) || ' ' || c.relname || '.' || t.attname
from pg_catalog.pg_attribute t join pg_catalog.pg_class c on c.oid = t.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace, aclexplode(t.attacl) a
where n.nspname = 'user_engine' and a.grantee = 0
union all
select distinct 'execute ' || p.proname
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace,
  aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
where n.nspname = 'user_engine' and a.grantee = 0
order by what`
