import type { Case } from '../case.ts'
import { SERVING } from './handoff.ts'
import { judge } from './judge.ts'
import { codeOf } from './logins.ts'
import type { Connection } from './provider.ts'

const STEPS = 'follow the runbook of a restore up to its end, docs/runbooks/restore.md'

export const restore: readonly Case[] = [
  {
    id: 'UE-BACKUP-004/epoch',
    title: 'What was restored has a later epoch of the outbox than what it was restored from',
    needs: ['provider', 'provider.migrate', 'provider.restore'],
    async run(ctx) {
      await ctx.provider.migrated()
      const before = await epochOf(await ctx.provider.connect('relay'))
      const restored = await ctx.provider.restore()
      const after = await epochOf(await restored.connect('relay'))
      judge(
        ctx,
        'UE-BACKUP-004',
        after > before,
        `the epoch of the restored outbox is ${after > before ? 'a later one' : 'not a later one'}`,
        'npx @user-engine/postgres new-epoch, after each restore and before a relay is started',
      )
    },
  },
  {
    id: 'UE-BACKUP-006/restored',
    title: 'What was restored has the same migrations, and its logins are as separate as before',
    needs: ['provider', 'provider.migrate', 'provider.restore'],
    async run(ctx) {
      await ctx.provider.migrated()
      const expected = await migrationsOf(await ctx.provider.connect('runtime'))
      const restored = await ctx.provider.restore()
      for (const purpose of SERVING) {
        const answer = await restored.connect(purpose).then(
          async (connection) => ({
            code: null,
            migrations: await migrationsOf(connection),
            bound: await isBound(connection),
          }),
          (error: unknown) => ({ code: codeOf(error), migrations: null, bound: false }),
        )
        judge(
          ctx,
          'UE-BACKUP-006',
          answer.code === null,
          `${purpose} ${answer.code === null ? 'gets into the restored database' : `gets no connection to it (${answer.code})`}`,
          'restore the roles, with their settings and memberships, beside the database',
        )
        if (answer.code !== null) continue
        judge(
          ctx,
          'UE-BACKUP-006',
          answer.migrations === expected,
          `the migrations that ${purpose} finds are ${answer.migrations === expected ? 'those of before' : 'others than before'}`,
          `restore the whole database at one moment; ${STEPS}`,
        )
        judge(
          ctx,
          'UE-BACKUP-006',
          answer.bound,
          `row security ${answer.bound ? 'binds' : 'does not bind'} ${purpose} in the restored database`,
          'restore by a login that keeps owners and policies, and run migrate verify before anybody connects',
        )
      }
    },
  },
]

async function epochOf(connection: Connection): Promise<number> {
  const [found] = await connection.query<{ ms: number }>(
    'select (extract(epoch from began_at) * 1000)::float8 as ms from user_engine.outbox_epoch',
  )
  return found?.ms ?? 0
}

async function migrationsOf(connection: Connection): Promise<string> {
  const rows = await connection.query<{ line: string }>(
    `select id || ' ' || sha256 as line from user_engine.schema_migrations order by id`,
  )
  return rows.map(({ line }) => line).join('\n')
}

/** On every table with a scope. */
async function isBound(connection: Connection): Promise<boolean> {
  const [found] = await connection.query<{ bound: boolean }>(
    `select bool_and(row_security_active(c.oid)) as bound
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'scope_id'
    where n.nspname = 'user_engine' and c.relkind in ('r', 'p')`,
  )
  return found?.bound === true
}
