import { area } from './requirement.ts'

export const AUDIT = area(
  'Audit records',
  'Each command that was carried out leaves one record of who did what to which record, with names of fields and never ' +
    'their values. It commits with the change. Nobody can change it afterwards.',
  { profile: 'store-core', topic: 'audit and outbox durability', entities: ['audit records'] },
  {
    'UE-AUDIT-001': {
      title: 'The record commits with its change',
      statement: 'An audit record MUST be kept if and only if the transaction that appended it commits.',
      rationale: 'A trail that knows of things that did not happen, or misses some that did, proves nothing.',
    },
    'UE-AUDIT-002': {
      title: 'A nested failure takes its audit records along',
      statement:
        'An audit record that was appended in a nested transaction MUST be undone with it, and no other with it.',
      rationale: 'The trail must tell of each part what became of it.',
    },
    'UE-AUDIT-003': {
      title: 'The trail only grows',
      statement:
        'Appending a record under an id that is taken MUST fail with CONFLICT `audit_record_id` and leave the first as it ' +
        'was. No call of the port MUST change or remove an audit record or a denial.',
      rationale: 'Evidence that can be rewritten is none.',
      topic: 'security',
    },
    'UE-AUDIT-004': {
      title: 'Changes and denials in one timeline',
      statement:
        'timeline MUST answer the changes and the denials of one scope together, in order of id, the denials of other ' +
        'scopes left out; with `targetId` only those whose target has that id.',
      rationale: 'What was tried and refused belongs between what was done.',
      topic: 'query behaviour',
      entities: ['audit records', 'denials'],
    },
  },
)
