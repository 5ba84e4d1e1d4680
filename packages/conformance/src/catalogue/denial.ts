import { area } from './requirement.ts'

export const DENIAL = area(
  'Denials',
  'When the policy refuses an action, that is recorded before the caller hears of it, whatever becomes of the transaction ' +
    'around. So a denial goes a way of its own, outside of every transaction. It tells the outside nothing: it is no change.',
  { profile: 'store-core', topic: 'audit and outbox durability', entities: ['denials'] },
  {
    'UE-DENIAL-001': {
      title: 'A denial stays, whatever happens around it',
      statement:
        'When append resolves the denial MUST be kept and visible to every other handle, also while the transaction around ' +
        'it is open, and after it has rolled back.',
      rationale: 'The attempt that was refused and then rolled back is exactly the one to look at.',
    },
    'UE-DENIAL-002': {
      title: 'No transaction holds a denial up',
      statement:
        'append MUST resolve in bounded time however many transactions are open, also where they use up all connections ' +
        'that the store may have for them.',
      rationale: 'Where a denial waits for a connection that its own transaction holds, both wait for ever.',
      profile: 'store-concurrent',
      proof: 'race',
    },
    'UE-DENIAL-003': {
      title: 'The same denial once',
      statement:
        'Appending a denial under an id that is there already MUST resolve and change nothing: there is one record, the first.',
      rationale: 'Work that is run again reports its refusal again: one attempt leaves one record.',
    },
    'UE-DENIAL-004': {
      title: 'A denial emits no event',
      statement: 'Appending a denial MUST NOT add an event to the outbox.',
      rationale: 'A consumer that acts on what was refused undoes the refusal.',
      entities: ['denials', 'outbox events'],
    },
    'UE-DENIAL-005': {
      title: 'A denial that can not be written says so',
      statement:
        'Where the denial can not be made durable, append MUST fail with UNAVAILABLE or TIMEOUT in bounded time, and MUST ' +
        'NOT resolve. Those that wait for their turn MUST be bounded in number.',
      rationale: 'The engine refuses anyway, but it must not claim a record that is not there.',
      profile: 'store-durable',
      needs: ['faults.suspend'],
      proof: 'fault',
    },
    'UE-DENIAL-006': {
      title: 'A denial survives a crash',
      statement:
        'A denial whose append resolved MUST be there after the backend was killed and started again.',
      rationale: 'An acknowledgement before the record is durable is a guess.',
      profile: 'store-durable',
      needs: ['durable', 'faults.crash'],
      proof: 'fault',
    },
  },
)
