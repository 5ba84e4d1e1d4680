import { sql, type Compilable, type Expression } from 'kysely'
import { afterAll, expect, it } from 'vitest'

import { BatchError } from '../src/batch-error.ts'
import type { Statement } from '../src/batch.ts'
import { db } from '../src/database.ts'
import { question } from '../src/questions.ts'
import { createProvidedDatabase } from './provided-database.ts'
import { createRuntimePool } from './runtime-pool.ts'

const database = await createProvidedDatabase()
const pool = createRuntimePool(database)
afterAll(() => pool.end())

/** As many rows as are asked for, each with what was asked and what is bound; one key is refused. */
const asked = (parameter: <Value = never>(name: 'key' | 'rows' | 'known') => Value) =>
  db
    .selectFrom(sql`generate_series(1, ${parameter('rows')}::int)`.as('numbers'))
    .select([
      sql<string>`${parameter('key')}::text`.as('own'),
      sql<number>`1 / (${parameter('key')}::text <> 'refused')::int`.as('one'),
      sql<string>`${parameter('known')}::text[]`.as('known'),
      sql<string>`current_setting('user_engine.scopes')`.as('bound'),
    ]) satisfies Compilable & Expression<unknown>
const ask = question(asked, ['key'])

const bind = (scope: string): Statement => ({
  name: null,
  text: `select set_config('user_engine.scopes', $1, true)`,
  values: [scope],
  binds: true,
})
/** What an array that is written as one text may take for something else. */
const KEYS = [
  'NULL',
  '',
  '{}',
  '{a,b}',
  'a,b',
  '"',
  '\\',
  '\\"',
  "'",
  '$1',
  ' ',
  'é',
  'e\u0301',
  '\u{1F9D1}\u{1F3FD}',
]

it('answers each what was asked, whatever text it is, and as many rows as there are', async () => {
  const calls = Array.from({ length: 20 }, (_, turn) =>
    KEYS.map((key, at) => ({
      key,
      rows: turn % 3,
      scope: `{${at % 2}}`,
      known: turn % 2 === 0 ? ['NULL'] : [],
    })),
  ).flat()
  const answers = await Promise.all(
    calls.map(({ scope, ...values }) => pool.read([bind(scope), ask(values)])),
  )
  for (const [at, { key, rows, scope, known }] of calls.entries()) {
    const [bound, answer] = answers[at] ?? []
    expect(bound?.rows).toHaveLength(1)
    expect(answer?.rowCount).toBe(rows)
    expect(answer?.rows).toHaveLength(rows)
    for (const row of answer?.rows ?? []) expect(row).toMatchObject({ own: key, bound: scope, known })
  }
})

it('fails for whoever asks what is refused, or can not be sent, and for none of those who ask with them', async () => {
  const ends = await Promise.all(
    Array.from({ length: 100 }, async (_, at) => {
      const key = at % 10 === 3 ? 'refused' : at % 10 === 7 ? 'a\0b' : String(at)
      const answer = pool.read([bind('{a}'), ask({ key, rows: 1, known: [] })])
      return answer.then(
        ([, result]) => result?.rows[0]?.['own'],
        (error: unknown) => (error instanceof BatchError ? error.fault?.sqlState : String(error)),
      )
    }),
  )
  for (const [at, end] of ends.entries()) {
    if (at % 10 === 3) expect(end).toBe('22012')
    else if (at % 10 === 7) expect(end).toMatch(/^TypeError/)
    else expect(end).toBe(String(at))
  }
})
