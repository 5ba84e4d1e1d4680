import { area } from './requirement.ts'

export const REPLICA = area(
  'Reads from a replica',
  'A transaction that only reads may say so, and say which position must have been reached where it is answered. Whether ' +
    'there is a replica, and whether it was asked, is the store’s matter: the answer is right either way.',
  { profile: 'store-core', topic: 'query behaviour', entities: ['all records'] },
  {
    'UE-REPLICA-001': {
      title: 'A read sees what lies before its position',
      statement:
        'A transaction that only reads MUST see everything that was committed before its position was asked for, by this ' +
        'handle or any other.',
      rationale: 'A person who does not see what they have just saved saves it again.',
    },
    'UE-REPLICA-002': {
      title: 'What only reads writes nothing',
      statement:
        'In a transaction that only reads, nested ones included, each write and guard MUST fail with a TypeError and ' +
        'nothing MUST be kept.',
      rationale: 'What was decided on an old state must not be written onto a new one.',
    },
    'UE-REPLICA-003': {
      title: 'No position makes a read fail',
      statement:
        'A position that no replica has reached, and a text that is no position, MUST be answered from the newest state; no ' +
        'position at all MUST be answered from some state that was committed.',
      rationale: 'Positions come back from browsers: what is old or made up is no fault of the store.',
    },
  },
)
