import { area } from './requirement.ts'

export const LIFECYCLE = area(
  'Closing',
  'A store is made by a factory, used from many places at once, and closed once.',
  { profile: 'store-core', topic: 'connection handoff', entities: ['all records'] },
  {
    'UE-LIFECYCLE-001': {
      title: 'Closing waits, then refuses',
      statement:
        'close MUST wait for open transactions, which MUST be able to go on and commit; every call after it, readiness and ' +
        'diagnostics excepted, MUST fail with UNAVAILABLE `closed`.',
      rationale: 'A deployment must not cut off what it interrupts.',
    },
    'UE-LIFECYCLE-002': {
      title: 'Closing twice is closing once',
      statement: 'close MUST resolve also when it was called before.',
      rationale: 'Two owners of one store both clean up.',
    },
    'UE-LIFECYCLE-003': {
      title: 'One handle closes itself alone',
      statement: 'Closing one handle MUST NOT disturb another on the same data.',
      rationale: 'One process that stops must not stop the others.',
    },
  },
)
