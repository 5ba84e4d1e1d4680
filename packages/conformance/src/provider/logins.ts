import type { Case } from '../case.ts'
import { handedOver, roleOf, SERVING, type Purpose } from './handoff.ts'
import { judge } from './judge.ts'
import { ProviderError, type Connection } from './provider.ts'

const PREPARE = 'run roles.sql as the administrator of the database; it can be run again'

/** What must be refused, and what must not be, by the work that each login is for. None of it changes anything. */
const WORK: Readonly<
  Record<(typeof SERVING)[number], { readonly may: readonly string[]; readonly mayNot: readonly string[] }>
> = {
  runtime: {
    may: [
      'select from user_engine.users limit 0',
      'insert into user_engine.audit_records (scope_id) select null where false',
    ],
    mayNot: [
      'update user_engine.audit_records set scope_id = scope_id where false',
      'delete from user_engine.users where false',
      'delete from user_engine.outbox_events where false',
      'truncate user_engine.denials',
      'create table user_engine.conformance_probe ()',
    ],
  },
  denials: {
    may: ['insert into user_engine.denials (scope_id) select null where false'],
    mayNot: [
      'select from user_engine.denials limit 0',
      'select from user_engine.users limit 0',
      'delete from user_engine.denials where false',
    ],
  },
  relay: {
    may: [
      'select from user_engine.outbox_events limit 0',
      'delete from user_engine.outbox_events where false',
    ],
    mayNot: [
      'select from user_engine.users limit 0',
      'select from user_engine.audit_records limit 0',
      'insert into user_engine.denials (scope_id) select null where false',
    ],
  },
}

export const logins: readonly Case[] = [
  {
    id: 'UE-HANDOFF-001/connect',
    title: 'Each login gets in, and is the role of its purpose or a member of it',
    needs: ['provider'],
    async run(ctx) {
      for (const purpose of handedOver(ctx.provider.handoff)) {
        const answer = await ctx.provider.connect(purpose).then(
          async (connection) => {
            const role = roleOf(ctx.provider.handoff, purpose)
            const [found] = await connection.query<{ member: boolean }>(
              `select pg_has_role(oid, 'member') as member from pg_catalog.pg_roles where rolname = $1`,
              [role],
            )
            return found?.member === true ? 'gets in, in its role' : 'gets in, and is not of its role'
          },
          (error: unknown) => `gets no connection (${codeOf(error)})`,
        )
        judge(
          ctx,
          'UE-HANDOFF-001',
          answer === 'gets in, in its role',
          `${purpose} ${answer}`,
          `look at its credentials; ${PREPARE}`,
        )
      }
    },
  },
  {
    id: 'UE-HANDOFF-001/apart',
    title: 'No login can become one of another purpose',
    needs: ['provider'],
    preconditions: ['the logins have different names'],
    async run(ctx) {
      const purposes = handedOver(ctx.provider.handoff)
      const sessions = new Map<Purpose, { readonly connection: Connection; readonly name: string }>()
      for (const purpose of purposes) {
        const connection = await ctx.provider.connect(purpose)
        const [found] = await connection.query<{ name: string }>('select session_user::text as name')
        sessions.set(purpose, { connection, name: found?.name ?? '' })
      }
      const names = [...sessions.values()].map(({ name }) => name)
      judge(
        ctx,
        'UE-HANDOFF-001',
        new Set(names).size === names.length,
        `${new Set(names).size} names for ${names.length} purposes`,
        'hand over a login for each purpose',
      )
      ctx.precondition('the logins have different names', new Set(names).size === names.length)
      for (const [purpose, { connection, name }] of sessions) {
        const others = [...sessions].filter(([, other]) => other.name !== name)
        const [found] = await connection.query<{ reached: readonly string[] }>(
          `select array(
            select o from unnest($1::text[]) o join pg_catalog.pg_roles r on r.rolname = o
            where pg_has_role(r.oid, 'member')
          ) as reached`,
          [others.map(([, other]) => other.name)],
        )
        const reached = others.filter(([, other]) => found?.reached.includes(other.name) === true)
        judge(
          ctx,
          'UE-HANDOFF-001',
          reached.length === 0,
          reached.length === 0
            ? `${purpose} can become no other login`
            : `${purpose} can become ${reached.map(([other]) => other).join(', ')}`,
          'REVOKE the one role from the other',
        )
      }
    },
  },
  {
    id: 'UE-HANDOFF-001/rights',
    title: 'Each login may do the work of its purpose, and not that of another',
    needs: ['provider', 'provider.migrate'],
    async run(ctx) {
      await ctx.provider.migrated()
      for (const purpose of SERVING) {
        const connection = await ctx.provider.connect(purpose)
        for (const [statements, allowed] of [
          [WORK[purpose].may, true],
          [WORK[purpose].mayNot, false],
        ] as const) {
          for (const statement of statements) {
            const code = await outcomeOf(connection, statement)
            judge(
              ctx,
              'UE-HANDOFF-001',
              code === (allowed ? 'done' : '42501'),
              `${purpose}: ${statement}: ${code === '42501' ? 'refused' : code}`,
              allowed
                ? PREPARE
                : 'REVOKE the right, also where it was granted to PUBLIC or to a role it is in',
            )
          }
        }
      }
    },
  },
]

/** What a statement comes to, undone at once: `done`, or the code that it is refused with. */
export async function outcomeOf(connection: Connection, statement: string): Promise<string> {
  await connection.query('begin')
  try {
    await connection.query(statement)
    return 'done'
  } catch (error) {
    return codeOf(error)
  } finally {
    await connection.query('rollback')
  }
}

/** Of what the server or the system refused; what is thrown otherwise is thrown on. */
export function codeOf(error: unknown): string {
  if (error instanceof ProviderError) return error.code
  throw error
}
