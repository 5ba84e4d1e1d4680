import { area } from './requirement.ts'

export const HANDOFF = area(
  'Handing the database over',
  'The provider hands over a place and a login for each purpose, and takes both back. user-engine asks ' +
    'for nothing else: it provisions no server, makes no role and stores no credential.',
  { profile: 'provider-postgres', topic: 'connection handoff', entities: [] },
  {
    'UE-HANDOFF-001': {
      title: 'One login for each purpose',
      statement:
        'The provider MUST hand over four separate logins: migrator, runtime, denials and relay; each MAY ' +
        'be a short-lived member of the role that `roles.sql` makes for it, with the settings of that role.',
      rationale:
        'With one login for all, a defect in the relay can change users, and a migration can run from a ' +
        'request.',
      needs: ['provider'],
    },
    'UE-HANDOFF-002': {
      title: 'A direct endpoint for migrations',
      statement:
        'The migrator MUST be given an endpoint that keeps one server connection for a session. The other ' +
        'logins MAY go through a pooler in transaction mode that tracks prepared statements, or with ' +
        '`pooler.preparedStatements: false` one that does not; its mode MUST be the one that the handoff ' +
        'declares, and what a session leaves behind MUST NOT reach the next.',
      rationale: 'A migration holds a lock for its session; a pooler hands that session to somebody else.',
      needs: ['provider'],
      artefact: 'The pooler configuration, and the report of the kit run through the pooler.',
    },
    'UE-HANDOFF-003': {
      title: 'Room for the connections',
      statement:
        'The server MUST admit as many connections as the sum of `max` of runtime, denials and relay over ' +
        'all processes, one more for each process that migrates or checks readiness, and those of the ' +
        'denials whatever the others take.',
      rationale: 'Denials that wait for a free slot are denials that are not recorded.',
      needs: ['provider'],
      artefact: 'The connection budget, and the graph of connections used over a week.',
    },
    'UE-HANDOFF-004': {
      title: 'Credentials can be replaced while in use',
      statement:
        'A credential MUST be replaceable without a restart of the application: the new one is valid before' +
        ' the old one ends, for at least the longest transaction.',
      rationale: 'A rotation that needs a deployment is put off until after the incident.',
      needs: ['provider', 'provider.leases'],
      artefact: 'The record of a rehearsed rotation with no failed transaction.',
    },
    'UE-HANDOFF-005': {
      title: 'Text is kept character by character',
      statement:
        'The database MUST be UTF8, and its collation MUST be of the version that its indexes were built by.',
      rationale:
        'In another encoding a character is several, and under another collation an index misses what it has.',
      needs: ['provider'],
    },
    'UE-HANDOFF-006': {
      title: 'No login waits for ever',
      statement:
        'statement_timeout, lock_timeout and idle_in_transaction_session_timeout MUST be set for each login ' +
        'that serves, also for one of a lease.',
      rationale: 'A client that hangs otherwise holds a lock that every other waits for.',
      needs: ['provider'],
    },
    'UE-HANDOFF-007': {
      title: 'The clocks agree',
      statement:
        'The clock of the server MUST be within two seconds of the application’s, and MUST NOT go back.',
      rationale: 'Leases are given by one clock and their end is awaited by the other.',
      needs: ['provider'],
    },
  },
)
