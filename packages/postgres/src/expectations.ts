import type { StoreError } from '@user-engine/store'
import { sql, type Compilable, type QueryCreator } from 'kysely'

import { db, type Database } from './database.ts'
import type { Step } from './flush.ts'
import { arrange, insertArms, insertStatements, withArms, type Insert } from './inserts.ts'
import { expect, template, type Template } from './template.ts'

export type Parameter = <Value = never>(name: string) => Value

/** A query that answers one row, or what was expected is not so. */
export interface Form {
  readonly name: string
  /** Of its values, in the order in which they are given. */
  readonly values: readonly string[]
  /** The SQLSTATE that is raised where there is no row. */
  readonly code: string
  readonly row: (parameter: Parameter) => Compilable
}

/** What has to hold before anything else is written, and is made sure of until the transaction ends. */
export interface Expectation {
  readonly form: Form
  readonly values: readonly unknown[]
  readonly unmet: () => StoreError
}

/** As many are in one statement at most. */
const MERGED = 8
/** As many combinations of them are prepared: what is in none of these goes one by one. */
const MAX_SHAPES = 200
/** And as many with what is inserted: other inserts are a statement of their own. */
const MAX_WITH_INSERTS = 100

const shapes = new Map<string, Template<number>>()
const withInserts = new Map<string, Template<number>>()

/**
 * Looks at them in their order, as many as may be in one statement, and inserts in the last one, when all that it expects is
 * there. `apart`: each in a statement of its own, and nothing is inserted with them.
 */
export function expectationSteps(
  expectations: readonly Expectation[],
  inserts: readonly Insert[],
  apart: boolean,
): readonly Step[] {
  const size = apart ? 1 : MERGED
  const steps: Step[] = []
  for (let start = 0; start < expectations.length; start += size) {
    const isLast = start + size >= expectations.length
    steps.push(...stepsFor(expectations.slice(start, start + size), isLast ? inserts : []))
  }
  return steps
}

function stepsFor(expectations: readonly Expectation[], inserts: readonly Insert[]): readonly Step[] {
  const { form, values, places } = arrange(inserts)
  const names = expectations.map((each) => each.form.name).join()
  const shape = `${names} ${form}`
  const [prepared, most] = form === '' ? [shapes, MAX_SHAPES] : [withInserts, MAX_WITH_INSERTS]
  let compiled = prepared.get(shape)
  if (compiled === undefined) {
    if (prepared.size >= most && form !== '') {
      const apart = insertStatements(inserts).map((statement) => ({ statement, unmet: null }))
      return [...stepsFor(expectations, []), ...apart]
    }
    if (prepared.size >= most && expectations.length > 1)
      return expectations.flatMap((one) => stepsFor([one], []))
    const forms = expectations.map((each) => each.form)
    compiled = template((parameter) => compose(forms, inserts, places, parameter))
    prepared.set(shape, compiled)
  }
  return [
    {
      statement: compiled([...expectations.flatMap((each) => each.values), ...values]),
      unmet: (subject) => (expectations[Number(subject)] ?? expectations[0])?.unmet(),
    },
  ]
}

/** What is in FROM is read first, each other one when its part of the answer is made, from left to right, and the rest then. */
function compose(
  forms: readonly Form[],
  inserts: readonly Insert[],
  places: readonly number[],
  parameter: (place: number) => never,
): Compilable {
  let query: QueryCreator<Database> = db
  let place = 0
  for (const [index, { values, row }] of forms.entries()) {
    const first = place
    place += values.length
    const of: Parameter = (name) => parameter(first + values.indexOf(name))
    // Nobody refers to a column of it, so that its columns need no types.
    query = query.with(nameOf(index), () => row(of) as never)
  }
  const count = (index: number) =>
    index === 0 ? sql`count(*)` : sql`(select count(*) from ${sql.table(nameOf(index))})`
  return withArms(
    query,
    insertArms(inserts, places, (each) => parameter(place + each)),
  )
    .selectFrom(sql`${sql.table(nameOf(0))}`.as('first'))
    .select(forms.map(({ code }, index) => expect(sql`${count(index)} = 1`, code, index).as(nameOf(index))))
}

const nameOf = (index: number) => `expected_${index}`
