import { sql } from 'kysely'
import { expect, it } from 'vitest'

import type { Statement, StatementResult } from './batch.ts'
import { mergeCalls } from './merged-calls.ts'
import { question } from './questions.ts'
import { db } from './database.ts'

const ask = question<'key' | 'known'>(
  (parameter) => db.selectNoFrom(sql`array[${parameter('key')}] || ${parameter('known')}`.as('answer')),
  ['key'],
)
const asking = (key: string, ...known: string[]) => ask({ key, known })
const plain = (text: string): Statement => ({ name: null, text, values: [] })
const bind = (scope: string): Statement => ({ ...plain('bind'), values: [scope], binds: true })
const [a, b] = [bind('a'), bind('b')]

/** What is sent, in words, and what a server that says them back answers each call; of a table, the last row first. */
function merged(...calls: (readonly Statement[])[]) {
  const { sent, answers } = mergeCalls(calls)
  const words = sent.map(({ text, values }) => {
    const keys = text.includes('unnest') ? (values[0] as readonly string[]) : null
    return keys ?? [[...(text.startsWith('select') ? [] : [text]), ...values.flat()].join(' ')]
  })
  const results = words.map((each): StatementResult => {
    const rows = each.map((word, at) => ({ place: at + 1, word })).toReversed()
    return { command: 'SELECT', rowCount: rows.length, rows }
  })
  const told = answers(results).map((each) => each.map(({ rows }) => rows.map(({ word }) => word).join()))
  return { sent: words.map((each) => each.join(' ')), told }
}

it('asks together what is asked in one scope, and tells each what is theirs', () => {
  expect(merged([a, asking('1')], [a, asking('2')], [a, asking('3')])).toEqual({
    sent: ['bind a', '1 2 3'],
    told: [
      ['bind a', '1'],
      ['bind a', '2'],
      ['bind a', '3'],
    ],
  })
})

it('asks in each scope what is asked there, also where others come between', () => {
  const { sent, told } = merged([a, asking('1')], [b, asking('2')], [a, asking('3')], [a, plain('other')])
  expect(sent).toEqual(['bind a', '1 3', 'bind b', '2', 'bind a', 'other'])
  expect(told.map((each) => each[1])).toEqual(['1', '2', '3', 'other'])
})

it.each([
  ['differ in more than their keys', [a, asking('1')], [a, asking('2', 'known')]],
  ['come after something else', [a, plain('at 1'), asking('1')], [a, plain('at 2'), asking('2')]],
  ['are not asked last', [a, asking('1'), plain('more')], [a, asking('2'), plain('more')]],
  ['bind nothing', [asking('1')], [asking('2')]],
])('asks apart those that %s', (_, one, other) => {
  const { sent } = merged(one, other)
  expect(sent.filter((each) => /^[12]/.test(each))).toHaveLength(2)
})

it('says once what is said before by all', () => {
  const { sent, told } = merged([plain('at 1'), a, asking('1')], [plain('at 1'), a, asking('2')])
  expect(sent).toEqual(['at 1', 'bind a', '1 2'])
  expect(told).toEqual([
    ['at 1', 'bind a', '1'],
    ['at 1', 'bind a', '2'],
  ])
})
