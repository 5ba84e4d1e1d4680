import { HandoffError, parseHandoff, tlsOptions, type Handoff, type Login } from './handoff.ts'
import type { MigrateOptions } from './migrate.ts'

/** What `migrate` and its like take, by the migrator's login and past the pooler. */
export async function migratorOptions(given: Handoff): Promise<MigrateOptions> {
  const handoff = parseHandoff(given)
  const { direct, endpoint, database, rolePrefix, migrator } = handoff
  if (migrator === undefined) {
    throw new HandoffError(
      'The handoff has no `migrator`: applications do not get it, whoever migrates does.',
      [{ path: 'migrator', rule: 'required' }],
    )
  }
  const place = direct ?? endpoint
  const { user, password } = await credentialsOf(migrator)
  const connection = { ...place, database, user, password, ssl: tlsOptions(handoff, place) }
  return rolePrefix === undefined ? { connection } : { connection, rolePrefix }
}

async function credentialsOf(login: Login) {
  if ('lease' in login) return login.lease()
  return {
    user: login.user,
    password: typeof login.password === 'function' ? await login.password() : login.password,
  }
}
