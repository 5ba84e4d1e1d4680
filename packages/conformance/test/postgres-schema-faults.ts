import type { Client } from 'pg'

import type { Restore, SchemaFault } from '../src/target.ts'

const ADD = (breaking: boolean) => `insert into user_engine.schema_migrations
  (id, name, sha256, breaking, min_reader, engine_version, duration_ms)
  select max(id) + 1, 'from_the_future', 'none', ${breaking}, 1, '99.0.0', 1 from user_engine.schema_migrations`

const BREAK: Readonly<Record<SchemaFault, string>> = {
  behind:
    'delete from user_engine.schema_migrations where id = (select max(id) from user_engine.schema_migrations)',
  ahead: ADD(false),
  breaking: ADD(true),
  tampered: "update user_engine.schema_migrations set sha256 = 'another'",
}

/** Puts the list of applied migrations out of order, as the administrator. */
export async function put(admin: Client, fault: SchemaFault): Promise<Restore> {
  const columns = 'id, name, sha256, breaking, min_reader, applied_at, engine_version, duration_ms'
  await admin.query(
    `create table public.migrations_before as select ${columns} from user_engine.schema_migrations`,
  )
  await admin.query(BREAK[fault])
  return async () => {
    await admin.query('delete from user_engine.schema_migrations')
    await admin.query(
      `insert into user_engine.schema_migrations (${columns}) select ${columns} from public.migrations_before`,
    )
    await admin.query('drop table public.migrations_before')
  }
}
