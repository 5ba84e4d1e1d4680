import { area } from './requirement.ts'

export const DURABILITY = area(
  'Durability of the platform',
  'The promises about crashes rest on a server that writes what it acknowledges.',
  { profile: 'provider-postgres', topic: 'audit and outbox durability', entities: [] },
  {
    'UE-DURABILITY-001': {
      title: 'What is acknowledged is on disk',
      statement:
        'The server MUST run with fsync, full_page_writes and synchronous_commit on, and MUST NOT let a ' +
        'role or a database override them.',
      rationale:
        'With synchronous_commit off a crash takes back commits, and denials, that were acknowledged.',
      needs: ['provider'],
      artefact: 'The result of a rehearsed crash under load.',
    },
    'UE-DURABILITY-002': {
      title: 'A failover loses nothing that was acknowledged, or its loss is stated',
      statement:
        'The provider MUST state how many acknowledged transactions a failover can lose, and MUST make it ' +
        'none where it promises none.',
      rationale: 'Audit and events that vanish are found by nobody.',
      status: 'provisional',
      proof: 'evidence',
      artefact: 'The replication settings, and the record of a rehearsed failover.',
    },
    'UE-DURABILITY-003': {
      title: 'A page that was spoilt on disk is noticed',
      statement: 'The cluster SHOULD be made with data checksums.',
      rationale: 'A spoilt page is otherwise read as data, and copied into every backup.',
      level: 'SHOULD',
      needs: ['provider'],
    },
  },
)
