import { area } from './requirement.ts'

export const ENGINE = area(
  'The engine on a store',
  'The same promises, seen from where an application stands: through the service that the engine makes of a store and of ' +
    'a policy.',
  { profile: 'engine', topic: 'acceptance tests', entities: ['all records'] },
  {
    'UE-ENGINE-001': {
      title: 'A command is one unit of work',
      statement:
        'A command that resolves MUST have left its change, one audit record and its events; one that rejects MUST have ' +
        'left none of them. For each idempotency key there is all of it once, or nothing.',
      rationale: 'The unit that was promised by the store must be used as a unit.',
      topic: 'transactions',
    },
    'UE-ENGINE-002': {
      title: 'A denial is durable before it is told',
      statement:
        'When a command is refused by the policy, one denial MUST be durable before the caller learns of it, whatever ' +
        'becomes of a composition around it: rolled back, committed, or cut off.',
      rationale: 'Whoever is refused may try to make the refusal disappear.',
      topic: 'audit and outbox durability',
      entities: ['denials'],
    },
    'UE-ENGINE-003': {
      title: 'One refused attempt, one denial, no event',
      statement:
        'A refused attempt MUST leave exactly one denial, however often its work is run again inside, and no event.',
      rationale: 'A count of attempts that depends on collisions says nothing.',
      topic: 'audit and outbox durability',
      entities: ['denials', 'outbox events'],
    },
    'UE-ENGINE-004': {
      title: 'The same key answers the same',
      statement:
        'Repeating a command with its idempotency key MUST answer the same and do nothing; with another request under the ' +
        'same key it MUST fail with IDEMPOTENCY_MISMATCH; and the policy MUST be asked each time.',
      rationale: 'A repetition is not a permission.',
      topic: 'transactions',
      entities: ['idempotency records'],
    },
    'UE-ENGINE-005': {
      title: 'Foreign looks like absent',
      statement:
        'A command or query about a record of another tenant MUST be answered, by the policy question, error and effect, ' +
        'exactly as one about a record that does not exist.',
      rationale: 'The difference tells who is whose customer.',
      topic: 'tenant context',
    },
    'UE-ENGINE-006': {
      title: 'Just-in-time provisioning is safe in a race',
      statement:
        'Any number of concurrent resolveOrProvision of one identity MUST end with one user, one account, one identity ' +
        'and one tenant account, and every caller MUST be answered that user.',
      rationale: 'Two browser tabs are enough.',
      proof: 'race',
      topic: 'isolation',
      entities: ['external identities', 'users'],
    },
    'UE-ENGINE-007': {
      title: 'The last identity stays',
      statement:
        'The last linked identity of a user MUST NOT be unlinked without an explicit override, also not by two crosswise ' +
        'unlinks at once.',
      rationale: 'A person locked out by a race can not ask for help.',
      proof: 'race',
      topic: 'isolation',
      entities: ['external identities'],
    },
    'UE-ENGINE-008': {
      title: 'Compositions nest',
      statement:
        'When a nested part of a composition fails exactly its own changes, audit records, events and idempotency records ' +
        'MUST be undone, and the composition MUST be able to go on and commit.',
      rationale: 'What the store can do is worth nothing where the engine can not pass it on.',
      topic: 'transactions',
    },
    'UE-ENGINE-009': {
      title: 'The level that refuses is named',
      statement:
        'resolveIdentity MUST refuse a sign-in where the identity, the user, the account, the tenant or the tenant account ' +
        'does not allow it, and MUST say which.',
      rationale: 'Suspending at one level must be enough.',
      topic: 'query behaviour',
      entities: ['users', 'accounts', 'tenant accounts', 'tenants'],
    },
    'UE-ENGINE-010': {
      title: 'Nothing given by a person comes out elsewhere',
      statement:
        'No error, audit record, event, denial, diagnostic or readiness report of the engine MUST carry a subject or ' +
        'another value that a person or a system gave.',
      rationale: 'They all leave the database, and none of them is treated as personal data.',
      proof: 'canary',
      topic: 'security',
    },
    'UE-ENGINE-011': {
      title: 'The engine uses the port alone',
      statement: 'The engine MUST NOT touch any member of a store that the port does not have.',
      rationale: 'Otherwise a store that passes every case here may still not work.',
      // No spoiled store can show that its case is able to fail: that takes a spoiled engine.
      status: 'provisional',
      topic: 'acceptance tests',
    },
    'UE-ENGINE-012': {
      title: 'Who acts is no input',
      statement:
        'A command or query MUST be refused when its input names an actor, a tenant to act in or a user to act as, and the ' +
        'audit MUST name the actor of the context.',
      rationale: 'CVE-2025-61928: whoever may say who acts, acts as anybody.',
      // As UE-ENGINE-011.
      status: 'provisional',
      topic: 'security',
    },
  },
)
