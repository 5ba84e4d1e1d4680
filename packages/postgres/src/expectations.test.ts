import { StoreError, type RecordKind } from '@user-engine/store'
import { expect, it } from 'vitest'

import { expectationSteps } from './expectations.ts'
import { LOCKS } from './locks.ts'

const KINDS = Object.keys(LOCKS) as RecordKind[]
const lock = (kind: RecordKind) => ({
  form: LOCKS[kind].share,
  values: [crypto.randomUUID(), crypto.randomUUID(), 1],
  unmet: () => new StoreError('VERSION_CONFLICT', { kind, id: '' }),
})
const insert = (table: 'users' | 'groups' | 'accounts', rows: number) => ({
  table,
  rows: Array.from({ length: rows }, () => ({ id: crypto.randomUUID(), state: 'active' })),
})

it('says whose expectation was not met, also where something is inserted with it', () => {
  const [step, ...others] = expectationSteps([lock('user'), lock('group')], [insert('accounts', 1)], false)
  expect(others).toEqual([])
  expect(step?.statement.text).toMatch(/^with "expected_0" as .*"expected_1" as .*"arm_0" as \(insert into/)
  expect(step?.unmet?.('1')).toMatchObject({ details: { kind: 'group' } })
})

it('prepares few texts on a connection, however much is composed, and leaves nothing out', () => {
  const names = new Set<string | null>()
  for (let each = 0; each < 2048; each += 1) {
    const kinds = KINDS.filter((_, bit) => ((each >> bit) & 1) === 1)
    const locks = kinds.length === 0 ? [lock('user')] : kinds.slice(0, 8).map(lock)
    const inserts = [insert('users', 1 + (each % 5)), insert('groups', 1 + (each % 3))]
    const steps = expectationSteps(locks, inserts, false)
    for (const { statement } of steps) names.add(statement.name)
    const values = new Set(steps.flatMap(({ statement }) => statement.values))
    for (const one of locks) for (const value of one.values) expect(values).toContain(value)
    for (const { rows } of inserts) for (const row of rows) expect(values).toContain(row.id)
  }
  expect(names).not.toContain(null)
  // 200 of locks, each lock by itself, 100 with inserts, and the inserts' own forms.
  expect(names.size).toBeLessThan(400)
})
