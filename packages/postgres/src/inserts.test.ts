import { expect, it } from 'vitest'

import { insertStatements } from './inserts.ts'

const at = () => new Date('2026-01-01T00:00:00.000Z')
const [scope, user] = [crypto.randomUUID(), crypto.randomUUID()]
const record = (rest: object) => ({ ...rest, scope_id: scope, created_at: at(), updated_at: at() })
const users = { table: 'users', rows: [record({ id: user, state: 'active' })] } as const

it('sends what stands in several columns of one type once', () => {
  const accounts = { table: 'accounts', rows: [record({ id: user, user_id: user, state: user })] } as const
  const [statement] = insertStatements([users, accounts])
  expect(statement?.values).toEqual([user, 'active', scope, at(), user])
  expect(statement?.text).toMatch(
    /values \(\$1, \$2, \$3, \$4, \$4\).*values \(\$1, \$1, \$5, \$3, \$4, \$4\)$/,
  )
})

it('has a text for what is equal, and few of them: then one that tells nothing apart', () => {
  const names = new Set<string | null | undefined>()
  for (let form = 0; form < 64; form += 1) {
    const ids = Array.from({ length: 7 }, (_, bit) => ((form >> bit) & 1 ? user : crypto.randomUUID()))
    const rows = ids.map((id) => ({ id, catalog_id: null, group_id: null }))
    const [statement] = insertStatements([{ table: 'groups', rows }])
    expect(statement?.values.filter((value) => value === null)).toHaveLength(2 * ids.length)
    names.add(statement?.name)
  }
  expect(names.has(null)).toBe(false)
  expect(names.size).toBe(4)
})

it('sends all of it where rows are many, whatever is equal: their texts are few', () => {
  const rows = Array.from({ length: 33 }, () => record({ id: user }))
  const [many, one] = insertStatements([{ table: 'users', rows }])
  expect(many?.values).toHaveLength(32 * 4)
  expect(one?.values).toEqual([user, scope, at()])
})
