import { area } from './requirement.ts'

export const RECORD = area(
  'Records',
  'A record is kept as it was given. What the engine reads back decides who may sign in, so it must be what was written: ' +
    'to the code point, to the millisecond, null where it was null.',
  { profile: 'store-core', topic: 'query behaviour', entities: ['all records'] },
  {
    'UE-RECORD-001': {
      title: 'What is read is what was written',
      statement:
        'A record MUST be read back deeply equal to what was written: text code point for code point, times to the ' +
        'millisecond, null as null and the empty string as the empty string, JSON with the same members and values.',
      rationale:
        'Trimmed, folded, truncated or shifted values pass every test with plain ASCII and fail one customer.',
    },
    'UE-RECORD-002': {
      title: 'An id is taken once',
      statement:
        'Inserting a record under an id that its scope has already MUST fail with CONFLICT naming the id rule of its noun, ' +
        'and the first record MUST stay as it was.',
      rationale: 'An insert that overwrites hands the history of one record to another.',
      topic: 'constraints',
    },
    'UE-RECORD-003': {
      title: 'An account names a user that exists',
      statement:
        'Inserting an account of a user that its scope does not have, or giving one to such a user, MUST fail with CONFLICT ' +
        '`reference`.',
      rationale: 'An account without its user can be neither found nor closed.',
      topic: 'constraints',
      entities: ['accounts'],
    },
    'UE-RECORD-004': {
      title: 'Scope, id and creation time never change',
      statement: 'An update MUST leave the scope, the id and `createdAt` of a record as they were inserted.',
      rationale: 'A record that can move carries its rights with it.',
    },
    'UE-RECORD-005': {
      title: 'Text that not every store can keep is refused',
      statement:
        'Writing text that holds a NUL or half of a surrogate pair MUST fail with a TypeError, and MUST take along nothing ' +
        'that was written before the (nested) transaction it is made in.',
      rationale:
        'Cut at the NUL, or with a replacement in the place of the half, two subjects become one; kept by one store only, ' +
        'they are lost on the way to the next.',
    },
    'UE-RECORD-006': {
      title: 'What is no record is refused',
      statement:
        'Inserting a record whose version is not 1, or one of a noun that has no home in its scope, or writing what is no ' +
        'plain data (a time that is none, a number that is not finite, a bigint, a function, undefined, a map, an object of ' +
        'a class, what holds itself), MUST fail with a TypeError, and MUST take along nothing that was written before ' +
        'the (nested) transaction it is made in.',
      rationale:
        'A record that begins at version 3 has a history that nobody can read; `NaN` that became null, or a map that became ' +
        'an object without members, is another value.',
      topic: 'constraints',
    },
  },
)
