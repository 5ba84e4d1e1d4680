import type { Compilable, InsertQueryBuilder, InsertResult, QueryCreator } from 'kysely'

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
const forms = new Map<string, Set<string>>()

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

/** What rows have of values, and of each column of each row, in order, its place among them: equal forms have one text. */
export interface Arranged {
  readonly form: string
  readonly values: readonly unknown[]
  readonly places: readonly number[]
}

const NOTHING: Arranged = { form: '', values: [], places: [] }

/** Whether all of it may be a part of one statement, beside something else. */
export function areFew(inserts: readonly Insert[]): boolean {
  return inserts.reduce((sum, { rows }) => sum + rows.length, 0) <= 2 * MERGED_ROWS && noneIsLong(inserts)
}

function noneIsLong(inserts: readonly Insert[]): boolean {
  return inserts.every(({ rows }) => rows.length <= MERGED_ROWS)
}

export function arrange(inserts: readonly Insert[]): Arranged {
  if (inserts.length === 0) return NOTHING
  const tables = inserts.map(({ table, rows }) => `${table}:${rows.length}`).join(',')
  if (!noneIsLong(inserts)) return apart(tables, inserts)
  const arranged = together(tables, inserts)
  const known = forms.get(tables) ?? new Set()
  if (!known.has(arranged.form)) {
    if (known.size === MAX_FORMS || forms.size > MAX_SHAPES) return apart(tables, inserts)
    forms.set(tables, known.add(arranged.form))
  }
  return arranged
}

function statementFor(inserts: readonly Insert[]): Statement {
  const { form, values, places } = arrange(inserts)
  let compiled = shapes.get(form)
  if (compiled === undefined) {
    compiled = template((parameter) => compose(inserts, places, parameter))
    if (shapes.size < MAX_SHAPES) shapes.set(form, compiled)
    else return { ...compiled(values), name: null }
  }
  return compiled(values)
}

function apart(tables: string, inserts: readonly Insert[]): Arranged {
  const values: unknown[] = []
  for (const { rows } of inserts) for (const row of rows) values.push(...Object.values(row))
  return { form: tables, values, places: [...values.keys()] }
}

/** An id or a time that stands in several columns is sent, and read by the server, once. */
function together(tables: string, inserts: readonly Insert[]): Arranged {
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
  return { form: `${tables} ${String.fromCharCode(...places)}`, values, places }
}

/** Every arm but the last in a WITH: one statement, so that references among them are checked at its end. */
function compose(
  inserts: readonly Insert[],
  places: readonly number[],
  parameter: (place: number) => never,
): Compilable {
  const arms = insertArms(inserts, places, parameter)
  const last = arms.pop()
  if (last === undefined) throw new TypeError('There is nothing to insert.')
  return last(withArms(db, arms))
}

type Arm = (query: QueryCreator<Database>) => InsertQueryBuilder<Database, TableName, InsertResult>

/** An insert for each of the tables. */
export function insertArms(
  inserts: readonly Insert[],
  places: readonly number[],
  parameter: (place: number) => never,
): Arm[] {
  const left = places.values()
  const next = () => parameter(left.next().value ?? 0)
  return inserts.map(({ table, rows }) => {
    // The rows were made for this table; kysely can't follow a table that is a variable.
    const values = rows.map((row) =>
      Object.fromEntries(Object.keys(row).map((column) => [column, next()])),
    ) as never
    return (query) => query.insertInto(table).values(values)
  })
}

/** Nobody refers to an arm: its columns need no types. */
export function withArms(query: QueryCreator<Database>, arms: readonly Arm[]): QueryCreator<Database> {
  return arms.reduce(
    (before, arm, index) => before.with(`arm_${index}`, arm) as unknown as typeof query,
    query,
  )
}
