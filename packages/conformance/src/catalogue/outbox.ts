import { area } from './requirement.ts'

export const OUTBOX = area(
  'The outbox',
  'What has changed is told to the outside by events that commit with the change and are handed over afterwards. The ' +
    'promise is: no loss, delivery at least once under one stable id, one holder at a time, one acknowledgement that takes ' +
    'effect, and the events of each record in the order of its versions. A consumer that keeps the ids it has seen gets ' +
    'each effect exactly once.',
  { profile: 'store-core', topic: 'audit and outbox durability', entities: ['outbox events'] },
  {
    'UE-OUTBOX-001': {
      title: 'The event commits with its change',
      statement: 'An event MUST be delivered if and only if the transaction that appended it commits.',
      rationale: 'An event of what did not happen misleads; a missing one leaves others wrong for ever.',
    },
    'UE-OUTBOX-002': {
      title: 'A nested failure takes its events along',
      statement:
        'An event that was appended in a nested transaction MUST be undone with it, and no other with it.',
      rationale: 'An event of a part that was rolled back is an event of nothing.',
    },
    'UE-OUTBOX-003': {
      title: 'Pending events can be read without claiming',
      statement:
        'pending MUST answer the undelivered events of the scope, leased and dead ones included, in order of id, with ' +
        'their attempts and state, and MUST NOT change what a claim answers.',
      rationale: 'Who looks must not disturb.',
      topic: 'observability',
    },
    'UE-OUTBOX-004': {
      title: 'No event is lost',
      statement:
        'Every committed event MUST be delivered, also when its transaction commits after others that began later, and ' +
        'whatever ids and times they bear.',
      rationale: 'A reader that remembers a position skips whoever was slow.',
      profile: 'store-concurrent',
      proof: 'race',
    },
    'UE-OUTBOX-005': {
      title: 'One holder at a time',
      statement:
        'Of any number of concurrent claims no two MUST be given the same event, and no claim MUST be given an event whose ' +
        'lease holds.',
      rationale: 'Two holders are two deliveries, out of order.',
      profile: 'store-concurrent',
      proof: 'race',
    },
    'UE-OUTBOX-006': {
      title: 'Only the holder settles',
      statement:
        'ack and nack under a token that does not hold the event (expired, whether or not another one has claimed it ' +
        'since, settled already, or of another claim) MUST fail with LEASE_LOST and change nothing; an event that was ' +
        'acknowledged MUST NOT be delivered again.',
      rationale: 'A worker that was asleep must not settle what another one holds now.',
    },
    'UE-OUTBOX-007': {
      title: 'In order for each record',
      statement:
        'The events of an aggregate MUST be delivered in order of version and ordinal, whatever the order of their ids, ' +
        'times or commits, and a claim MUST be given at most one event of each aggregate: the first undelivered one.',
      rationale: 'Suspended after reactivated is the opposite of what happened.',
    },
    'UE-OUTBOX-008': {
      title: 'A lease can be prolonged while it holds',
      statement:
        'extend MUST prolong, from now, the lease of those of the named events that are not settled, and of no others, and ' +
        'MUST fail with LEASE_LOST and prolong none when one of them has expired or none of them is held under the token.',
      rationale: 'A worker must know whether it may go on.',
    },
    'UE-OUTBOX-009': {
      title: 'A dead letter blocks its own stream',
      statement:
        'After a nack as dead no later event of that aggregate MUST be delivered until it is redriven.',
      rationale: 'Skipping what failed delivers the rest out of order.',
    },
    'UE-OUTBOX-010': {
      title: 'One event, one id, one content',
      statement:
        'At each delivery an event MUST have the id and the content that were appended, and `attempts` MUST be the number ' +
        'of claims so far, 1 at the first.',
      rationale: 'Consumers deduplicate by the id and give up by the attempts.',
    },
    'UE-OUTBOX-011': {
      title: 'An acknowledgement is all or none',
      statement:
        'When one of the events of an ack is not held under its token, the ack MUST fail with LEASE_LOST and every other ' +
        'event MUST stay as it was.',
      rationale: 'Half an acknowledgement can be neither repeated nor forgotten.',
    },
    'UE-OUTBOX-012': {
      title: 'A lost worker loses nothing',
      statement: "An event whose lease has run out, by the store's clock, MUST be given to a later claim.",
      rationale: 'A worker that died must not take its events along.',
    },
    'UE-OUTBOX-013': {
      title: 'A claim that acknowledges is one step',
      statement:
        'A claim with an ack MUST settle it and claim as one: when the ack fails with LEASE_LOST nothing MUST be claimed; ' +
        'when it succeeds the next event of the same aggregate MUST be claimable by that very call.',
      rationale: 'It halves the round trips of a relay, and must not halve its guarantees.',
    },
    'UE-OUTBOX-014': {
      title: 'What is given back comes later',
      statement:
        'After a nack that is not dead the event MUST be claimable again once `delayMs` have passed, and neither it nor a ' +
        'later event of its aggregate before.',
      rationale: 'A receiver that is down needs time, and its order.',
    },
    'UE-OUTBOX-015': {
      title: 'Dead letters can be redriven',
      statement:
        'redrive MUST make exactly the dead events among the given ids deliverable, their attempts counted from 1 again, ' +
        'and answer how many those were.',
      rationale: 'A repaired receiver should get what it missed, and nothing else twice.',
    },
    'UE-OUTBOX-016': {
      title: 'The state of the outbox is counted',
      statement:
        'state, and diagnostics with it, MUST count the pending, leased and dead events of all scopes, an expired lease as ' +
        'pending, and MUST give the age of the oldest undelivered one, whatever was done with it, or null where there is none.',
      rationale: 'A relay that stands still shows nowhere else.',
      topic: 'observability',
    },
    'UE-OUTBOX-017': {
      title: 'One stream does not hold up another',
      statement:
        'Events of other aggregates MUST be claimable while those of one are leased, delayed or dead, also those that are ' +
        'younger, and also when there are more blocked ones than a claim may take.',
      rationale: 'One broken record must not silence all the others.',
    },
    'UE-OUTBOX-018': {
      title: 'The relay serves all scopes',
      statement: 'claim MUST be given the events of every tenant and of the directory, each with its scope.',
      rationale: 'A tenant that the relay can not see is never heard of.',
      topic: 'tenant context',
    },
    'UE-OUTBOX-019': {
      title: 'Event ids and ordinals are taken once',
      statement:
        'In a scope a second event of one id MUST fail with CONFLICT `event_id`, a second one of the same aggregate, ' +
        'version and ordinal with CONFLICT `event_ordinal`, while the first is undelivered.',
      rationale: 'Two facts in one place of the stream have no order.',
      topic: 'constraints',
    },
    'UE-OUTBOX-020': {
      title: 'Limits are checked',
      statement:
        'A claim of fewer than 1 or more than 1,000 events, a lease of less than 100 ms or more than one hour, and a ' +
        'negative or fractional delay MUST fail with a TypeError and change nothing.',
      rationale: 'A lease of zero looks like success and protects nothing.',
      topic: 'query behaviour',
    },
    'UE-OUTBOX-021': {
      title: 'Events survive a crash',
      statement:
        'After the backend was killed and started again every committed event that was not acknowledged MUST be ' +
        'delivered, and none whose ack had resolved.',
      rationale: 'Durability of the change alone leaves the outside behind for ever.',
      profile: 'store-durable',
      needs: ['durable', 'faults.crash'],
      proof: 'fault',
    },
    'UE-OUTBOX-022': {
      title: 'A restore begins an epoch',
      statement:
        'Every claim MUST answer the same epoch, on every handle, until startEpoch answers a later one, which every claim ' +
        'MUST answer from then on; starting one MUST change nothing of what waits.',
      rationale:
        'After a restore a record takes versions again that were told before. Who orders by version alone drops them as old.',
      topic: 'backup and restore',
    },
  },
)
