import { area } from './requirement.ts'

export const VERSION = area(
  'Versions and guards',
  'A decision is right for what it was decided on. Every record has a version; an update names the one it rests on, and a ' +
    'record that was only read can be guarded, as can be the state of one that was not. When any of it has changed, the commit ' +
    'fails and the caller decides again.',
  { profile: 'store-core', topic: 'isolation', entities: ['all records'] },
  {
    'UE-VERSION-001': {
      title: 'An update names the version it rests on',
      statement:
        'An update to version n MUST fail with VERSION_CONFLICT, naming kind and id, unless the stored version is n - 1; ' +
        'so MUST an update of a record that does not exist.',
      rationale: 'Without it the last writer wins, and the first never learns.',
    },
    'UE-VERSION-002': {
      title: 'Of concurrent updates one wins',
      statement:
        'Of any number of concurrent updates to the same next version exactly one MUST commit; the others MUST fail with ' +
        'VERSION_CONFLICT or a retryable error.',
      rationale: 'A version that is read and then written loses updates exactly when it matters.',
      profile: 'store-concurrent',
      proof: 'race',
    },
    'UE-VERSION-003': {
      title: 'What was read can be guarded',
      statement:
        'A guard MUST make the commit fail with VERSION_CONFLICT, naming kind and id, when at the moment of the commit the ' +
        'record does not exist or has another version.',
      rationale: 'A tenant that is suspended meanwhile must not get new members.',
    },
    'UE-VERSION-004': {
      title: 'Crosswise guards do not both pass',
      statement:
        'Of two concurrent transactions each of which updates a record whose version the other one guards, or takes it out ' +
        'of the states by which the other one guards it, at most one MUST commit; both MUST settle in bounded time.',
      rationale:
        'Two unlinks that each see the other identity as the last one left lock a person out for good.',
      profile: 'store-concurrent',
      proof: 'race',
    },
    'UE-VERSION-005': {
      title: 'A state can be guarded without being read',
      statement:
        'A guard by states MUST make the commit fail with VERSION_CONFLICT, naming kind and id, when at the moment of the ' +
        'commit the record does not exist or is in none of them. Which version it has MUST NOT matter.',
      rationale:
        'A command that only makes something new need not read what that hangs on; a version that was not read can not be ' +
        'guarded.',
    },
  },
)
