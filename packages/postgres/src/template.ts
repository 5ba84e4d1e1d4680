import { createHash } from 'node:crypto'

import { DIRECTORY } from '@user-engine/store'
import { sql, type Compilable, type RawBuilder } from 'kysely'

import { db } from './database.ts'
import { MIGRATIONS } from './migrations.ts'
import type { Statement } from './statement.ts'

const schema = MIGRATIONS.at(-1)?.id ?? 0

/** Of a value: a word, or its place among the values where there are many. */
type Name = string | number

/** Stands for a value that is known when the statement is run. */
class Parameter {
  readonly name: Name
  constructor(name: Name) {
    this.name = name
  }
}

type Values<Names extends Name> = Readonly<Record<Names, unknown>>

/** A statement that is compiled; it is given its values each time it runs. */
export type Template<Names extends Name> = (values: Values<Names>) => Statement

/**
 * Compiles a query once. `parameter(name)` stands for a value in it; the statement is named by its text, so that equal
 * statements are parsed once on a connection, and by the schema, so that a new release never meets an old one's.
 */
export function template<Names extends Name>(
  build: (parameter: <Value = never>(name: Names) => Value) => Compilable,
): Template<Names> {
  // The builder takes a parameter for the value it stands for, and hands it back in order.
  const compiled = build(<Value>(name: Names) => new Parameter(name) as Value).compile()
  const { text, order } = withOneOfEach(compiled.sql, compiled.parameters)
  const name = `ue_${schema}_${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`
  return (values) => ({
    name,
    text,
    values: order.map((each) => (each instanceof Parameter ? values[each.name as Names] : each)),
  })
}

/** The builder numbers a parameter anew wherever it stands; here it is sent once. */
function withOneOfEach(text: string, parameters: readonly unknown[]) {
  const order: unknown[] = []
  const places = new Map<Name, number>()
  const numbers = parameters.map((each) => {
    const place = each instanceof Parameter ? places.get(each.name) : undefined
    if (place !== undefined) return place
    const number = order.push(each)
    if (each instanceof Parameter) places.set(each.name, number)
    return number
  })
  return { text: text.replaceAll(/\$(\d+)/g, (_, number) => `$${numbers[Number(number) - 1]}`), order }
}

/** A statement without values, such as `commit`. It is parsed each time: nothing is gained by a name. */
export function control(text: string): Statement {
  return { name: null, text, values: [] }
}

/** Ends the statement with `code` unless it holds, and says which of several it was. Only then the function is called. */
export function expect(holds: RawBuilder<unknown>, code: string, subject = 0) {
  const raised = sql`user_engine.expect(false, ${sql.lit(code)}, ${sql.lit(String(subject))})`
  return sql`case when (${holds}) is not true then ${raised} end`
}

/** States the scope beside row security, so that a plan can use it. */
export function inScopes(scopes: unknown) {
  return sql<boolean>`${sql.ref('scope_id')} = any(${scopes}::uuid[])`
}

/** The same for applications and catalogs: every scope sees those of the directory that are no drafts. */
export function inScopesOrPublished(scopes: unknown) {
  return sql<boolean>`(scope_id = any(${scopes}::uuid[]) or (scope_id = ${sql.lit(DIRECTORY)} and state <> ${sql.lit('draft')}))`
}

/** The scope's own row before the directory's, where both have the id. */
export function ownFirst(scopes: unknown) {
  return sql`array_position(${scopes}::uuid[], scope_id)`
}

/** SQL that kysely has no builder for. */
export function asCompilable(query: ReturnType<typeof sql<unknown>>): Compilable {
  return { compile: () => query.compile(db) }
}
