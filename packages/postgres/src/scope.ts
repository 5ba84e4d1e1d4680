import type { ScopeId } from '@user-engine/store'
import { sql, type RawBuilder } from 'kysely'

import type { Statement } from './batch.ts'
import { db } from './database.ts'
import type { DialectForms } from './dialect.ts'
import { expectSupportedSchema, type SchemaGate } from './schema-gate.ts'
import { template, type Template } from './template.ts'

/** Until the transaction ends. What is not an id fails here, and not where a policy reads it. */
const set = (scopes: RawBuilder<unknown>) =>
  sql`set_config('user_engine.scopes', array[${scopes}]::text, true) is not null`.as('bound')

/** The same by SET LOCAL, which an engine that spreads a schema over servers forwards to them; it takes twice the time. */
const forward = (scopes: RawBuilder<unknown>) => sql`user_engine.bind_scope(${scopes})`.as('bound')

/** Beside the function, whose statement the engine then forwards. Nobody reads it, and it is not left out: it is volatile. */
const forwarding = sql`(select set_config('citus.propagate_set_commands', 'local', true) offset 0)`

type Name = 'scope' | 'beside'

/** How a scope is bound, with the schema looked at in the same statement or without. */
function formsOf(forwards: boolean) {
  const from = forwards ? db.selectFrom(forwarding.as('forwarding')) : null
  const bind = forwards ? forward : set
  const form = (names: readonly Name[], checks: boolean) =>
    template<Name>((parameter) => {
      const bound = bind(sql.join(names.map((name) => sql`${parameter(name)}::uuid`)))
      const columns = checks ? [expectSupportedSchema.as('supported'), bound] : [bound]
      return from?.select(columns) ?? db.selectNoFrom(columns)
    })
  return {
    bindOne: form(['scope'], false),
    bindTwo: form(['scope', 'beside'], false),
    checkOne: form(['scope'], true),
    checkTwo: form(['scope', 'beside'], true),
  }
}

const plain = formsOf(false)
const forwarded = formsOf(true)

/** Binds the scopes until the transaction ends. It comes first: row security is decided by what is bound. */
export function bindScope([scope, beside]: readonly ScopeId[], { forwardsScope }: DialectForms): Statement {
  const { bindOne, bindTwo } = forwardsScope ? forwarded : plain
  return binding(beside === undefined ? bindOne : bindTwo, scope, beside)
}

function binding(form: Template<Name>, scope: ScopeId | undefined, beside: ScopeId | undefined): Statement {
  return { binds: true, ...form({ scope, beside }) }
}

/** How a transaction begins. */
export interface Entrance {
  readonly statement: Statement
  readonly forms: DialectForms
  /** To be told once the statement has been executed. */
  passed(): void
}

/** Binds the scopes and, where that is due, looks at the schema in the same statement: it costs no round trip. */
export function enterScope(scopes: readonly ScopeId[], gate: SchemaGate, forms: DialectForms): Entrance {
  if (!gate.isDue()) return { statement: bindScope(scopes, forms), forms, passed: () => {} }
  const [scope, beside] = scopes
  const { checkOne, checkTwo } = forms.forwardsScope ? forwarded : plain
  const statement = binding(beside === undefined ? checkOne : checkTwo, scope, beside)
  return { statement, forms, passed: () => gate.passed() }
}
