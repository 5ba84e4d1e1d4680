import { sql, type Compilable, type Expression } from 'kysely'

import type { Row, Statement } from './batch.ts'
import { asCompilable, template, type Template } from './template.ts'

/** A kind of question that several callers may ask as one. */
interface Kind {
  /** Texts, in which they may differ; in all else they are the same. */
  readonly keys: readonly string[]
  readonly together: Template<string>
}

/** What a statement asks. */
export interface Question {
  readonly kind: Kind
  readonly values: Readonly<Record<string, unknown>>
}

type Parameters<Names extends string> = <Value = never>(name: Names) => Value

/** A query as `template` takes it, whose statements say how to ask several of them as one, where they differ in `keys` alone. */
export function question<Names extends string>(
  build: (parameter: Parameters<Names>) => Compilable & Expression<unknown>,
  keys: readonly Names[],
): Template<Names> {
  const alone = template(build)
  const kind: Kind = { keys, together: template((parameter) => asTable(build, keys, parameter)) }
  return (values) => ({ question: { kind, values }, ...alone(values) })
}

/** The query for each row of a table of keys; `place` tells which of them, from 1, an answer is to. */
function asTable<Names extends string>(
  build: (parameter: Parameters<Names>) => Compilable & Expression<unknown>,
  keys: readonly Names[],
  parameter: Parameters<Names>,
): Compilable {
  const arrays = keys.map((key) => sql`${parameter(key)}::text[]`)
  const isKey = new Set(keys)
  // The builder takes a reference for the value, as it takes a parameter for it.
  const each = <Value>(name: Names) =>
    isKey.has(name) ? (sql.ref(`asked.${name}`) as Value) : parameter<Value>(name)
  return asCompilable(sql`select asked.place::integer as place, answer.*
    from unnest(${sql.join(arrays)}) with ordinality as asked (${sql.join(keys.map((key) => sql.id(key)))}, place)
    cross join lateral ${build(each)} as answer`)
}

export function canBeAskedTogether(one: Question, other: Question): boolean {
  const { kind, values } = one
  if (kind !== other.kind) return false
  return Object.keys(values).every(
    (name) => kind.keys.includes(name) || isEqual(values[name], other.values[name]),
  )
}

function isEqual(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other
  return one.length === other.length && one.every((item, at) => item === other[at])
}

/** One statement for questions that can be asked together. */
export function askTogether(questions: readonly [Question, ...Question[]]): Statement {
  const [{ kind, values }] = questions
  const columns = kind.keys.map((key): [string, unknown] => [key, questions.map((each) => each.values[key])])
  return kind.together({ ...values, ...Object.fromEntries(columns) })
}

/** Of what they were answered, what answers the question at a place among them, from 1. */
export function answerTo(place: number, rows: readonly Row[]): readonly Row[] {
  return rows.filter((row) => row['place'] === place)
}
