import { area } from './requirement.ts'

export const SCHEMA = area(
  'Schema version',
  'The stored schema says which version it has, and a release says on which versions it works. Where the two do not meet, ' +
    'the store refuses to work before it does harm.',
  { profile: 'store-relational', topic: 'migrations', entities: ['schema version'] },
  {
    'UE-SCHEMA-001': {
      title: 'The version is read from the store',
      statement:
        'schemaVersion MUST answer what is stored, not what the release was built with; on a sound store `current` lies ' +
        'within `supported`, the state is `current` or `compatible`, and nothing is pending that the release needs.',
      rationale: 'A version read from the code is always right and never true.',
      profile: 'store-core',
    },
    'UE-SCHEMA-002': {
      title: 'A schema that is behind is refused',
      statement:
        'On a schema older than the release supports, the state MUST be `behind` with the pending migrations by name, ' +
        'readiness MUST fail `schema.version`, and a transaction MUST fail with NOT_READY or keep to the supported range.',
      rationale: 'A release that runs ahead of its migration fails in the middle of its work.',
      needs: ['migrations'],
      proof: 'fault',
    },
    'UE-SCHEMA-003': {
      title: 'A newer schema is judged by its migrations',
      statement:
        'On a schema that a newer release has migrated the state MUST be `ahead`, and the store MUST work, unless one of ' +
        'those migrations is breaking: then the state MUST be `breaking`, readiness MUST fail `schema.version`, and a ' +
        'transaction MUST fail with NOT_READY.',
      rationale: 'A rolling upgrade has both releases at work; one of them must know when to stop.',
      needs: ['migrations'],
      proof: 'fault',
    },
    'UE-SCHEMA-004': {
      title: 'A tampered schema is refused',
      statement:
        'Where an applied migration is not the one that was released, or one is missing in between, the state MUST be ' +
        '`tampered`, readiness MUST fail `schema.version`, and a transaction MUST fail with NOT_READY.',
      rationale: 'Nothing that was tested is known to hold on it.',
      needs: ['migrations'],
      proof: 'fault',
    },
  },
)
