import type { Case, CaseContext } from '../case.ts'
import type { Purpose } from './handoff.ts'
import { judge } from './judge.ts'
import { codeOf } from './logins.ts'
import type { Connection } from './provider.ts'

/** As many clients at the most take the server's connection from one that does not use it. */
const RIVALS = 3

export const pooler: readonly Case[] = [
  {
    id: 'UE-HANDOFF-002/mode',
    title:
      'The endpoint keeps a server connection for a session, or shares it by transactions, as the handoff says',
    needs: ['provider'],
    async run(ctx) {
      const declared = ctx.provider.handoff.pooler?.mode ?? 'session'
      const { shared } = await contend(ctx, 'runtime')
      const found = shared ? 'transaction' : 'session'
      judge(
        ctx,
        'UE-HANDOFF-002',
        found === declared,
        `the handoff declares a ${declared}'s connection, and the endpoint keeps it for a ${found}`,
        shared
          ? "say pooler: { mode: 'transaction', … } in the handoff, or set pool_mode = session in the pooler"
          : "set pool_mode = transaction in the pooler, or say pooler: { mode: 'session', … } in the handoff",
      )
    },
  },
  {
    id: 'UE-HANDOFF-002/prepared',
    title: 'A statement that is prepared is known on the next server connection, where the handoff says so',
    needs: ['provider'],
    async run(ctx) {
      const declared = ctx.provider.handoff.pooler
      const named = declared?.mode !== 'transaction' || declared.preparedStatements
      const connection = await ctx.provider.connect('runtime')
      const ask = () =>
        connection.prepared('conformance', 'select pg_backend_pid() as pid').then(() => 'known', codeOf)
      const first = await ask()
      await contend(ctx, 'runtime', connection)
      const again = await ask()
      if (!named)
        ctx.note('the handoff has statements unnamed: whether the pooler tracks them was not judged')
      judge(
        ctx,
        'UE-HANDOFF-002',
        !named || (first === 'known' && again === 'known'),
        `a prepared statement is ${first === 'known' && again === 'known' ? 'known' : `lost (${again})`} when the server connection is another one`,
        'set max_prepared_statements in the pooler, or say pooler.preparedStatements: false in the handoff',
      )
    },
  },
  {
    id: 'UE-HANDOFF-002/direct',
    title:
      'The migrator’s endpoint keeps one server connection for a session, with its lock and its settings',
    needs: ['provider', 'provider.migrator'],
    async run(ctx) {
      const connection = await ctx.provider.connect('migrator')
      const key = keyOf(ctx)
      await connection.query('select pg_advisory_lock($1)', [key])
      await connection.query(`set user_engine.conformance = 'kept'`)
      const { shared } = await contend(ctx, 'migrator', connection)
      const [found] = await connection.query<{ held: boolean; kept: boolean }>(
        `select pg_advisory_unlock($1) as held,
          coalesce(current_setting('user_engine.conformance', true), '') = 'kept' as kept`,
        [key],
      )
      judge(
        ctx,
        'UE-HANDOFF-002',
        !shared && found?.held === true && found.kept,
        `the migrator's session ${shared ? 'changes its server connection' : 'keeps its server connection'}, ${found?.held === true ? 'has' : 'has lost'} its lock and ${found?.kept === true ? 'has' : 'has lost'} its setting`,
        'hand over `direct`, past the pooler',
      )
    },
  },
  {
    id: 'UE-HANDOFF-002/left-behind',
    title: 'What a session set or locked is gone when the next client gets its server connection',
    needs: ['provider'],
    async run(ctx) {
      const first = await ctx.provider.connect('runtime')
      const key = keyOf(ctx)
      if (ctx.provider.handoff.pooler?.mode === 'transaction') {
        // Nobody sets anything for a session there: what a transaction sets must end with it.
        await first.query('begin')
        await first.query(`set local user_engine.conformance = 'left'`)
        await first.query('select pg_advisory_xact_lock($1)', [key])
        await first.query('commit')
      } else {
        await first.query(`set user_engine.conformance = 'left'`)
        await first.query('select pg_advisory_lock($1)', [key])
        await first.end()
      }
      const next = await ctx.provider.connect('runtime')
      // A lock of one's own session is free to oneself: it is looked for by name.
      const [found] = await next.query<{ left: boolean; held: boolean }>(
        `select coalesce(current_setting('user_engine.conformance', true), '') <> '' as left,
          exists (
            select from pg_catalog.pg_locks
            where locktype = 'advisory' and pid = pg_backend_pid() and objid = $1
          ) as held`,
        [key],
      )
      const free = found?.held === false && (await becomesFree(ctx, next, key))
      judge(
        ctx,
        'UE-HANDOFF-002',
        found?.left === false && free,
        `the next client finds ${found?.left === true ? 'a setting' : 'no setting'} and ${free ? 'no lock' : 'a lock'} of the one before`,
        'set server_reset_query = DISCARD ALL in the pooler',
      )
    },
  },
]

/**
 * Takes the server's connection from a client that is between two transactions, by others that are inside of one. Whether
 * that can be done is what tells a pooler in transaction mode from everything else.
 */
async function contend(
  ctx: CaseContext,
  purpose: Purpose,
  given?: Connection,
): Promise<{ readonly shared: boolean }> {
  const client = given ?? (await ctx.provider.connect(purpose))
  const before = await pidOf(client)
  const rivals: Connection[] = []
  let waits: Promise<unknown> | null = null
  try {
    for (let count = 0; count < RIVALS; count += 1) {
      // A pool that is full lets nobody else in: then nothing was shared.
      const rival = await ctx.provider.connect(purpose).catch((error: unknown) => void codeOf(error))
      if (rival === undefined) break
      rivals.push(rival)
      const begun = rival.query('begin')
      if (await ctx.pending(begun)) {
        waits = begun.catch(codeOf)
        break
      }
      await begun
      if ((await pidOf(rival)) !== before) continue
      return { shared: (await pidOf(client)) !== before }
    }
    return { shared: (await pidOf(client)) !== before }
  } finally {
    await Promise.all(rivals.map((rival) => rival.end()))
    await waits
  }
}

/** One that nobody else has. */
function keyOf(ctx: CaseContext): number {
  return ctx.random.below(2 ** 31)
}

async function pidOf(connection: Connection): Promise<number> {
  const [found] = await connection.query<{ pid: number }>('select pg_backend_pid() as pid')
  return found?.pid ?? 0
}

/** The server notices the end of a session a moment later. */
async function becomesFree(ctx: CaseContext, connection: Connection, key: number): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const [lock] = await connection.query<{ free: boolean }>('select pg_try_advisory_xact_lock($1) as free', [
      key,
    ])
    if (lock?.free === true || attempt === 20) return lock?.free === true
    await ctx.elapse(100)
  }
}
