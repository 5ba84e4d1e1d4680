import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type { Client } from 'pg'
import { beforeAll, describe, expect, it } from 'vitest'

import { BatchError } from '../src/batch-error.ts'
import { executeBatch, type Statement } from '../src/batch.ts'
import {
  bind,
  createBatchDatabase,
  insertIdentity,
  insertUser,
  statement,
  type BatchDatabase,
} from './batch-database.ts'

const CALLERS = 16
const VERSION_CONFLICT = 'UE001'
const KEY_TAKEN = 'UE003'

const database: BatchDatabase = await createBatchDatabase()
let clients: Client[]

beforeAll(async () => {
  clients = await Promise.all(Array.from({ length: CALLERS }, () => database.connect()))
})

async function send(client: Client | undefined, ...batch: Statement[]): Promise<string> {
  if (client === undefined) throw new Error('no client')
  try {
    await executeBatch(client, batch)
    return 'ok'
  } catch (error) {
    if (!(error instanceof BatchError)) throw error
    expect(client.getTransactionStatus()).toBe('I')
    return error.fault?.sqlState ?? error.outcome
  }
}

/** One pass over all rows in the order of their ids, each in the mode that it needs: the written one, then the guarded. */
function lockAndCheck(scope: string, written: string, guarded: string): Statement[] {
  const [first, second] = [written, guarded].toSorted()
  return [first, second].map((id) => {
    const mode = id === written ? 'no key update' : 'share'
    return statement(
      `with locked as materialized
        (select version from arena.identities where scope_id = $1 and id = $2 for ${mode})
        select arena.expect((select version from locked) = $3, '${VERSION_CONFLICT}', $2::text)`,
      scope,
      id,
      1,
    )
  })
}

function unlink(scope: string, written: string, guarded: string): Statement[] {
  return [
    bind(scope),
    ...lockAndCheck(scope, written, guarded),
    statement(
      `update arena.identities set state = 'unlinked', version = version + 1 where scope_id = $1 and id = $2`,
      scope,
      written,
    ),
  ]
}

describe('crosswise unlinks', () => {
  it('leave one identity, 300 times, and tell the loser', async () => {
    const outcomes = new Map<string, number>()
    let survivors = 0
    for (let round = 0; round < 300; round += 1) {
      const scope = crypto.randomUUID()
      const [user, a, b] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
      const seed = [
        insertUser(scope, user),
        insertIdentity(scope, a, user, 'a'),
        insertIdentity(scope, b, user, 'b'),
      ]
      expect(await send(clients[0], bind(scope), ...seed)).toBe('ok')
      const [first, second] = [clients[round % CALLERS], clients[(round + 7) % CALLERS]]
      const both = await Promise.all([
        send(first, ...unlink(scope, a, b)),
        send(second, ...unlink(scope, b, a)),
      ])
      const outcome = both.toSorted().join(' ')
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      const { rows } = await database.admin.query<{ n: number }>(
        `select count(*)::int as n from arena.identities where scope_id = $1 and state = 'linked'`,
        [scope],
      )
      survivors += rows[0]?.n ?? 0
    }
    expect(Object.fromEntries(outcomes)).toEqual({ [`${VERSION_CONFLICT} ok`]: 300 })
    expect(survivors).toBe(300)
  })

  it('block each other at the lock, not at the check', async () => {
    const scope = crypto.randomUUID()
    const [user, a, b] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
    const seed = [
      insertUser(scope, user),
      insertIdentity(scope, a, user, 'a'),
      insertIdentity(scope, b, user, 'b'),
    ]
    await send(clients[0], bind(scope), ...seed)
    const holder = clients[0]
    if (holder === undefined) throw new Error('no client')
    await executeBatch(holder, [statement('begin'), ...unlink(scope, a, b)])
    const loser = send(clients[1], ...unlink(scope, b, a))
    await expect
      .poll(async () => {
        const { rows } = await database.admin.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
        return rows.length
      })
      .toBe(1)
    await executeBatch(holder, [statement('commit')])
    expect(await loser).toBe(VERSION_CONFLICT)
  })
})

