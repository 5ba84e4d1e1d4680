import { sql } from 'kysely'
import { expect, it } from 'vitest'

import { db } from '../src/database.ts'
import { DIALECTS, type Dialect } from '../src/dialect.ts'
import { readFlat } from '../src/exchange.ts'
import { createRoot } from '../src/frame.ts'
import type { PurposePool } from '../src/pool.ts'
import { question } from '../src/questions.ts'
import type { Replica } from '../src/replica.ts'
import { createSchemaGate } from '../src/schema-gate.ts'
import { bindScope, enterScope } from '../src/scope.ts'
import { executeBatch, type Statement } from '../src/batch.ts'
import { directoryScope, scopeIds, type ScopeId } from '@user-engine/store'
import { createProvidedDatabase } from './provided-database.ts'

const database = await createProvidedDatabase()
const runtime = await database.connect('runtime')
const [directory] = scopeIds(directoryScope())
const tenant = crypto.randomUUID() as string as ScopeId

async function look() {
  const { rows } = await runtime.query<{ scopes: string[] | null; forwards: string | null }>(
    `select user_engine.bound_scopes() as scopes,
      nullif(current_setting('citus.propagate_set_commands', true), '') as forwards`,
  )
  return rows[0]
}

it.each([
  ['postgres', null],
  ['citus', 'local'],
] as const)('binds a scope for %s, until the transaction ends', async (dialect: Dialect, forwards) => {
  const forms = DIALECTS[dialect]
  const scopes = [directory, tenant] as ScopeId[]
  const statements = [
    bindScope(scopes, forms),
    bindScope(scopes.slice(1), forms),
    enterScope(scopes, createSchemaGate(), forms).statement,
  ]
  for (const [index, statement] of statements.entries()) {
    await runtime.query('begin')
    const { results } = await executeBatch(runtime, [statement])
    expect(results[0]?.rowCount).toBe(1)
    expect(await look()).toEqual({ scopes: index === 1 ? [tenant] : scopes, forwards })
    await runtime.query('commit')
    expect(await look()).toEqual({ scopes: expect.not.arrayContaining(scopes) as unknown, forwards: null })
  }
})

it.each([
  ['postgres', [true, true]],
  ['citus', [false, false]],
] as const)('asks together for %s, or not, wherever it is answered', async (dialect: Dialect, together) => {
  const entrance = enterScope([directory] as ScopeId[], createSchemaGate(), DIALECTS[dialect])
  const asked: boolean[] = []
  const read = async (statements: readonly Statement[]) => {
    asked.push(statements.at(-1)?.question !== undefined)
    return []
  }
  const ask = question<'key'>(
    (parameter) => db.selectNoFrom(sql`${parameter('key')}::text`.as('own')),
    ['key'],
  )
  const replica: Replica = { read: async (_after, statements) => (await read(statements), null) }
  const root = createRoot({ read } as Pick<PurposePool, 'read'> as PurposePool, entrance, {
    replica,
    after: null,
    entrance,
  })
  await readFlat(root, [ask({ key: 'somebody' })], true)
  expect(asked).toEqual(together)
})
