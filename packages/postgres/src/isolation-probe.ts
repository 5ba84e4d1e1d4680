import type { ClientBase } from 'pg'

/** The scope of the one row of the table isolation_probe. */
export const PROBE_SCOPE = '70726f62-6500-8f72-b900-000000000000'
const OTHER_SCOPE = '70726f62-6500-8f72-b900-000000000001'

export interface ProbeSightings {
  /** That it can be seen at all proves that not seeing it means something. */
  readonly bound: boolean
  readonly unbound: boolean
  readonly boundElsewhere: boolean
}

/** Looks for the probe's row with its scope bound, with none, and with another one. Leaves no transaction behind. */
export async function probeIsolation(connection: ClientBase): Promise<ProbeSightings> {
  await connection.query('begin')
  const unbound = await seen(connection)
  await bindScope(connection, OTHER_SCOPE)
  const boundElsewhere = await seen(connection)
  await bindScope(connection, PROBE_SCOPE)
  const bound = await seen(connection)
  await connection.query('rollback')
  return { bound, unbound, boundElsewhere }
}

export async function bindScope(connection: ClientBase, scope: string): Promise<void> {
  // Forwarded where the engine spreads rows over servers; nothing to any other.
  await connection.query(`set local citus.propagate_set_commands = 'local'`)
  await connection.query('select user_engine.bind_scope($1::uuid)', [scope])
}

async function seen(connection: ClientBase): Promise<boolean> {
  const { rowCount } = await connection.query('select from user_engine.isolation_probe')
  return rowCount !== 0
}
