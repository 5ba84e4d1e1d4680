import type { ClientBase } from 'pg'

import { compareRights, type RightsDifference } from './rights.ts'
import { findEscapes } from './role-escapes.ts'
import type { ServingLogin } from './role-names.ts'

/** What a connection says of the login that it was made with. */
export interface LoginFacts {
  readonly login: ServingLogin
  /** By what it could get around row security or its rights. */
  readonly escapes: readonly string[]
  readonly rights: RightsDifference
  /** Settings that would let one of its calls wait for ever. */
  readonly endless: readonly string[]
  /** Unencrypted on a network that others may listen to. */
  readonly exposed: boolean
}

interface Session {
  readonly role: string
  readonly endless: readonly string[]
  readonly encrypted: boolean
  readonly address: string | null
}

const SESSION = `
select current_user as role,
  array(
    select s.name from pg_catalog.pg_settings s
    where s.name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') and s.setting = '0'
    order by s.name
  ) as endless,
  coalesce((select s.ssl from pg_catalog.pg_stat_ssl s where s.pid = pg_backend_pid()), false) as encrypted,
  host(inet_server_addr()) as address`

export async function readLoginFacts(connection: ClientBase, login: ServingLogin): Promise<LoginFacts> {
  const { rows } = await connection.query<Session>(SESSION)
  const [session] = rows
  if (session === undefined) throw new TypeError('The session query answers one row.')
  return {
    login,
    escapes: await findEscapes(connection, login, session.role),
    rights: await compareRights(connection, login, session.role),
    endless: session.endless,
    exposed: isExposed(session),
  }
}

/** `address` is the server's own; null where it is reached by a socket file. */
export function isExposed({ encrypted, address }: Pick<Session, 'encrypted' | 'address'>): boolean {
  return !encrypted && address !== null && address !== '::1' && !address.startsWith('127.')
}
