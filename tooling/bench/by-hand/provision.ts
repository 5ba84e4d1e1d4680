import { DIRECTORY } from '@user-engine/store'
import type { PoolConfig } from 'pg'

import { executeBatch } from '../../../packages/postgres/src/batch.ts'
import type { Statement } from '../../../packages/postgres/src/statement.ts'
import { BIND, newId, openConnections, queryOf } from './connections.ts'

/** The same rows by the same statements as the engine's own, written by hand: what is left to save is everything else. */
const SQL = {
  bind: BIND,
  tenant: 'select id, state, version from user_engine.tenants where scope_id = $1 and id = $2',
  earlier: `select result from user_engine.idempotency_records
    where scope_id = $1 and actor = $2 and key = $3 and expires_at > now()`,
  keep: `with kept as (
      insert into user_engine.idempotency_records
        (scope_id, actor, key, command_id, request_hash, result, created_at, expires_at)
      values ($1, $2, $3, $4, $5, $6, $7, now() + interval '1 day')
      on conflict (scope_id, actor, key) do update set command_id = excluded.command_id,
        request_hash = excluded.request_hash, result = excluded.result, created_at = excluded.created_at,
        expires_at = excluded.expires_at
      where idempotency_records.expires_at <= now() returning key
    ) select user_engine.expect(count(*) = 1, 'UE003') from kept`,
  guard: `select user_engine.expect(count(*) = 1, 'UE001') from (
      select id from user_engine.tenants where scope_id = $1 and id = $2 and version = $3 for share) locked`,
  insert: `with inserted_user as (
      insert into user_engine.users (scope_id, id, version, created_at, updated_at, kind, state)
      values ($1, $3, 1, $16, $16, 'person', 'active') returning scope_id
    ), inserted_account as (
      insert into user_engine.accounts (scope_id, id, version, created_at, updated_at, user_id, state)
      values ($1, $4, 1, $16, $16, $3, 'active') returning scope_id
    ), inserted_identity as (
      insert into user_engine.external_identities
        (scope_id, id, version, created_at, updated_at, user_id, issuer, subject, state)
      values ($1, $5, 1, $16, $16, $3, $7, $8, 'linked') returning scope_id
    ), inserted_tenant_account as (
      insert into user_engine.tenant_accounts
        (scope_id, id, version, created_at, updated_at, user_id, external_id, origin, state)
      values ($2, $6, 1, $16, $16, $3, null, 'unmanaged', 'active') returning scope_id
    ), inserted_audit as (
      insert into user_engine.audit_records (scope_id, id, occurred_at, actor_kind, actor_id, action, target_kind,
        target_id, command_id, correlation_id, changes)
      values ($2, $9, $16, 'service', 'bench', 'user.provision', 'user', $3::uuid::text, $10, null, $15) returning scope_id
    )
    insert into user_engine.outbox_events (scope_id, id, type, aggregate_kind, aggregate_id, aggregate_version, ordinal,
      occurred_at, command_id, correlation_id, data)
    values ($1, $11, 'user.created', 'user', $3, 1, 0, $16, $10, null, '{"kind":"person","state":"active"}'),
      ($1, $12, 'account.created', 'account', $4, 1, 0, $16, $10, null, $17),
      ($1, $13, 'external_identity.linked', 'external_identity', $5, 1, 0, $16, $10, null, $17),
      ($2, $14, 'tenant_account.joined', 'tenant_account', $6, 1, 0, $16, $10, null, $17)`,
} as const

interface Facts {
  readonly read: readonly Statement[]
  readonly write: readonly Statement[]
}

const named = (name: keyof typeof SQL, values: readonly unknown[]): Statement => ({
  name: `hand_${name}`,
  text: SQL[name],
  values,
})

function facts(tenantId: string): Facts {
  const now = new Date()
  const key = crypto.randomUUID()
  const [user, account, identity, tenantAccount, audit, command, ...events] = Array.from(
    { length: 10 },
    newId,
  )
  const result = JSON.stringify({ user: { id: user }, account: { id: account }, identity: { id: identity } })
  const changes = JSON.stringify(
    [user, account, identity, tenantAccount].map((each) => ({ id: each, version: 1 })),
  )
  const data = JSON.stringify({ userId: user, state: 'active' })
  const bind = named('bind', [DIRECTORY, tenantId])
  return {
    read: [bind, named('tenant', [DIRECTORY, tenantId]), named('earlier', [tenantId, 'service:bench', key])],
    write: [
      bind,
      named('keep', [
        tenantId,
        'service:bench',
        key,
        command,
        'a hash of forty-three characters, as it stands',
        result,
        now,
      ]),
      named('guard', [DIRECTORY, tenantId, 1]),
      named('insert', [
        DIRECTORY,
        tenantId,
        user,
        account,
        identity,
        tenantAccount,
        'https://login.example.com',
        crypto.randomUUID(),
        audit,
        command,
        ...events,
        changes,
        now,
        data,
      ]),
    ],
  }
}

interface ByHand {
  readonly provision: () => Promise<unknown>
  readonly close: () => Promise<void>
}

/** One batch with a single Sync, by the engine's own encoder: what is left of a command without the engine. */
export async function batches(config: PoolConfig, tenantId: string): Promise<ByHand> {
  const { use, close } = await openConnections(config)
  const provision = () =>
    use(async (client) => {
      await executeBatch(client, facts(tenantId).write)
    })
  return { provision, close }
}

