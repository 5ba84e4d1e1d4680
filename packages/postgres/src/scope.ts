import type { ScopeId } from '@user-engine/store'
import { sql, type RawBuilder } from 'kysely'

import type { Statement } from './batch.ts'
import { db } from './database.ts'
import type { DialectForms } from './dialect.ts'
import { expectSupportedSchema, type SchemaGate } from './schema-gate.ts'
import { template } from './template.ts'

const one = (scope: unknown) => sql`user_engine.bind_scope(${scope}::uuid)`
const two = (scope: unknown, beside: unknown) => sql`user_engine.bind_scope(${scope}::uuid, ${beside}::uuid)`

/** Beside the function, whose statement the engine then forwards. Nobody reads it, and it is not left out: it is volatile. */
const forwarding = sql`(select set_config('citus.propagate_set_commands', 'local', true) offset 0)`

/** How a scope is bound, with the schema looked at in the same statement or without. */
function formsOf(forwards: boolean) {
  const from = forwards ? db.selectFrom(forwarding.as('forwarding')) : null
  const bind = (bound: RawBuilder<unknown>) =>
    from?.select(bound.as('bound')) ?? db.selectNoFrom(bound.as('bound'))
  const check = (bound: RawBuilder<unknown>) => {
    const both = [expectSupportedSchema.as('supported'), bound.as('bound')] as const
    return from?.select(both) ?? db.selectNoFrom(both)
  }
  return {
    bindOne: template<'scope'>((parameter) => bind(one(parameter('scope')))),
    bindTwo: template<'scope' | 'beside'>((parameter) => bind(two(parameter('scope'), parameter('beside')))),
    checkOne: template<'scope'>((parameter) => check(one(parameter('scope')))),
    checkTwo: template<'scope' | 'beside'>((parameter) =>
      check(two(parameter('scope'), parameter('beside'))),
    ),
  }
}

const plain = formsOf(false)
const forwarded = formsOf(true)

/** Binds the scopes until the transaction ends. It comes first: row security is decided by what is bound. */
export function bindScope([scope, beside]: readonly ScopeId[], { forwardsScope }: DialectForms): Statement {
  const { bindOne, bindTwo } = forwardsScope ? forwarded : plain
  return beside === undefined ? bindOne({ scope }) : bindTwo({ scope, beside })
}

/** How a transaction begins. */
export interface Entrance {
  readonly statement: Statement
  /** To be told once the statement has been executed. */
  passed(): void
}

/** Binds the scopes and, where that is due, looks at the schema in the same statement: it costs no round trip. */
export function enterScope(scopes: readonly ScopeId[], gate: SchemaGate, forms: DialectForms): Entrance {
  if (!gate.isDue()) return { statement: bindScope(scopes, forms), passed: () => {} }
  const [scope, beside] = scopes
  const { checkOne, checkTwo } = forms.forwardsScope ? forwarded : plain
  const statement = beside === undefined ? checkOne({ scope }) : checkTwo({ scope, beside })
  return { statement, passed: () => gate.passed() }
}
