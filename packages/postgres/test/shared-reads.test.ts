import { AsyncLocalStorage } from 'node:async_hooks'

import { Client } from 'pg'
import { afterAll, expect, it } from 'vitest'

import { BatchError } from '../src/batch-error.ts'
import type { Statement } from '../src/batch.ts'
import { createProvidedDatabase } from './provided-database.ts'
import { createRuntimePool } from './runtime-pool.ts'

const database = await createProvidedDatabase()
const admin = await database.connect(null)
const pool = createRuntimePool(database)
afterAll(() => pool.end())

const plain = (text: string, ...values: readonly unknown[]): Statement => ({ name: null, text, values })
const bind = (scope: string) => plain(`select set_config('user_engine.scopes', $1, true)`, scope)
/** Statements of one batch are of one transaction, which has one time. */
const look = (own: string) =>
  plain(`select $1::text as own, current_setting('user_engine.scopes') as bound, now()::text as batch`, own)

/** What a caller reads in a scope of its own; `between` is what it reads first. */
async function call(scope: string, ...between: readonly Statement[]) {
  const results = await pool.read([bind(scope), ...between, look(scope)])
  expect(results).toHaveLength(between.length + 2)
  return results.at(-1)?.rows[0]
}

const scopes = Array.from({ length: 200 }, () => `{${crypto.randomUUID()}}`)
const codeOf = (error: unknown) =>
  error instanceof BatchError ? (error.fault?.sqlState ?? error.outcome) : String(error)

it('answers many callers in few batches, each out of what it has bound itself', async () => {
  const seen = await Promise.all(scopes.map((scope) => call(scope)))
  expect(seen.map((row) => row?.['bound'])).toEqual(scopes)
  expect(seen.map((row) => row?.['own'])).toEqual(scopes)
  expect(new Set(seen.map((row) => row?.['batch'])).size).toBeLessThan(scopes.length / 4)
})

it('binds again only what is not bound, whatever form it has', async () => {
  const forms = ['', ' ']
  const few = scopes.slice(0, 3)
  const calls = Array.from({ length: 200 }, (_, index) => {
    const scope = few[Math.floor(index / 4) % 3] ?? ''
    const form = forms[Math.floor(index / 24) % 2] ?? ''
    const text = `select set_config('user_engine.scopes', $1, true), gen_random_uuid() as binding${form}`
    return { scope, binding: { ...plain(text, scope), binds: true } as const }
  })
  const answers = await Promise.all(calls.map(({ scope, binding }) => pool.read([binding, look(scope)])))
  const seen = answers.map(([, looked]) => looked?.rows[0])
  expect(seen.map((row) => row?.['bound'])).toEqual(calls.map(({ scope }) => scope))
  expect(seen.map((row) => row?.['own'])).toEqual(calls.map(({ scope }) => scope))
  const bindings = new Map(answers.map(([bound], index) => [bound?.rows[0]?.['binding'], calls[index]]))
  expect(bindings.size).toBeLessThan(100)
  for (const [index, [bound]] of answers.entries()) {
    expect(bindings.get(bound?.rows[0]?.['binding'])?.scope).toBe(calls[index]?.scope)
  }
})

it('fails for whoever made the statement that is refused, or can not be sent, and for no one else', async () => {
  const ends = await Promise.all(
    scopes.map((scope, index) => {
      if (index % 10 === 3) return call(scope, plain('select 1 / $1::int', 0)).catch(codeOf)
      if (index % 10 === 7) return call(scope, plain('select $1', new Date(Number.NaN))).catch(codeOf)
      return call(scope)
    }),
  )
  for (const [index, end] of ends.entries()) {
    if (index % 10 === 3) expect(end).toBe('22012')
    else if (index % 10 === 7) expect(end).toMatch(/^TypeError/)
    else expect(end).toMatchObject({ own: scopes[index], bound: scopes[index] })
  }
})

