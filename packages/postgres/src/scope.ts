import type { ScopeId } from '@user-engine/store'
import { sql, type RawBuilder } from 'kysely'

import type { Statement } from './batch.ts'
import { db } from './database.ts'
import { expectSupportedSchema, type SchemaGate } from './schema-gate.ts'
import { template } from './template.ts'

const one = (scope: unknown) => sql`user_engine.bind_scope(${scope}::uuid)`
const two = (scope: unknown, beside: unknown) => sql`user_engine.bind_scope(${scope}::uuid, ${beside}::uuid)`

const bind = (bound: RawBuilder<unknown>) => db.selectNoFrom(bound.as('bound'))
const check = (bound: RawBuilder<unknown>) =>
  db.selectNoFrom([expectSupportedSchema.as('supported'), bound.as('bound')])

const bindOne = template<'scope'>((parameter) => bind(one(parameter('scope'))))
const bindTwo = template<'scope' | 'beside'>((parameter) =>
  bind(two(parameter('scope'), parameter('beside'))),
)
const checkOne = template<'scope'>((parameter) => check(one(parameter('scope'))))
const checkTwo = template<'scope' | 'beside'>((parameter) =>
  check(two(parameter('scope'), parameter('beside'))),
)

/** Binds the scopes until the transaction ends. It comes first: row security is decided by what is bound. */
export function bindScope([scope, beside]: readonly ScopeId[]): Statement {
  return beside === undefined ? bindOne({ scope }) : bindTwo({ scope, beside })
}

/** How a transaction begins. */
export interface Entrance {
  readonly statement: Statement
  /** To be told once the statement has been executed. */
  passed(): void
}

/** Binds the scopes and, where that is due, looks at the schema in the same statement: it costs no round trip. */
export function enterScope(scopes: readonly ScopeId[], gate: SchemaGate): Entrance {
  if (!gate.isDue()) return { statement: bindScope(scopes), passed: () => {} }
  const [scope, beside] = scopes
  const statement = beside === undefined ? checkOne({ scope }) : checkTwo({ scope, beside })
  return { statement, passed: () => gate.passed() }
}
