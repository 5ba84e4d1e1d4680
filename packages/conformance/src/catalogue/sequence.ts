import { area } from './requirement.ts'

export const SEQUENCE = area(
  'Sequences of calls',
  'Each promise by itself is easily kept. A store is used by calls that come one after the other, in orders that nobody has ' +
    'thought of: each of them must find what the ones before have left, and nothing else.',
  { profile: 'store-core', topic: 'acceptance tests', entities: ['all records'] },
  {
    'UE-SEQUENCE-001': {
      title: 'Promises hold in every sequence',
      statement:
        'Whatever calls came before, in whatever scopes and transactions, every call MUST be answered as the port says of ' +
        'the records, trails and events that these have left.',
      rationale:
        'What goes wrong in production is not a call but the third one after a rollback that followed a refusal.',
    },
  },
)
