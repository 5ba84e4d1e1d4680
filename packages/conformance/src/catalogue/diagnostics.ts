import { area } from './requirement.ts'

export const DIAGNOSTICS = area(
  'Diagnostics',
  'What an operator may paste into a public ticket without reading it first.',
  { profile: 'store-core', topic: 'observability', entities: ['diagnostics'] },
  {
    'UE-DIAGNOSTICS-001': {
      title: 'Diagnostics give nothing away',
      statement:
        'A diagnostics report MUST NOT carry a credential, a host, an address, an id or a value of a record.',
      rationale: 'It is made to be handed on.',
      proof: 'canary',
      topic: 'security',
    },
    'UE-DIAGNOSTICS-002': {
      title: 'Diagnostics always answer',
      statement:
        'diagnostics MUST resolve in bounded time, and never reject, whatever state the store is in; what can not be ' +
        'found out MUST be null.',
      rationale: 'It is asked for when something is wrong.',
    },
    'UE-DIAGNOSTICS-003': {
      title: 'Record counts are exact',
      statement:
        "recordCounts MUST count, noun by noun, the records that the scope sees, the transaction's own writes included.",
      rationale: 'Counts that are about right can not reconcile an import.',
    },
  },
)
