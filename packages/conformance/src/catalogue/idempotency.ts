import { area } from './requirement.ts'

export const IDEMPOTENCY = area(
  'Idempotency records',
  'A caller that lost the answer asks again with the same key and gets the same answer, and nothing happens twice. The ' +
    'record of the answer is part of the command itself: it is there exactly when the command is.',
  { profile: 'store-core', topic: 'transactions', entities: ['idempotency records'] },
  {
    'UE-IDEMPOTENCY-001': {
      title: 'The record commits with its command',
      statement:
        'An idempotency record MUST be found if and only if the transaction that inserted it commits.',
      rationale: 'It is the only way to find out what became of a command whose answer was lost.',
    },
    'UE-IDEMPOTENCY-002': {
      title: 'A taken key comes first',
      statement:
        'A transaction whose key is taken, also by one that commits meanwhile, MUST fail with CONFLICT `idempotency_key`, ' +
        'and with that even where a version that it rests on has changed as well.',
      rationale: 'Told VERSION_CONFLICT, a caller decides again, and does twice what was done already.',
    },
    'UE-IDEMPOTENCY-003': {
      title: 'A record expires',
      statement:
        "After `ttlMs`, by the store's clock, find MUST answer null and the key MUST be free; before that it MUST answer " +
        'the record.',
      rationale: 'Keys kept for ever fill the store; forgotten too soon they protect nothing.',
    },
    'UE-IDEMPOTENCY-004': {
      title: 'A key belongs to one actor in one scope',
      statement: 'The same key of another actor, or in another scope, MUST be another key.',
      rationale: "One caller must not get, or block, another one's answer.",
    },
  },
)
