import { area } from './requirement.ts'

export const OBSERVABILITY = area(
  'What an operator sees',
  'The platform shows how the server does, user-engine shows how its store does, and neither shows data.',
  { profile: 'provider-postgres', topic: 'observability', entities: [] },
  {
    'UE-OBSERVABILITY-001': {
      title: 'The platform is watched',
      statement:
        'The provider MUST measure and alert on connections, storage, replication lag, long transactions, ' +
        'locks that wait, and the age of the oldest transaction.',
      rationale: 'A long transaction of somebody else lets the outbox swell.',
      status: 'provisional',
      proof: 'evidence',
      artefact: 'The dashboard and the alert rules.',
    },
    'UE-OBSERVABILITY-002': {
      title: 'The store is asked',
      statement:
        'The operator MUST have readiness of each process asked at least once a minute, and MUST be alerted' +
        ' on `not_ready` and on dead letters.',
      rationale: 'A blocked stream and a refused schema make no noise by themselves.',
      status: 'provisional',
      proof: 'evidence',
      artefact: 'The probe configuration and the alert rules.',
    },
  },
)