/** The driver alone, in its pipeline: BEGIN, each statement with its own Sync, COMMIT. */
export async function pipelined(config: PoolConfig, tenantId: string): Promise<ByHand> {
  const { use, close } = await openConnections(config, true)
  const provision = () =>
    use(async (client) => {
      const sent = [
        client.query('begin'),
        ...facts(tenantId).write.map((each) => client.query(queryOf(each))),
        client.query('commit'),
      ]
      const committed = (await Promise.all(sent)).at(-1)
      // A failed transaction answers COMMIT with ROLLBACK, and calls that a success.
      if (committed?.command !== 'COMMIT') throw new Error('the transaction was rolled back')
    })
  return { provision, close }
}

/** One statement after the other, each awaited: what the network costs is what it asks. */
async function oneByOne(
  config: PoolConfig,
  tenantId: string,
  inserts: (insert: Statement) => readonly Statement[],
): Promise<ByHand> {
  const { use, close } = await openConnections(config)
  const provision = () =>
    use(async (client) => {
      const { read, write } = facts(tenantId)
      const [, ...commands] = write
      await client.query('begin')
      for (const each of [...read, ...commands.slice(0, -1), ...commands.slice(-1).flatMap(inserts)])
        await client.query(queryOf(each))
      await client.query('commit')
    })
  return { provision, close }
}

export const statements = (config: PoolConfig, tenantId: string) =>
  oneByOne(config, tenantId, (insert) => [insert])

/** As most programs do it: a statement for each table. */
export const statementsByTable = (config: PoolConfig, tenantId: string) => oneByOne(config, tenantId, byTable)

function byTable({ text, values }: Statement): readonly Statement[] {
  return [...text.matchAll(/insert into user_engine\.(\w+)[^]*?(?= returning scope_id|$)/g)].map(
    ([insert, table]) => {
      const used: unknown[] = []
      const own = insert.replaceAll(/\$(\d+)/g, (_, place: string) => {
        const value = values[Number(place) - 1]
        const known = used.indexOf(value)
        return `$${known === -1 ? used.push(value) : known + 1}`
      })
      return { name: `hand_${table}`, text: own, values: used }
    },
  )
}

const PLACE_OF_KEEP = [2, 18, 19, 10, 20, 21, 16]

/** All of it in the database, in one call: it reads, decides and writes without a round trip between. */
export const FUNCTION = `
create function public.provision(uuid, uuid, uuid, uuid, uuid, uuid, text, text, uuid, uuid, uuid, uuid, uuid, uuid,
  jsonb, timestamptz, jsonb, text, text, text, jsonb) returns void language plpgsql as $function$
declare
  kept_keys integer;
begin
  perform set_config('user_engine.scopes', array[$1, $2]::text, true);
  perform from user_engine.tenants where scope_id = $1 and id = $2 and state = 'active' for share;
  if not found then raise exception 'no such tenant'; end if;
  ${SQL.keep
    .replace(/select user_engine[^]*$/, 'select count(*) into kept_keys from kept')
    .replaceAll(/\$(\d)/g, (_, place: string) => `$${PLACE_OF_KEEP[Number(place) - 1]}`)};
  if kept_keys <> 1 then raise exception 'the key is taken'; end if;
  ${SQL.insert};
end
$function$;
create function public.bench_id(kind integer, n bigint) returns uuid immutable return
  ('01970000-0000-7' || lpad(to_hex(kind), 3, '0') || '-8000-' || lpad(to_hex(n), 12, '0'))::uuid;
grant usage on schema public to public;
grant execute on all functions in schema public to public`

/** One call, with arguments that are ready. */
export async function functionCalls(config: PoolConfig, tenantId: string): Promise<ByHand> {
  const { use, close } = await openConnections(config)
  const places = Array.from({ length: 21 }, (_, index) => `$${index + 1}`)
  const text = `select public.provision(${places.join(', ')})`
  const provision = () =>
    use(async (client) => {
      const [, keep, , insert] = facts(tenantId).write
      const [, actor, key, , hash, result] = keep?.values ?? []
      const values = [...(insert?.values ?? []), actor, key, hash, result]
      await client.query({ name: 'hand_function', text, values })
    })
  return { provision, close }
}

/**
 * The same call by pgbench, which knows numbers alone: the server makes the ids of them. It takes a word after a colon for
 * a variable, in quotes too.
 */
export function pgbenchScript(tenantId: string): string {
  const id = (kind: number) => `public.bench_id(${kind}, :n)`
  const ids = [1, 2, 3, 4].map(id).join(', ')
  const others = [5, 6, 7, 8, 9, 10].map(id).join(', ')
  const [changes, result] = [
    `[{"id": "1", "version": 1}, {"id": "2", "version": 1}, {"id": "3", "version": 1}, {"id": "4", "version": 1}]`,
    `{"user": {"id": "1"}, "account": {"id": "2"}, "identity": {"id": "3"}}`,
  ]
  return [
    '\\set count :count + 1',
    '\\set n :first + :client_id * 100000000 + :count',
    `select public.provision('${DIRECTORY}', '${tenantId}', ${ids}, 'https://login.example.com', ${id(11)}::text, ${others}, ` +
      `'${changes}', now(), '{"userId": "1", "state": "active"}', 'service bench', ${id(12)}::text, ` +
      `'a hash of forty-three characters, as it stands', '${result}');`,
  ].join('\n')
}
