import { StoreError } from '@user-engine/store'
import type { ClientBase } from 'pg'

import { isServerError } from './sqlstate.ts'

/** What a server says of itself when a connection is made. */
interface Greeting {
  readonly standby: boolean
  readonly readOnly: boolean
  /** Of the cluster: a standby has its primary's. */
  readonly system: string
  /** Higher after each promotion; null on a standby. */
  readonly timeline: number | null
}

/**
 * Keeps work off servers that are not the primary any more. After a failover there are two that call themselves so: the
 * promoted one, on a higher timeline, and the old one, if it comes back or was only out of reach. Connections of both may
 * stand in one pool. Of servers that belong together only the highest timeline that was seen is worked on.
 */
export interface PrimaryFence {
  /** Looks at a new connection, in one round trip. */
  admit(client: ClientBase): Promise<void>
  /** UNAVAILABLE `read-only` unless the connection leads to what is the primary as far as is known. */
  assertPrimary(client: ClientBase): void
  /** Whether nothing that was learned since speaks against the connection. */
  isTrusted(client: ClientBase): boolean
  /** A server turned out to be read-only, or not to answer: the other idle connections may lead to the same one. */
  distrust(): void
}

export function createPrimaryFence(timeouts: Readonly<Record<string, number>>): PrimaryFence {
  const admitted = new WeakMap<ClientBase, { readonly epoch: number; readonly primary: boolean }>()
  const highest = new Map<string, number>()
  let epoch = 0
  const distrust = () => void (epoch += 1)

  return {
    async admit(client) {
      const { standby, readOnly, system, timeline } = await greet(client, timeouts)
      const known = highest.get(system) ?? 0
      if (timeline !== null && timeline > known) {
        highest.set(system, timeline)
        if (known > 0) distrust()
      }
      const primary = !standby && !readOnly && (timeline ?? 0) >= known
      admitted.set(client, { epoch, primary })
    },
    assertPrimary(client) {
      if (admitted.get(client)?.primary !== true) throw new StoreError('UNAVAILABLE', { reason: 'read-only' })
    },
    isTrusted: (client) => admitted.get(client)?.epoch === epoch,
    distrust,
  }
}

/** Sets each of the timeouts, in milliseconds, where the login has none of its own. One the server does not know is none. */
const GREETING = `
select pg_is_in_recovery() as standby,
  current_setting('transaction_read_only')::boolean as "readOnly",
  (select system_identifier::text from pg_control_system()) as system,
  case when not pg_is_in_recovery()
    then ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int end as timeline,
  (select count(set_config(name, value, false)) from jsonb_each_text($1) as given (name, value)
    where current_setting(name, true) = '0') as timeouts`

/** A server that keeps its timeline to itself is taken as it comes: it can not be told from another one. */
const SILENT: Greeting = { standby: false, readOnly: false, system: '', timeline: null }

async function greet(client: ClientBase, timeouts: Readonly<Record<string, number>>): Promise<Greeting> {
  const { rows } = await client
    .query<Greeting>(GREETING, [JSON.stringify(timeouts)])
    .catch((error: unknown) => {
      if (isServerError(error) && /^(?:42501|42883|0A000)$/.test(error.code)) return { rows: [SILENT] }
      throw error
    })
  return rows[0] ?? SILENT
}
