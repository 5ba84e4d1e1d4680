import { sql } from 'kysely'

import { MIGRATIONS, MIN_SCHEMA } from './migrations.ts'

/** Raised where this release must not run on the schema that it finds. */
const SCHEMA_MISMATCH = 'UE004'
/** How long a schema that was found to be supported is taken to be so. */
const TRUSTED_MS = 1000

const max = MIGRATIONS.at(-1)?.id ?? 0
const released = MIGRATIONS.map(({ id, name, sha256 }) => `${id} ${name} ${sha256}`)

/**
 * Ends the statement unless this release may run on the schema: what it knows is applied as it was released, nothing is
 * missing in between, and what it does not know breaks nothing.
 */
export const expectSupportedSchema = sql`(
  select user_engine.expect(
    count(*) = max(id) and max(id) >= ${sql.lit(MIN_SCHEMA)}
      and bool_and(
        case when id > ${sql.lit(max)} then not breaking and min_reader <= ${sql.lit(max)}
          else id || ' ' || name || ' ' || sha256 in (${sql.join(released.map((each) => sql.lit(each)))}) end
      ),
    ${sql.lit(SCHEMA_MISMATCH)}
  ) from user_engine.schema_migrations
)`

/** Says when the schema has to be looked at again: a migration stops an old release that runs, within a second. */
export interface SchemaGate {
  isDue(): boolean
  /** The schema was looked at, and is supported. */
  passed(): void
}

export function createSchemaGate(): SchemaGate {
  let passedAt = -Infinity
  return {
    isDue: () => performance.now() - passedAt > TRUSTED_MS,
    passed() {
      passedAt = performance.now()
    },
  }
}
