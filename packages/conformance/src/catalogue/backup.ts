import { area } from './requirement.ts'

export const BACKUP = area(
  'Backup and restore',
  'A database comes back as a whole or not at all, and the world outside of it has gone on meanwhile.',
  { profile: 'provider-postgres', topic: 'backup and restore', entities: [] },
  {
    'UE-BACKUP-001': {
      title: 'One unit of backup',
      statement:
        'The backup MUST hold the whole database at one moment: directory and all tenants, audit, denials, ' +
        'outbox, idempotency records and the list of migrations, with roles and their settings beside it.',
      rationale:
        'An event without its change, or a tenant account without its user, can not be told from a defect.',
      status: 'provisional',
      proof: 'evidence',
      artefact: 'The backup plan, and the list of what a restore contains.',
    },
    'UE-BACKUP-002': {
      title: 'Backups are complete under row security',
      statement:
        'A logical backup MUST be taken by a login that row security does not bind, used for nothing else.',
      rationale:
        'Row security binds the owner of the tables as well: a backup by the owner fails, or holds no rows.',
      status: 'provisional',
      proof: 'evidence',
      artefact: 'The row counts of the source and of a restored copy, equal.',
    },
    'UE-BACKUP-003': {
      title: 'Any moment can be restored',
      statement:
        'The provider MUST offer point-in-time recovery, and MUST state for how long back, how much may be ' +
        'lost, and how long it takes.',
      rationale: 'A defect is noticed days after it began.',
      status: 'provisional',
      proof: 'evidence',
      artefact: 'The stated figures, and the record of a rehearsed restore that met them.',
    },
    'UE-BACKUP-004': {
      title: 'After a restore, consumers are told',
      statement:
        'After a restore to an earlier moment the provider MUST tell the operator that moment before the ' +
        'relay is started again, and a new epoch of the outbox MUST have begun by then.',
      rationale:
        'Events that were delivered and are now undone, and events that will be delivered again, are the ' +
        'consumers’ to reconcile.',
      needs: ['provider', 'provider.restore'],
      artefact: 'The runbook of a restore, with that step, and the record of its rehearsal.',
    },
    'UE-BACKUP-005': {
      title: 'What was erased stays erased',
      statement:
        'The provider MUST state when a backup is gone for good, and MUST run the operator’s erasures again' +
        ' on whatever was restored before it serves traffic.',
      rationale: 'A restore otherwise brings people back who were promised to be forgotten.',
      status: 'provisional',
      proof: 'evidence',
      artefact: 'The retention statement, and the step of the restore runbook.',
    },
    'UE-BACKUP-006': {
      title: 'A restored copy is verified before use',
      statement:
        'A restored database MUST pass verifyMigrations and readiness before the application is connected ' +
        'to it.',
      rationale: 'A restore without roles or row security looks sound until the second tenant looks.',
      needs: ['provider', 'provider.restore'],
      artefact: 'The output of both on the last rehearsed restore.',
    },
    'UE-BACKUP-007': {
      title: 'The log holds what a restore needs',
      statement: 'The server MUST write its log for archives and replicas: wal_level replica or logical.',
      rationale: 'With less of it a database comes back to its last full backup, and to nothing after it.',
      needs: ['provider'],
    },
  },
)
