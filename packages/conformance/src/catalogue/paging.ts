import { area } from './requirement.ts'

export const PAGING = area(
  'Lists',
  'Every list is read by pages, each beginning after the last key of the one before. There is no list without an order ' +
    'and none without an end.',
  { profile: 'store-core', topic: 'query behaviour', entities: ['all records'] },
  {
    'UE-PAGING-001': {
      title: 'Pages are stable',
      statement:
        'Read page by page, a list MUST contain every record that was there throughout exactly once, in order of its key, ' +
        'whatever is inserted or changed meanwhile.',
      rationale: 'A row that is skipped in an export of users keeps an access that nobody knows of.',
    },
    'UE-PAGING-002': {
      title: 'The end of a list is said',
      statement:
        'A page MUST have at most `limit` items, and as many where there are as many. `next` MUST be null on the last page, ' +
        'also where the number of records is a multiple of the limit, and the key of the last item on every other.',
      rationale: 'The last full page is where lists are cut off, or go round for ever.',
    },
    'UE-PAGING-003': {
      title: 'Limits are checked',
      statement: 'A limit that is not an integer from 1 to 500 MUST fail with a TypeError.',
      rationale: 'A limit that is quietly lowered reads as the end of the list.',
    },
  },
)
