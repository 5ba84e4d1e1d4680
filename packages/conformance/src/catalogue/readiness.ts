import { area } from './requirement.ts'

export const READINESS = area(
  'Readiness',
  'Readiness answers one question for whoever routes traffic: may this store be used as it is, now? It is asked of the ' +
    'store itself each time, and it names what is wrong by a code that an operator can look up.',
  { profile: 'store-core', topic: 'observability', entities: ['readiness'] },
  {
    'UE-READINESS-001': {
      title: 'Readiness is of this moment',
      statement:
        'readiness MUST look at the store at each call: not ready while the backend does not answer, and ready again, ' +
        'without a restart, when it does.',
      rationale: 'A cached answer sends traffic to a store that is gone.',
      profile: 'store-durable',
      needs: ['faults.suspend'],
      proof: 'fault',
    },
    'UE-READINESS-002': {
      title: 'Readiness always answers',
      statement:
        'readiness MUST resolve in bounded time, and never reject, whatever state the store is in: frozen, cut off, ' +
        'exhausted, or closed.',
      rationale: 'A probe that hangs is taken for a dead process, and the process is killed.',
    },
    'UE-READINESS-003': {
      title: 'The status follows from the checks',
      statement:
        'The status MUST be `not_ready` where a check fails, otherwise `degraded` where one warns, otherwise `ready`. An ' +
        'empty and sound store MUST be ready, and its report MUST contain the checks that every store makes. What the checks ' +
        'write to find out MUST NOT be kept.',
      rationale: 'A status of its own mind can not be explained.',
    },
    'UE-READINESS-004': {
      title: 'Readiness gives nothing away',
      statement:
        'A report MUST carry codes, counts, versions and names of the store’s own objects only, nothing of a record and ' +
        'nothing of a credential.',
      rationale: 'Health endpoints are public more often than anybody meant.',
      proof: 'canary',
      topic: 'security',
    },
    'UE-READINESS-005': {
      title: 'Dead letters show',
      statement:
        'While there is a dead letter the check `outbox.dead_letters` MUST warn, and pass again when there is none.',
      rationale: 'A blocked stream makes no noise by itself.',
      entities: ['readiness', 'outbox events'],
    },
  },
)
