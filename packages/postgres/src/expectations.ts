import type { StoreError } from '@user-engine/store'
import { sql, type Compilable } from 'kysely'

import { db } from './database.ts'
import type { Step } from './flush.ts'
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

/** As many are in one statement at most; as many combinations are prepared, and what is in none of them goes one by one. */
const MERGED = 8
const MAX_SHAPES = 200

const shapes = new Map<string, Template<number>>()

/** Looks at them in their order, as many as may be in one statement; `apart`: each in a statement of its own. */
export function expectationSteps(expectations: readonly Expectation[], apart: boolean): readonly Step[] {
  const size = apart ? 1 : MERGED
  const steps: Step[] = []
  for (let start = 0; start < expectations.length; start += size)
    steps.push(...stepsFor(expectations.slice(start, start + size)))
  return steps
}

function stepsFor(expectations: readonly Expectation[]): readonly Step[] {
  const shape = expectations.map(({ form }) => form.name).join()
  let compiled = shapes.get(shape)
  if (compiled === undefined) {
    if (shapes.size >= MAX_SHAPES && expectations.length > 1)
      return expectations.flatMap((one) => stepsFor([one]))
    compiled = compile(expectations.map(({ form }) => form))
    shapes.set(shape, compiled)
  }
  return [
    {
      statement: compiled(expectations.flatMap(({ values }) => values)),
      unmet: (subject) => (expectations[Number(subject)] ?? expectations[0])?.unmet(),
    },
  ]
}

/** What is in FROM is read first, and each other one when its part of the answer is made, from left to right. */
function compile(forms: readonly Form[]): Template<number> {
  return template((parameter) => {
    let query = db
    let place = 0
    for (const [index, { values, row }] of forms.entries()) {
      const first = place
      place += values.length
      const of: Parameter = (name) => parameter(first + values.indexOf(name))
      // Nobody refers to a column of it, so that its columns need no types.
      query = query.with(nameOf(index), () => row(of) as never) as unknown as typeof db
    }
    const count = (index: number) =>
      index === 0 ? sql`count(*)` : sql`(select count(*) from ${sql.table(nameOf(index))})`
    return query
      .selectFrom(sql`${sql.table(nameOf(0))}`.as('first'))
      .select(forms.map(({ code }, index) => expect(sql`${count(index)} = 1`, code, index).as(nameOf(index))))
  })
}

const nameOf = (index: number) => `expected_${index}`
