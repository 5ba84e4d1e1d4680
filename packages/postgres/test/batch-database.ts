import { createHash } from 'node:crypto'
import { inspect } from 'node:util'

import { createTestDatabase, testPostgres } from '@user-engine/test-postgres/vitest'
import { Client, type ClientConfig } from 'pg'
import { afterAll, expect } from 'vitest'

import { BatchError } from '../src/batch-error.ts'
import type { BatchResult, Statement } from '../src/batch.ts'

/** A small schema with what the adapter's statements rest on: forced row security, a bound scope, expectations. */
const SCHEMA = `
  create schema arena;
  create function arena.bind_scope(scope uuid) returns void language plpgsql as $$
    begin execute format('set local arena.scope = %L', scope); end $$;
  create function arena.bound_scope() returns uuid language sql stable
    return nullif(current_setting('arena.scope', true), '')::uuid;
  create function arena.expect(ok boolean, code text, subject text) returns void language plpgsql as $$
    begin
      if ok is not true then raise exception using errcode = code, message = 'expected', detail = subject; end if;
    end $$;
  create table arena.users (
    scope_id uuid, id uuid, name text not null, version int not null default 1,
    constraint user_id primary key (scope_id, id));
  create table arena.identities (
    scope_id uuid, id uuid, user_id uuid not null, subject text not null, state text not null default 'linked',
    version int not null default 1,
    constraint identity_id primary key (scope_id, id),
    constraint identity_subject unique (scope_id, subject),
    constraint identity_user foreign key (scope_id, user_id) references arena.users
      deferrable initially immediate);
  create table arena.events (
    scope_id uuid, id uuid, identity_id uuid not null, data jsonb not null,
    constraint event_id primary key (scope_id, id),
    constraint event_identity foreign key (scope_id, identity_id) references arena.identities);
  create table arena.keys (
    scope_id uuid, key text, command_id uuid not null, expires_at timestamptz not null,
    constraint idempotency_key primary key (scope_id, key));
`
const TABLES = ['users', 'identities', 'events', 'keys']

export interface BatchDatabase {
  readonly admin: Client
  /** As the runtime role, which owns nothing. Ends with the test file. */
  connect(options?: ClientConfig): Promise<Client>
  countUsers(scope: string): Promise<number>
}

/** Call it in `beforeAll`'s file scope: the database ends with the test file. */
export async function createBatchDatabase(): Promise<BatchDatabase> {
  const clients: Client[] = []
  let role = ''
  const database = await createTestDatabase()
  const admin = new Client({ connectionString: database.connectionString })
  await admin.connect()
  role = `${database.name}_runtime`
  const password = crypto.randomUUID()
  await admin.query(SCHEMA)
  await admin.query(`create role ${role} login password '${password}'`)
  await admin.query(`grant usage on schema arena to ${role}`)
  await admin.query(`grant select, insert, update on all tables in schema arena to ${role}`)
  for (const table of TABLES) {
    await admin.query(`alter table arena.${table} enable row level security, force row level security`)
    await admin.query(
      `create policy scope on arena.${table} using (scope_id = arena.bound_scope())
        with check (scope_id = arena.bound_scope())`,
    )
  }
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end().catch(() => {})))
    await admin.query(`drop owned by ${role}`)
    await admin.query(`drop role ${role}`)
    await admin.end()
  })
  return {
    admin,
    async connect(options = {}) {
      const { host, port } = testPostgres()
      const client = new Client({ host, port, database: database.name, user: role, password, ...options })
      client.on('error', () => {})
      await client.connect()
      clients.push(client)
      return client
    },
    async countUsers(scope) {
      const { rows } = await admin.query<{ n: number }>(
        'select count(*)::int as n from arena.users where scope_id = $1',
        [scope],
      )
      return rows[0]?.n ?? 0
    },
  }
}

/** A named statement; the name is its text's own, as an adapter would have it. */
export function statement(text: string, ...values: unknown[]): Statement {
  return { name: createHash('sha256').update(text).digest('base64url'), text, values }
}

export function unnamed(text: string, ...values: unknown[]): Statement {
  return { name: null, text, values }
}

export const bind = (scope: string): Statement => statement('select arena.bind_scope($1)', scope)

export const insertUser = (scope: string, id: string, name = 'a'): Statement =>
  statement('insert into arena.users (scope_id, id, name) values ($1, $2, $3)', scope, id, name)

export const insertIdentity = (scope: string, id: string, user: string, subject: string): Statement =>
  statement(
    'insert into arena.identities (scope_id, id, user_id, subject) values ($1, $2, $3, $4)',
    scope,
    id,
    user,
    subject,
  )

/** Of users in the bound scope. */
export const countVisible = statement('select count(*)::int as n from arena.users')

/** What a batch was rejected with, which quotes nothing and names no place. */
export async function failureOf(batch: Promise<BatchResult>): Promise<BatchError> {
  const error = await batch.then(
    () => expect.fail('the batch succeeded'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(BatchError)
  expect(inspect(error, { depth: null })).not.toMatch(/confidence|127\.0\.0\.1/)
  return error as BatchError
}
