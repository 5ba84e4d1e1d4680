import type { Case } from '../case.ts'
import { SERVING, type Handoff, type ServingPurpose } from './handoff.ts'
import { judge } from './judge.ts'
import { codeOf } from './logins.ts'

/** What an adapter takes where the login says nothing, of one process. */
const DEFAULT_MAX: Readonly<Record<ServingPurpose, number>> = { runtime: 10, denials: 2, relay: 2 }
/** One more for each process that migrates or checks readiness. */
const BESIDE = 1
const MORE = 'raise max_connections or the limit, or hand over smaller `max`'

interface Limits {
  readonly server: number
  readonly database: number
  readonly role: number
}

/** Through a pooler the server's connections are the pooler's: what is counted here is what it may take. */
const LIMITS = `
select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0) as server,
  (select datconnlimit from pg_catalog.pg_database where datname = current_database()) as database,
  (select rolconnlimit from pg_catalog.pg_roles where rolname = session_user) as role`

export const connections: readonly Case[] = [
  {
    id: 'UE-HANDOFF-003/budget',
    title: 'Server, database and roles admit what all processes may open',
    needs: ['provider'],
    async run(ctx) {
      const { handoff, processes } = ctx.provider
      const whole = (SERVING.reduce((sum, purpose) => sum + maxOf(handoff, purpose), 0) + BESIDE) * processes
      for (const purpose of SERVING) {
        const connection = await ctx.provider.connect(purpose)
        const [limits] = await connection.query<Limits>(LIMITS)
        if (limits === undefined) throw new TypeError('The query of limits answers one row.')
        const own = maxOf(handoff, purpose) * processes
        // A pooler admits by limits of its own, and shares what the server admits.
        if (!handoff.pooler) {
          for (const [of, limit] of [
            ['server', limits.server],
            ['database', limits.database],
          ] as const) {
            judge(
              ctx,
              'UE-HANDOFF-003',
              limit < 0 || limit >= whole,
              `the ${of} admits ${limit < 0 ? 'any number' : limit} of ${whole} connections of ${processes} processes`,
              MORE,
            )
          }
        }
        judge(
          ctx,
          'UE-HANDOFF-003',
          limits.role < 0 || limits.role >= (handoff.pooler ? 1 : own),
          `the role of ${purpose} admits ${limits.role < 0 ? 'any number' : limits.role} of ${own} connections`,
          `ALTER ROLE … CONNECTION LIMIT; ${MORE}`,
        )
      }
    },
  },
  {
    id: 'UE-HANDOFF-003/opened',
    title:
      'The pools of one process are opened to their last connection, and the denials get theirs last of all',
    needs: ['provider'],
    async run(ctx) {
      for (const purpose of ['runtime', 'relay', 'denials'] as const) {
        const max = maxOf(ctx.provider.handoff, purpose)
        const opened = await Promise.all(
          Array.from({ length: max }, () =>
            ctx.provider
              .connect(purpose)
              .then((connection) => connection.query('select 1'))
              .then(() => 'opened', codeOf),
          ),
        )
        const refused = opened.filter((code) => code !== 'opened')
        judge(
          ctx,
          'UE-HANDOFF-003',
          refused.length === 0,
          `${max - refused.length} of ${max} connections of ${purpose} were opened${refused.length === 0 ? '' : ` (${refused[0]})`}`,
          MORE,
        )
      }
    },
  },
]

function maxOf(handoff: Handoff, purpose: ServingPurpose): number {
  return handoff[purpose].max ?? DEFAULT_MAX[purpose]
}
