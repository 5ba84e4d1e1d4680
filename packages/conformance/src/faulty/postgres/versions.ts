import type { FaultyPostgres } from './faulty-postgres.ts'

/** Versions, guards, and the locks under which they are compared. */
export const faultyLocks: readonly FaultyPostgres[] = [
  {
    name: 'updates-by-id-alone',
    defect: 'The row is locked before it is updated, and its version is not compared.',
    breaks: 'UE-VERSION-001',
    expect: "and not with VERSION_CONFLICT 'account'",
    by: 'UE-VERSION-001/accounts',
    statements: [['"version" = $3 for no key update', '$3::int is not null for no key update']],
  },
  {
    name: 'compares-without-a-lock',
    defect: 'The version is compared by a plain SELECT before the update.',
    breaks: 'UE-VERSION-002',
    expect: 'the version after',
    by: 'UE-VERSION-002/no-lost-update',
    statements: [['"version" = $3 for no key update', '"version" = $3']],
  },
  {
    name: 'guards-what-is-there',
    defect: 'A guard locks the row, and does not compare its version.',
    breaks: 'UE-VERSION-003',
    expect: 'a guard on version 1 resolved',
    by: 'UE-VERSION-003/accounts',
    statements: [['"version" = $3 for share', '$3::int is not null for share']],
  },
  {
    name: 'guards-without-a-lock',
    defect: 'A guard compares the version by a plain SELECT, and holds nothing until the commit.',
    breaks: 'UE-VERSION-004',
    expect: 'crosswise unlinks committed',
    statements: [['"version" = $3 for share', '"version" = $3']],
  },
  {
    name: 'guards-the-key-alone',
    defect: 'A guard locks FOR KEY SHARE, which an update does not wait for.',
    breaks: 'UE-HISTORY-001',
    expect: 'guarded write skew: ',
    by: 'UE-HISTORY-001/guarded-write-skew',
    statements: [['for share', 'for key share']],
  },
  {
    name: 'overwrites-a-key',
    defect: 'An idempotency key that is taken is overwritten, whether it has expired or not.',
    breaks: 'UE-IDEMPOTENCY-002',
    expect: "and not with CONFLICT 'idempotency_key'",
    statements: [[/ where "user_engine"\."idempotency_records"\."expires_at" <= now\(\)/, '']],
  },
  {
    name: 'keys-that-never-expire',
    defect: 'An idempotency record is found whatever its time.',
    breaks: 'UE-IDEMPOTENCY-003',
    expect: 'the record after its time',
    statements: [[' and "expires_at" > now()', '']],
  },
  {
    name: 'keys-of-every-actor',
    defect: 'An idempotency key is looked up without the actor.',
    breaks: 'UE-IDEMPOTENCY-004',
    expect: 'what is found under other key',
    statements: [['"actor" = $2 and "key" = $3', '$2::text is not null and "key" = $3']],
  },
]
