import type { Case, CaseContext } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'
import { judge } from './judge.ts'
import { codeOf } from './logins.ts'
import type { Connection } from './provider.ts'

const HOLDS: RequirementId = 'UE-PRIVILEGE-007'
const UNDO = 'somebody changed the schema by hand; undo it: migrate verify says what differs'

/** The scope of the one row that the migrations put into the table isolation_probe. */
const PROBE = '70726f62-6500-8f72-b900-000000000000'

/** Of each table whether row security binds whoever asks, and whether a policy that binds it knows of scopes. */
const TABLES = `
select c.relname as name,
  case
    when c.relkind not in ('r', 'p') then 'is no table, so that row security does not reach it'
    when not c.relrowsecurity then 'has row security disabled'
    when not c.relforcerowsecurity then 'has row security not forced'
    when not row_security_active(c.oid) then 'does not bind this login'
    when not c.relispartition and not exists (select from applicable a where a.polrelid = c.oid)
      then 'has no policy'
    when exists (
      select from applicable a where a.polrelid = c.oid and a.polpermissive
      and (
        pg_get_expr(a.polqual, a.polrelid) !~ 'bound_scopes'
        or pg_get_expr(a.polwithcheck, a.polrelid) !~ 'bound_scopes'
      )
    ) then 'has a policy that asks for no scope'
  end as problem
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'user_engine' and c.relkind in ('r', 'p', 'v', 'm', 'f')
and exists (
  select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = 'scope_id' and not a.attisdropped
)
order by c.relname`

const APPLICABLE = `
with applicable as (
  select p.* from pg_catalog.pg_policy p
  where exists (select from unnest(p.polroles) r where r = 0 or pg_has_role(r, 'member'))
)`

export const rowSecurity: readonly Case[] = [
  {
    id: 'UE-PRIVILEGE-007/every-table',
    title: 'Row security is enabled, forced and by scope on every table, as the runtime login finds it',
    needs: ['provider', 'provider.migrate'],
    async run(ctx) {
      await ctx.provider.migrated()
      const connection = await ctx.provider.connect('runtime')
      const tables = await connection.query<{ name: string; problem: string | null }>(APPLICABLE + TABLES)
      judge(ctx, HOLDS, tables.length >= 15, `${tables.length} tables with a scope`, 'migrate apply')
      for (const { name, problem } of tables) {
        judge(ctx, HOLDS, problem === null, `${name} ${problem ?? 'is as it must be'}`, UNDO)
      }
    },
  },
  {
    id: 'UE-PRIVILEGE-007/probe',
    title: 'What another connection committed is seen in its scope, and neither in another nor without one',
    needs: ['provider', 'provider.migrate'],
    preconditions: ['the row of the probe is seen in its scope'],
    async run(ctx) {
      await ctx.provider.migrated()
      const connection = await ctx.provider.connect('runtime')
      await connection.query('begin')
      const seen = async () => (await connection.query('select from user_engine.isolation_probe')).length
      const unbound = await seen()
      await bind(connection, crypto.randomUUID())
      const elsewhere = await seen()
      await bind(connection, PROBE)
      const own = await seen()
      await connection.query('rollback')
      ctx.precondition('the row of the probe is seen in its scope', own === 1)
      isHidden(ctx, unbound, 'the row of the probe', 'without a scope')
      isHidden(ctx, elsewhere, 'the row of the probe', 'in another scope')
    },
  },
  {
    id: 'UE-PRIVILEGE-007/foreign-row',
    title:
      'A tenant’s row is neither read nor changed nor planted from another tenant; nothing is kept of the attempt',
    needs: ['provider', 'provider.migrate'],
    preconditions: ['the tenant sees its own row'],
    async run(ctx) {
      await ctx.provider.migrated()
      const connection = await ctx.provider.connect('runtime')
      const [own, other] = [crypto.randomUUID(), crypto.randomUUID()]
      await connection.query('begin')
      try {
        await bind(connection, own)
        await insertGroup(connection, own)
        const count = async () => (await connection.query('select from user_engine.groups')).length
        ctx.precondition('the tenant sees its own row', (await count()) === 1)
        await bind(connection, other)
        isHidden(ctx, await count(), 'a group', 'in another tenant')
        const changed = await connection.query(
          `update user_engine.groups set display_name = 'changed' where scope_id = $1 returning id`,
          [own],
        )
        judge(ctx, HOLDS, changed.length === 0, `${changed.length} groups of another tenant changed`, UNDO)
        const planted = await insertGroup(connection, own).then(() => 'done', codeOf)
        judge(
          ctx,
          HOLDS,
          planted === '42501',
          `a group planted in another tenant: ${refusalOf(planted)}`,
          UNDO,
        )
      } finally {
        await connection.query('rollback')
      }
    },
  },
]

function isHidden(ctx: CaseContext, count: number, what: string, where: string): void {
  judge(ctx, HOLDS, count === 0, `${what} is ${count === 0 ? 'not seen' : 'seen'} ${where}`, UNDO)
}

function refusalOf(code: string): string {
  return code === '42501' ? 'refused' : code
}

async function bind(connection: Connection, scope: string): Promise<void> {
  await connection.query('select user_engine.bind_scope($1::uuid)', [scope])
}

async function insertGroup(connection: Connection, scope: string): Promise<void> {
  await connection.query(
    `insert into user_engine.groups (scope_id, id, key, display_name, state, version, created_at, updated_at)
      values ($1, gen_random_uuid(), 'conformance', 'conformance', 'active', 1, now(), now())`,
    [scope],
  )
}
