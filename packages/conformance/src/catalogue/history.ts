import { area } from './requirement.ts'

export const HISTORY = area(
  'Transactions at the same time',
  'What many transactions at once have come to can be right only where some order of them explains it. The kit keeps what ' +
    'each of them read, guarded and wrote, looks for that order, and where there is none says why in the fewest words.',
  { profile: 'store-concurrent', topic: 'isolation', entities: ['all records'] },
  {
    'UE-HISTORY-001': {
      title: 'What was guarded is in order',
      statement:
        'Of any number of concurrent transactions those that commit MUST be as if they had run one after the other, as far as ' +
        'they have updated or guarded what they read: in an order in which none comes before one that had ended when it began.',
      rationale:
        'What holds between two does not yet hold among three, or for the first of two guards; the engine decides on several ' +
        'records at a time.',
      proof: 'race',
    },
  },
)