it('has a batch of one in the asynchronous context of who made it, and one of several in that of nobody', async () => {
  const context = new AsyncLocalStorage<string>()
  const seen = new Set<string | undefined>()
  const { query } = Client.prototype
  Client.prototype.query = function (this: Client, ...given: unknown[]) {
    seen.add(context.getStore())
    return Reflect.apply(query, this, given) as never
  }
  try {
    await context.run('alone', () => call('{}'))
    await Promise.all(scopes.map((scope) => context.run(scope, () => call(scope))))
  } finally {
    Client.prototype.query = query
  }
  expect(seen).toEqual(new Set(['alone', undefined]))
})

/** Holds whoever reads the users, until it ends. */
async function holdUsers() {
  const holder = await database.connect(null)
  await holder.query('begin; lock table user_engine.users in access exclusive mode')
  return {
    held: async () => {
      const { rows } = await admin.query<{ pid: number }>(
        `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      return rows.map(({ pid }) => pid)
    },
    end: () => holder.query('rollback'),
  }
}
const users = plain('select from user_engine.users')

it('waits for no batch that is stuck', async () => {
  const hold = await holdUsers()
  let stuck = 0
  const waiting: Promise<unknown>[] = []
  for (const scope of scopes.slice(0, 3)) {
    stuck += 1
    const answer = call(scope, users).then((row) => row?.['bound'])
    waiting.push(answer.finally(() => (stuck -= 1)))
    await expect.poll(async () => (await hold.held()).length, { interval: 5 }).toBe(stuck)
  }
  for (const scope of scopes.slice(3, 9)) expect(await call(scope)).toMatchObject({ bound: scope })
  expect(stuck).toBe(3)
  await hold.end()
  expect(await Promise.all(waiting)).toEqual(scopes.slice(0, 3))
})

it('sends in time what waits behind batches that are stuck, however much that is', async () => {
  const hold = await holdUsers()
  const waiting = scopes.slice(0, 100).map((scope) => call(scope, users))
  await expect.poll(async () => (await hold.held()).length, { interval: 5 }).toBeGreaterThan(6)
  await hold.end()
  expect((await Promise.all(waiting)).map((row) => row?.['bound'])).toEqual(scopes.slice(0, 100))
})

it('lets the batches take turns: what is called together, after some were answered, is not one batch', async () => {
  const batches: string[][] = []
  const caller = async (scope: string) => {
    for (const round of batches.keys()) {
      const row = await call(scope)
      batches[round]?.push(String(row?.['batch']))
    }
  }
  for (let round = 0; round < 50; round += 1) batches.push([])
  await Promise.all(scopes.slice(0, 16).map(caller))
  const largest = batches.slice(10).map((seen) => {
    const sizes = [...new Set(seen)].map((batch) => seen.filter((each) => each === batch).length)
    return Math.max(...sizes)
  })
  expect(largest.toSorted((a, b) => a - b)[20]).toBeLessThanOrEqual(8)
})

it('does not know what became of those that lose their connection together, and goes on for the next', async () => {
  const hold = await holdUsers()
  const waiting = scopes.map((scope) => call(scope, users).catch(codeOf))
  await expect.poll(async () => (await hold.held()).length, { interval: 5 }).toBeGreaterThan(2)
  const [pid] = await hold.held()
  await admin.query('select pg_terminate_backend($1, 5000)', [pid])
  await hold.end()
  const ends = await Promise.all(waiting)
  const lost = ends.filter((end) => typeof end === 'string')
  expect(lost.length).toBeGreaterThan(0)
  expect(lost.length).toBeLessThanOrEqual(16)
  expect(new Set(lost)).toEqual(new Set(['57P01']))
  for (const [index, end] of ends.entries()) {
    if (typeof end !== 'string') expect(end).toMatchObject({ bound: scopes[index] })
  }
  expect(await call('{}')).toMatchObject({ bound: '{}' })
})
