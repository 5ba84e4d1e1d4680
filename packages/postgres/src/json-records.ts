import { sql, type RawBuilder } from 'kysely'

/** A record within another row: the values of its columns as a JSON array, since their names are known at both ends. */
export interface JsonRecord<Record> {
  /** `instead` of a column, by its field. */
  from(table: string, instead?: Readonly<globalThis.Record<string, RawBuilder<unknown>>>): RawBuilder<unknown>
  read(values: unknown): Record
}

/** `columns` are those that a record is read with. */
export function jsonRecord<Record>(columns: readonly string[]): JsonRecord<Record> {
  const names = columns.map((each) => {
    const [column = each, field = column] = each.split(' as ')
    return { column, field, isTime: column.endsWith('_at') }
  })
  return {
    from(table, instead = {}) {
      const values = names.map(({ column, field }) => instead[field] ?? sql.ref(`${table}.${column}`))
      return sql`json_build_array(${sql.join(values)})`
    },
    read(values) {
      const record: globalThis.Record<string, unknown> = {}
      for (const [place, { field, isTime }] of names.entries()) {
        const value = (values as readonly unknown[])[place]
        record[field] = isTime ? new Date(value as string) : value
      }
      return record as Record
    },
  }
}
