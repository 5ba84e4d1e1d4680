import { sql } from 'kysely'

/**
 * A row of one table as a part of a wider one: each column named `part.field`, as `readRow` puts it together again. The
 * first of `columns` is null in no row of its table: where it is, none was joined.
 */
export function columnsOfPart(part: string, table: string, columns: readonly string[]) {
  return columns.map((each) => {
    const [column = each, field = column] = each.split(' as ')
    return sql`${sql.ref(`${table}.${column}`)}`.as(`${part}.${field}`)
  })
}

/** The same from a subquery that has named them so already. */
export function columnsOfPartIn(subquery: string, part: string, columns: readonly string[]) {
  return columns.map((each) => {
    const name = `${part}.${each.split(' as ').at(-1) ?? each}`
    return sql`${sql.id(subquery, name)}`.as(name)
  })
}
