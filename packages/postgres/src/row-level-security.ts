import type { ClientBase } from 'pg'

import { isTable } from './rights.ts'

export type RowSecurityProblem =
  | 'not_enabled'
  | 'not_forced'
  | 'policy_missing'
  | 'policy_changed'
  | 'policy_unexpected'
  /** A view or a foreign table: row security does not reach what it shows. */
  | 'not_a_table'

export interface RowSecurityFinding {
  readonly table: string
  readonly problem: RowSecurityProblem
}

interface Policy {
  readonly name: string
  readonly permissive: boolean
  /** `*` for all, `r` for select. */
  readonly command: string
  readonly roles: readonly string[]
  readonly using: string | null
  readonly check: string | null
}

interface Relation {
  readonly table: string
  readonly kind: string
  readonly enabled: boolean
  readonly forced: boolean
  readonly isPartition: boolean
  /** Of the schema: its name tells how the others are called. */
  readonly owner: string
  readonly policies: readonly Policy[]
}

const PUBLISHED =
  "(scope_id = '64697265-6374-8f72-b900-000000000000'::uuid) AND (state <> 'draft'::text) AND ((bound_scopes())[1] IS NOT NULL)"
const BOUND = 'scope_id = ANY (bound_scopes())'

/** A tenant's scope sees its own tenants row too, and of the directory what is published. */
const ALSO_SEEN: Readonly<Record<string, string>> = {
  tenants: 'id = ANY (bound_scopes())',
  applications: PUBLISHED,
  attribute_catalogs: PUBLISHED,
}

/** The one template (UE-TENANT-001, 002). */
function template(table: string): Policy {
  const also = ALSO_SEEN[table]
  const using = also === undefined ? `(${BOUND})` : `((${BOUND}) OR (${also}))`
  return { name: 'scope', permissive: true, command: '*', roles: ['public'], using, check: `(${BOUND})` }
}

/** The named exceptions to it. */
function exceptions(table: string, owner: string): readonly Policy[] {
  const prefix = owner.replace(/_owner$/, '')
  const all = { permissive: true, command: '*', using: 'true', check: null }
  const relay = { ...all, name: 'relay', roles: [`${prefix}_relay`] }
  if (table === 'outbox_events') {
    return [relay, { ...all, name: 'diagnose', command: 'r', roles: [`${prefix}_diagnose`] }]
  }
  if (table === 'delivered_events') return [relay]
  if (table === 'idempotency_records') {
    return [{ ...all, name: 'expired', roles: [owner], using: '(expires_at <= now())' }]
  }
  return []
}

/** They have no scope: which migrations were applied, how long what is kept, and the epoch of the outbox. */
const UNSCOPED = new Set(['schema_migrations', 'retention', 'outbox_epoch'])

const RELATIONS = `
select c.relname as "table", c.relkind as kind, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
  c.relispartition as "isPartition", pg_get_userbyid(n.nspowner) as owner,
  coalesce((
    select jsonb_agg(jsonb_build_object(
      'name', p.polname,
      'permissive', p.polpermissive,
      'command', p.polcmd,
      'roles', (select jsonb_agg(case r when 0 then 'public' else pg_get_userbyid(r) end) from unnest(p.polroles) r),
      'using', pg_get_expr(p.polqual, p.polrelid),
      'check', pg_get_expr(p.polwithcheck, p.polrelid)
    ))
    from pg_catalog.pg_policy p where p.polrelid = c.oid
  ), '[]') as policies
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'user_engine' and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by c.relname`

/**
 * Every table of the schema whose row security is not the template's: one that is new and has none is found as well. On a
 * schema that is `ahead`, what policies the tables of a later release have is for that release to say.
 */
export async function findRowSecurityProblems(
  connection: ClientBase,
  { ahead = false } = {},
): Promise<readonly RowSecurityFinding[]> {
  const { rows } = await connection.query<Relation>(RELATIONS)
  return rows
    .filter(({ table }) => !UNSCOPED.has(table))
    .flatMap((relation) =>
      judge(relation).filter(
        ({ problem }) => !ahead || isKnown(relation) || problem === 'not_enabled' || problem === 'not_forced',
      ),
    )
}

function isKnown({ table, isPartition }: Relation): boolean {
  return isPartition || isTable(table)
}

function judge(relation: Relation): readonly RowSecurityFinding[] {
  const { table, kind, enabled, forced, isPartition, owner, policies } = relation
  if (kind !== 'r' && kind !== 'p') return [{ table, problem: 'not_a_table' }]
  // A partition is reached through its table: by itself it shows nothing to anybody.
  const expected = isPartition ? [] : [template(table), ...exceptions(table, owner)]
  const problems: RowSecurityProblem[] = []
  if (!enabled) problems.push('not_enabled')
  if (!forced) problems.push('not_forced')
  for (const policy of expected) {
    const found = policies.find(({ name }) => name === policy.name)
    if (found === undefined) problems.push('policy_missing')
    else if (canonical(found) !== canonical(policy)) problems.push('policy_changed')
  }
  if (policies.some(({ name }) => !expected.some((policy) => policy.name === name))) {
    problems.push('policy_unexpected')
  }
  return problems.map((problem) => ({ table, problem }))
}

/** The server leaves the schema out where the search path has it. */
function canonical({ name, permissive, command, roles, using, check }: Policy): string {
  const bare = (expression: string | null) => expression?.replaceAll('user_engine.', '') ?? null
  return JSON.stringify([name, permissive, command, roles.toSorted(), bare(using), bare(check)])
}
