import type { Compilable, QueryCreator } from 'kysely'

import type { Statement } from './batch.ts'
import { db, type Database } from './database.ts'
import type { TableName } from './reads.ts'
import { template, type Template } from './template.ts'

type Row = Readonly<Record<string, unknown>>

/** Rows of one table: all have the same columns, in the same order. */
export interface Insert {
  readonly table: TableName
  readonly rows: readonly Row[]
}

/** More rows of a table than this go in statements of their own, of fixed sizes, so that few texts are ever made. */
const MERGED_ROWS = 8
const CHUNKS = [256, 32, 8, 1]
const MAX_SHAPES = 200

const shapes = new Map<string, Template<number>>()

/** Merges the inserts of a commit into one data-modifying statement, as far as they are few, and keeps their order. */
export function insertStatements(inserts: readonly Insert[]): readonly Statement[] {
  const statements: Statement[] = []
  let merged: Insert[] = []
  const send = (together: readonly Insert[]) => {
    if (together.length > 0) statements.push(statementFor(together))
  }
  for (const insert of inserts) {
    if (insert.rows.length > MERGED_ROWS) {
      send(merged)
      merged = []
      for (const chunk of chunksOf(insert)) send([chunk])
    } else if (insert.rows.length > 0) {
      merged.push(insert)
    }
  }
  send(merged)
  return statements
}

function* chunksOf({ table, rows }: Insert): Generator<Insert> {
  let start = 0
  for (const size of CHUNKS) {
    for (; rows.length - start >= size; start += size) yield { table, rows: rows.slice(start, start + size) }
  }
}

function statementFor(inserts: readonly Insert[]): Statement {
  const shape = inserts.map(({ table, rows }) => `${table}:${rows.length}`).join(',')
  let compiled = shapes.get(shape)
  if (compiled === undefined) {
    compiled = template((parameter) => compose(inserts, parameter))
    if (shapes.size < MAX_SHAPES) shapes.set(shape, compiled)
    else return { ...compiled(valuesOf(inserts)), name: null }
  }
  return compiled(valuesOf(inserts))
}

/** In order of tables, rows and columns, which is the order of their parameters. */
function valuesOf(inserts: readonly Insert[]): readonly unknown[] {
  const values: unknown[] = []
  for (const { rows } of inserts) for (const row of rows) values.push(...Object.values(row))
  return values
}

/** Every arm but the last in a WITH: one statement, so that references among them are checked at its end. */
function compose(inserts: readonly Insert[], parameter: <Value = never>(place: number) => Value): Compilable {
  let place = 0
  const next = () => parameter(place++)
  const placed = inserts.map(({ table, rows }) => ({
    table,
    // The rows were made for this table; kysely can't follow a table that is a variable.
    values: rows.map((row) =>
      Object.fromEntries(Object.keys(row).map((column) => [column, next()])),
    ) as never,
  }))
  let query = db
  for (const [index, { table, values }] of placed.slice(0, -1).entries()) {
    const arm = (inner: QueryCreator<Database>) =>
      inner.insertInto(table).values(values).returning('scope_id')
    // Nothing refers to an arm, so that its columns need no types.
    query = query.with(`arm_${index}`, arm) as unknown as typeof db
  }
  const last = placed.at(-1)
  if (last === undefined) throw new TypeError('There is nothing to insert.')
  return query.insertInto(last.table).values(last.values)
}
