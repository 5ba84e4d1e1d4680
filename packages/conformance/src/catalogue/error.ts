import { area } from './requirement.ts'

export const ERROR = area(
  'Errors',
  'A store fails in a closed number of ways, each with a code that a program can act on, and says nothing that must not ' +
    'stand in a log.',
  { profile: 'store-core', topic: 'security', entities: ['all records'] },
  {
    'UE-ERROR-001': {
      title: 'A closed set of errors',
      statement:
        'Every error that a store throws MUST be a StoreError with a code, details and retryable flag of the port, or a ' +
        'TypeError where the port was called wrongly; isStoreError MUST recognise the former.',
      rationale: "A driver's own error can be neither handled nor shown.",
      topic: 'query behaviour',
    },
    'UE-ERROR-002': {
      title: 'Errors carry no values',
      statement:
        'No error MUST carry, in its message, stack, cause, properties or inspection, a subject, an external id, a key or ' +
        'any other value that a person or a system gave.',
      rationale: 'Errors end up in logs, and logs in other hands.',
      proof: 'canary',
    },
    'UE-ERROR-003': {
      title: 'A failure keeps nothing',
      statement:
        'When transaction rejects with any code but UNKNOWN_OUTCOME, nothing of it MUST have been kept, nor be kept later.',
      rationale: 'A caller that repeats a failure must not do it twice.',
      topic: 'transactions',
    },
    'UE-ERROR-004': {
      title: 'Deadlocks end',
      statement:
        'Transactions that wait for each other MUST all settle in bounded time, each committed or failed with a ' +
        'retryable error, and at least one of them MUST be able to commit.',
      rationale: 'Two requests that wait for ever take two connections along.',
      profile: 'store-concurrent',
      proof: 'race',
      topic: 'isolation',
    },
    'UE-ERROR-005': {
      title: 'A lost answer is said to be lost',
      statement:
        'When the connection is cut after a commit was sent and before its answer came, or the answer does not come in ' +
        'time, transaction MUST fail with UNKNOWN_OUTCOME, and the idempotency record MUST tell afterwards what happened.',
      rationale: 'Called a success it loses changes; called a failure it does them twice.',
      profile: 'store-durable',
      needs: ['faults.cut'],
      proof: 'fault',
      topic: 'transactions',
    },
    'UE-ERROR-006': {
      title: 'A lost connection is survived',
      statement:
        'When all connections are ended from the far side, open transactions MUST fail with UNAVAILABLE, TIMEOUT or ' +
        'UNKNOWN_OUTCOME, the process MUST go on, and the next transaction MUST succeed in its own scope.',
      rationale: 'Every failover, restart and proxy does it; nobody should have to restart the application.',
      profile: 'store-durable',
      needs: ['faults.terminate'],
      proof: 'fault',
      topic: 'connection handoff',
    },
    'UE-ERROR-007': {
      title: 'A frozen backend is not waited for',
      statement:
        'While the backend answers nothing, a transaction MUST fail with UNAVAILABLE, TIMEOUT or UNKNOWN_OUTCOME in bounded ' +
        'time; once it answers again, so MUST the store, by itself.',
      rationale: 'Callers that wait without end take the whole application down with the database.',
      profile: 'store-durable',
      needs: ['faults.suspend'],
      proof: 'fault',
      topic: 'connection handoff',
    },
    'UE-ERROR-008': {
      title: 'A backend that takes no writes is told',
      statement:
        'While the backend takes no writes, as after a failover to a read-only one, transactions that write, denials and ' +
        'claims MUST fail with UNAVAILABLE, TIMEOUT or UNKNOWN_OUTCOME and keep nothing, and readiness MUST be not ready; ' +
        'once it takes them again, so MUST the store, by itself.',
      rationale:
        'A store that calls itself ready there is sent the requests of all that are, and fails each of them.',
      profile: 'store-durable',
      needs: ['faults.demote'],
      proof: 'fault',
      topic: 'connection handoff',
    },
    'UE-ERROR-009': {
      title: 'A full disk is told',
      statement:
        'While the backend has no room for more, transactions and denials that do not fit MUST fail with UNAVAILABLE, ' +
        'TIMEOUT or UNKNOWN_OUTCOME and keep nothing, and reads MUST be answered unless readiness is not ready; once there ' +
        'is room again, the store MUST go on by itself.',
      rationale:
        'A disk that fills up is seen first in what was half written, and last by whoever could free it.',
      profile: 'store-durable',
      needs: ['faults.fill'],
      proof: 'fault',
      topic: 'transactions',
    },
  },
)