describe('an idempotency key', () => {
  /** Taken by whoever is first; an expired one is taken over. A key that is held answers with no row. */
  function claimKey(scope: string, key: string, command: string): Statement {
    return statement(
      `with claimed as (
          insert into arena.keys as held (scope_id, key, command_id, expires_at)
          values ($1, $2, $3, now() + interval '1 hour')
          on conflict (scope_id, key) do update set command_id = excluded.command_id, expires_at = excluded.expires_at
            where held.expires_at < now()
          returning 1)
        select arena.expect(exists (select from claimed), '${KEY_TAKEN}', $2)`,
      scope,
      key,
      command,
    )
  }

  it('lets one of 16 identical batches have an effect, and is told before any version is compared', async () => {
    for (let round = 0; round < 20; round += 1) {
      const scope = crypto.randomUUID()
      const [user, identity, guard] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
      const seed = [
        insertUser(scope, user),
        insertIdentity(scope, identity, user, 'a'),
        insertIdentity(scope, guard, user, 'b'),
      ]
      await send(clients[0], bind(scope), ...seed)
      const [, ...rest] = unlink(scope, identity, guard)
      const outcomes = await Promise.all(
        clients.map((client) =>
          send(client, bind(scope), claimKey(scope, 'k', crypto.randomUUID()), ...rest),
        ),
      )
      expect(outcomes.toSorted()).toEqual([...Array<string>(CALLERS - 1).fill(KEY_TAKEN), 'ok'])
      const { rows } = await database.admin.query(
        'select version from arena.identities where scope_id = $1 and id = $2',
        [scope, identity],
      )
      expect(rows).toEqual([{ version: 2 }])
    }
  })

  it('that has expired is taken over by one', async () => {
    const scope = crypto.randomUUID()
    const command = crypto.randomUUID()
    await send(clients[0], bind(scope), claimKey(scope, 'k', command))
    await database.admin.query(
      `update arena.keys set expires_at = now() - interval '1 s' where scope_id = $1`,
      [scope],
    )
    const outcomes = await Promise.all(
      clients.map((client) => send(client, bind(scope), claimKey(scope, 'k', crypto.randomUUID()))),
    )
    expect(outcomes.toSorted()).toEqual([...Array<string>(CALLERS - 1).fill(KEY_TAKEN), 'ok'])
  })

  it('is free again when the batch that took it failed', async () => {
    const scope = crypto.randomUUID()
    const claim = claimKey(scope, 'k', crypto.randomUUID())
    expect(await send(clients[0], bind(scope), claim, statement('select 1 / 0'))).toBe('22012')
    expect(await send(clients[1], bind(scope), claim)).toBe('ok')
  })
})

describe('one statement with an arm for each table', () => {
  interface Schema {
    'arena.users': { scope_id: string; id: string; name: string }
    'arena.identities': { scope_id: string; id: string; user_id: string; subject: string }
    'arena.events': { scope_id: string; id: string; identity_id: string; data: string }
  }
  const compiler = new Kysely<Schema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })

  function provision(
    scope: string,
    user: string,
    identity: string,
    subject: string,
    event: string,
  ): Statement {
    const { sql, parameters } = compiler
      .with('u', (db) => db.insertInto('arena.users').values({ scope_id: scope, id: user, name: 'a' }))
      .with('i', (db) =>
        db.insertInto('arena.identities').values({ scope_id: scope, id: identity, user_id: user, subject }),
      )
      .insertInto('arena.events')
      .values({ scope_id: scope, id: event, identity_id: identity, data: JSON.stringify({ ids: [user] }) })
      .compile()
    return { name: 'provision', text: sql, values: parameters }
  }

  it('is kept whole, its references among the arms included, or not at all', async () => {
    const scope = crypto.randomUUID()
    const ids = () => [crypto.randomUUID(), crypto.randomUUID()] as const
    const outcomes = await Promise.all(
      clients.map((client) => {
        const [user, identity] = ids()
        return send(client, bind(scope), provision(scope, user, identity, 'the same', crypto.randomUUID()))
      }),
    )
    expect(outcomes.toSorted()).toEqual([...Array<string>(CALLERS - 1).fill('23505'), 'ok'])
    const { rows } = await database.admin.query(
      `select (select count(*)::int from arena.users where scope_id = $1) as users,
        (select count(*)::int from arena.identities where scope_id = $1) as identities,
        (select count(*)::int from arena.events where scope_id = $1) as events`,
      [scope],
    )
    expect(rows).toEqual([{ users: 1, identities: 1, events: 1 }])
  })

  it('is refused whole when an arm leaves the bound scope', async () => {
    const [scope, other] = [crypto.randomUUID(), crypto.randomUUID()]
    const [user, identity, event] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
    expect(await send(clients[0], bind(other), provision(scope, user, identity, 's', event))).toBe('42501')
  })
})
