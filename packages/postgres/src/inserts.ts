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
/** Rows of the same tables in which other values are equal have texts of their own: this many, and then one for all. */
const MAX_FORMS = 4

/** What has one type each, so that one value can stand in several of them. */
export const IDS: ReadonlySet<string> = new Set([
  'scope_id',
  'id',
  'user_id',
  'tenant_account_id',
  'group_id',
  'application_id',
  'catalog_id',
  'owner_id',
  'aggregate_id',
  'command_id',
])
export const TIMES: ReadonlySet<string> = new Set(['created_at', 'updated_at', 'occurred_at'])

const shapes = new Map<string, Template<number>>()
const forms = new Map<string, number>()

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

/** The values of some rows, and of each column of each row, in order, its place among them. */
interface Sent {
  readonly values: readonly unknown[]
  readonly places: readonly number[]
}

function statementFor(inserts: readonly Insert[]): Statement {
  const tables = inserts.map(({ table, rows }) => `${table}:${rows.length}`).join(',')
  if (inserts.some(({ rows }) => rows.length > MERGED_ROWS)) return inShape(tables, inserts, apart(inserts))
  const sent = together(inserts)
  const form = `${tables} ${String.fromCharCode(...sent.places)}`
  if (!shapes.has(form)) {
    const known = forms.get(tables) ?? 0
    if (known === MAX_FORMS) return inShape(tables, inserts, apart(inserts))
    forms.set(tables, known + 1)
  }
  return inShape(form, inserts, sent)
}

function inShape(shape: string, inserts: readonly Insert[], { values, places }: Sent): Statement {
  let compiled = shapes.get(shape)
  if (compiled === undefined) {
    compiled = template((parameter) => compose(inserts, places, parameter))
    if (shapes.size < MAX_SHAPES) shapes.set(shape, compiled)
    else return { ...compiled(values), name: null }
  }
  return compiled(values)
}

function apart(inserts: readonly Insert[]): Sent {
  const values: unknown[] = []
  for (const { rows } of inserts) for (const row of rows) values.push(...Object.values(row))
  return { values, places: [...values.keys()] }
}

/** An id or a time that stands in several columns is sent, and read by the server, once. */
function together(inserts: readonly Insert[]): Sent {
  const values: unknown[] = []
  const places: number[] = []
  const seen = new Map<unknown, number>()
  for (const { rows } of inserts) {
    for (const row of rows) {
      for (const column in row) {
        const value = row[column]
        const same = IDS.has(column) ? value : TIMES.has(column) ? Number(value) : null
        let place = same === null ? undefined : seen.get(same)
        if (place === undefined) {
          place = values.push(value) - 1
          if (same !== null) seen.set(same, place)
        }
        places.push(place)
      }
    }
  }
  return { values, places }
}

/** Every arm but the last in a WITH: one statement, so that references among them are checked at its end. */
function compose(
  inserts: readonly Insert[],
  places: readonly number[],
  parameter: <Value = never>(place: number) => Value,
): Compilable {
  const left = places.values()
  const next = () => parameter(left.next().value ?? 0)
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
