import { area } from './requirement.ts'

export const TRANSACTION = area(
  'Transactions',
  'One transaction is one unit of work. The change, the audit record that says who did it, the event that tells the ' +
    'outside, and the idempotency record that answers a repetition are kept together or not at all. A transaction can ' +
    'hold others, to any depth, each of which can fail by itself.',
  { profile: 'store-core', topic: 'transactions', entities: ['all records'] },
  {
    'UE-TRANSACTION-001': {
      title: 'All or nothing',
      statement:
        'Everything that was written through a transaction, audit records, events and idempotency records included, MUST ' +
        'be kept when it resolves, and nothing of it when it rejects, for whatever reason.',
      rationale:
        'A change without its audit record, or an event without its change, can not be repaired afterwards.',
    },
    'UE-TRANSACTION-002': {
      title: 'A nested failure undoes exactly its own writes',
      statement:
        'When a nested transaction fails, exactly what was written inside of it, at any depth, MUST be undone, and nothing ' +
        'that was written before or after it.',
      rationale: 'Savepoints that are confused at depth three take away what the caller believes is kept.',
    },
    'UE-TRANSACTION-003': {
      title: 'The outer transaction goes on',
      statement:
        'After a nested transaction has failed, a violated constraint included, the transaction around it MUST read and ' +
        'write as before and MUST be able to commit.',
      rationale: 'A caught failure that poisons the rest makes composition worthless.',
    },
    'UE-TRANSACTION-004': {
      title: 'A transaction reads its own writes',
      statement:
        'A read MUST see what the same transaction has written before it, nested transactions that resolved included, in ' +
        'every find, list, count and timeline.',
      rationale: 'A buffer of writes that reads do not look into shows a world that will not be.',
    },
    'UE-TRANSACTION-005': {
      title: 'Work runs once',
      statement: 'The store MUST call `work` at most once for each call of `transaction` or `nested`.',
      rationale:
        'Work can have effects that the store does not know of; only its caller may decide to repeat it.',
    },
    'UE-TRANSACTION-006': {
      title: 'Conflicts surface in the transaction that holds them',
      statement:
        'A conflict of a write or guard MUST surface at the call, at a later read, or at the latest when the (nested) ' +
        'transaction that holds it settles.',
      rationale: 'A conflict that shows later can no longer be caught where it belongs.',
    },
    'UE-TRANSACTION-007': {
      title: 'What has conflicted can not commit',
      statement:
        'After a conflict the (nested) transaction that holds it MUST NOT commit, even when its work catches the error ' +
        'and resolves, and each later call in it MUST fail with the same error.',
      rationale: 'A swallowed error must not become half a unit of work.',
    },
    'UE-TRANSACTION-008': {
      title: 'An ended transaction is closed',
      statement:
        'A call through a transaction that has settled, or while a transaction nested in it is open, MUST fail with a ' +
        'TypeError and do nothing.',
      rationale: 'A leaked handle that goes on in autocommit writes outside of every guarantee.',
    },
    'UE-TRANSACTION-009': {
      title: 'The caller gets its own error back',
      statement: 'When `work` rejects, `transaction` and `nested` MUST reject with the same value.',
      rationale: 'A caller recognises its own errors by identity.',
    },
    'UE-TRANSACTION-010': {
      title: 'Others see a commit once it has resolved',
      statement:
        'From the moment that `transaction` resolves, every other handle on the same data MUST see what it wrote.',
      rationale: 'A stale cache in a second process lets in whom the first has just suspended.',
    },
    'UE-TRANSACTION-011': {
      title: 'Others see nothing before the commit',
      statement: 'What a transaction has written MUST NOT be seen by any other before it has committed.',
      rationale: 'A decision that rests on what is rolled back later was never right.',
      profile: 'store-concurrent',
      proof: 'race',
      topic: 'isolation',
    },
    'UE-TRANSACTION-012': {
      title: 'A commit survives a crash',
      statement:
        'What a resolved transaction wrote MUST be there, as a whole, after the backend was killed and started again; of ' +
        'a transaction that had not resolved there MUST be all or nothing.',
      rationale: 'An acknowledged change that a power failure takes back is a lie to whoever acted on it.',
      profile: 'store-durable',
      needs: ['durable', 'faults.crash'],
      proof: 'fault',
      topic: 'audit and outbox durability',
    },
    'UE-TRANSACTION-013': {
      title: 'A process that is killed leaves nothing open',
      statement:
        'When a process is killed that has the store open, nothing of its open transactions MUST be kept, what they held ' +
        'MUST be free for others in bounded time, and what had resolved in it, denials included, MUST be there as a whole.',
      rationale: 'Processes end at any line: by an operator, for want of memory, with their machine.',
      profile: 'store-durable',
      needs: ['faults.client'],
      proof: 'fault',
    },
    'UE-TRANSACTION-014': {
      title: 'Each transaction has a fate of its own',
      statement:
        'What is refused in one transaction MUST NOT undo, refuse, or answer for another that commits at the same time, ' +
        'however a store commits several together.',
      rationale:
        'Nobody may be refused, or lose what was saved, for what a stranger got wrong in the same millisecond.',
      profile: 'store-concurrent',
      proof: 'race',
    },
  },
)
