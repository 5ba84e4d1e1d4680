import { area } from './requirement.ts'

export const OWNERSHIP = area(
  'Who owns the schema',
  'The schema `user_engine` belongs to user-engine, as code does; the database around it belongs to the ' +
    'provider.',
  { profile: 'provider-postgres', topic: 'schema ownership', entities: [] },
  {
    'UE-OWNERSHIP-001': {
      title: 'One schema, nobody else’s',
      statement:
        'The provider MUST let the role `owner`, or the one named with the chosen prefix, own the schema ' +
        '`user_engine`, and MUST NOT create, alter or drop anything in it by another way than the released ' +
        'migrations.',
      rationale: 'A helpful index or trigger changes what every test has shown.',
      needs: ['provider'],
      artefact: 'The output of verifyMigrations, scheduled, with its alert.',
    },
    'UE-OWNERSHIP-002': {
      title: 'No privilege by default',
      statement:
        'The provider MUST NOT grant on the schema or its tables to PUBLIC or to a role of its own, now or ' +
        'by default privileges, MUST NOT let a login create anything where its search_path looks, and MUST ' +
        'read through a copy or through the diagnose role where it needs to look.',
      rationale: 'Row security binds who is subject to it; a reader with more rights sees every tenant.',
      needs: ['provider'],
    },
    'UE-OWNERSHIP-003': {
      title: 'Migrations are run by the operator',
      statement:
        'The migrations of a release MUST be applied before its first process starts, by `migrate` or by ' +
        'the provider’s own tool from the same files, and recorded in `schema_migrations`.',
      rationale: 'An application that migrates itself needs the rights to do it for as long as it lives.',
      status: 'provisional',
      proof: 'evidence',
      artefact: 'The deployment step, and its log of the last release.',
      topic: 'migrations',
    },
    'UE-OWNERSHIP-004': {
      title: 'A failed migration is resumed, not repaired',
      statement:
        'Where a migration fails, the provider MUST run it again or restore, and MUST NOT edit the schema ' +
        'or the list of applied migrations by hand.',
      rationale: 'A schema that is nearly right passes every smoke test.',
      status: 'provisional',
      proof: 'evidence',
      artefact: 'The runbook for a failed migration.',
      topic: 'migrations',
    },
  },
)
