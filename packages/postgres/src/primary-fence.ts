import { StoreError } from '@user-engine/store'
import type { ClientBase } from 'pg'

import type { SessionSetting } from './postgres-store-options.ts'
import { isServerError } from './sqlstate.ts'

/** What a server says of itself when a connection is made. */
interface Greeting {
  readonly primary: boolean
  /** Of the cluster: a standby has its primary's. */
  readonly system: string
  /** Of the log that is written; null on a standby. Its first eight digits are the timeline, higher after each promotion. */
  readonly segment: string | null
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

interface Admission {
  readonly epoch: number
  readonly primary: boolean
  readonly system: string
}

export interface PrimaryFences {
  readonly primary: PrimaryFence
  /**
   * For connections to standbys, which are only read: they have to be of a cluster whose primary was seen. What is met there
   * says nothing of who the primary is: a copy that somebody promotes for themselves must not end the writes of others.
   */
  readonly standby: PrimaryFence
}

export function createPrimaryFences(settings: readonly SessionSetting[]): PrimaryFences {
  const greeting = greetingOf(settings)
  const admitted = new WeakMap<ClientBase, Admission>()
  const highest = new Map<string, number>()
  let epoch = 0
  const distrust = () => void (epoch += 1)

  const primary: PrimaryFence = {
    async admit(client) {
      const { primary: leads, system, segment } = await greet(client, greeting)
      const known = highest.get(system) ?? 0
      const timeline = segment === null ? 0 : parseInt(segment.slice(0, 8), 16)
      if (timeline > known) {
        highest.set(system, timeline)
        if (known > 0) distrust()
      }
      admitted.set(client, { epoch, primary: leads && timeline >= known, system })
    },
    assertPrimary(client) {
      if (admitted.get(client)?.primary !== true) throw new StoreError('UNAVAILABLE', { reason: 'read-only' })
    },
    isTrusted: (client) => admitted.get(client)?.epoch === epoch,
    distrust,
  }
  const standby: PrimaryFence = {
    ...primary,
    async admit(client) {
      const { system } = await greet(client, greeting)
      admitted.set(client, { epoch, primary: false, system })
    },
    assertPrimary(client) {
      if (!highest.has(admitted.get(client)?.system ?? '')) {
        throw new StoreError('UNAVAILABLE', { reason: 'connection' })
      }
    },
    distrust() {},
  }
  return { primary, standby }
}

/**
 * Also makes each of the settings where the login has none of its own; one the server does not know is none.
 * It is the first statement of each backend, whose caches are empty: nothing in it needs more of them than it must.
 */
function greetingOf(settings: readonly SessionSetting[]): string {
  const set = settings.map(
    ({ name, unset, value }) =>
      `, case current_setting('${name}', true) when '${unset}' then set_config('${name}', '${value}', false) end`,
  )
  return `select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as "primary",
    (pg_control_system()).system_identifier::text as system,
    case when not pg_is_in_recovery() then pg_walfile_name(pg_current_wal_insert_lsn()) end as segment
    ${set.join('')}`
}

/** A server that keeps its timeline to itself is taken as it comes: it can not be told from another one. */
const SILENT: Greeting = { primary: true, system: '', segment: '0' }

async function greet(client: ClientBase, greeting: string): Promise<Greeting> {
  const { rows } = await client.query<Greeting>(greeting).catch((error: unknown) => {
    if (isServerError(error) && /^(?:42501|42883|0A000)$/.test(error.code)) return { rows: [SILENT] }
    throw error
  })
  return rows[0] ?? SILENT
}
