import type { ReadinessCode } from '@user-engine/store'

/** What a check is about, and what to do where it does not pass. */
export interface Remedy {
  readonly meaning: string
  readonly remedy: string
}

const again = 'Run what rolesSql gives, as the administrator of the database, and migrate apply.'

/** One for each check of this adapter. */
export const REMEDIES: Readonly<Record<string, Remedy>> = {
  'store.reachable': {
    meaning: 'The runtime login gets a connection, and the server answers on it in time.',
    remedy:
      'Look at endpoint, TLS and credentials of `runtime`, at the connection limits, and at the server itself.',
  },
  'store.writable': {
    meaning: 'The server is a primary and takes writes.',
    remedy: 'Point `endpoint` to the primary; after a failover that is the promoted server.',
  },
  'schema.version': {
    meaning: 'The schema is one that this release reads and writes.',
    remedy:
      'Behind: run `migrate apply`. Ahead and breaking: deploy the newer release. Tampered: run `migrate verify`.',
  },
  'isolation.enforced': {
    meaning: 'A row of one scope is seen in it, and neither in another nor without one.',
    remedy: `Take the application off this database now. ${again}`,
  },
  'denials.writable': {
    meaning: 'The denials login gets a connection and may insert a denial.',
    remedy: 'Look at credentials, connections and rights of `denials`: without it no refusal is recorded.',
  },
  'outbox.dead_letters': {
    meaning: 'No event was given up.',
    remedy:
      'Find out why its receiver refuses it, then redriveEvents: it holds up what came after it of the same record.',
  },
  'outbox.lag': {
    meaning: 'Events are handed over soon after their commit.',
    remedy:
      'See that a relay is running, that its receiver answers, and whether one record has many events in a row.',
  },
  'postgres.server_version': {
    meaning: 'The server is a release in which row security holds.',
    remedy: 'Update the server to the minimum that the details name, or a later one.',
  },
  'postgres.row_security': {
    meaning: 'Row security is enabled, forced and by the expected policy on each table.',
    remedy: 'Somebody changed the schema by hand. Undo it: `migrate verify` says what differs.',
  },
  'postgres.indexes_valid': {
    meaning: 'Every index is whole.',
    remedy:
      'A warning: it is being built, or `migrate apply` was broken off and is to be run again. ' +
      'A failure: its uniqueness is not enforced; REINDEX INDEX CONCURRENTLY what is named.',
  },
  'postgres.tables_logged': {
    meaning: 'A crash empties no table.',
    remedy: 'ALTER TABLE ... SET LOGGED what is named.',
  },
  'postgres.partitions': {
    meaning: 'The partitions that are needed now and next are there.',
    remedy:
      'Run `maintain apply`, each day; what was written meanwhile is in the default partition, and is moved.',
  },
  'postgres.relay_reachable': {
    meaning: 'The relay login gets a connection.',
    remedy: 'Look at credentials and connections of `relay`: events wait until it is there.',
  },
  'postgres.replica': {
    meaning: 'The replica for reads is there, and follows its primary.',
    remedy:
      'Point `replica` to a standby that replays, or leave it out: until then the primary answers every read.',
  },
  'postgres.role_bypasses_isolation': {
    meaning: 'No login is a superuser, bypasses row security, or can become somebody who does.',
    remedy: 'Take the attribute or the membership that is named from the login.',
  },
  'postgres.rights_missing': { meaning: 'Each login may do its own work.', remedy: again },
  'postgres.rights_unexpected': {
    meaning: 'No login may do more than its own work.',
    remedy: 'Revoke what is named, also where it was granted to PUBLIC.',
  },
  'postgres.timeouts_set': {
    meaning: 'No call of a login can wait for ever.',
    remedy: 'ALTER ROLE ... SET what is named for the login; a setting is not inherited by membership.',
  },
  'postgres.tls': {
    meaning: 'Nobody on the network reads along.',
    remedy: "Say tls: { ca } instead of 'plain' in the handoff.",
  },
  'postgres.lease': {
    meaning: 'Credentials are renewed before they end.',
    remedy:
      'See that whoever gives the leases is reachable and lets this application in; the details say how long is left.',
  },
}

export function remedyOf(code: ReadinessCode): Remedy {
  return (
    REMEDIES[code] ?? { meaning: 'A check of another release.', remedy: 'See the README of that release.' }
  )
}
