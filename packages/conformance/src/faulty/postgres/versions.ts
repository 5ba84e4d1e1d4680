import type { FaultyPostgres } from './faulty-postgres.ts'

/** An update that locks and compares in itself looks at the version by a plain SELECT beside it, of what was there before. */
const looksBeside = (table: string): readonly [sent: RegExp, received: string] => [
  new RegExp(
    String.raw`update ("user_engine"\."${table}") set ([^()]*) where "scope_id" = (\$\d+) and "id" = (\$\d+) and "version" = (\$\d+) returning`,
  ),
  'update $1 set $2 where "scope_id" = $3 and "id" = $4 and exists (select from $1 as seen ' +
    'where seen."scope_id" = $3 and seen."id" = $4 and seen."version" = $5) returning',
]

/** Versions, guards, and the locks under which they are compared. */
export const faultyLocks: readonly FaultyPostgres[] = [
  {
    name: 'updates-by-id-alone',
    defect: 'The row is locked before it is updated, and its version is not compared.',
    breaks: 'UE-VERSION-001',
    expect: "and not with VERSION_CONFLICT 'account'",
    by: 'UE-VERSION-001/accounts',
    statements: [[/"version" = (\$\d+) (for no key update|returning)/, '$1::int is not null $2']],
  },
  {
    name: 'compares-without-a-lock',
    defect: 'An update that is alone compares the version by a plain SELECT before it.',
    breaks: 'UE-VERSION-002',
    expect: 'the version after',
    by: 'UE-VERSION-002/no-lost-update',
    statements: [looksBeside(String.raw`\w+`)],
  },
  {
    name: 'guards-what-is-there',
    defect: 'A guard locks the row, and does not compare its version.',
    breaks: 'UE-VERSION-003',
    expect: 'a guard on version 1 resolved',
    by: 'UE-VERSION-003/accounts',
    statements: [[/"version" = (\$\d+) for share/, '$1::int is not null for share']],
  },
  {
    name: 'guards-without-a-lock',
    defect: 'A guard compares the version by a plain SELECT, and holds nothing until the commit.',
    breaks: 'UE-VERSION-004',
    expect: '2 of two that exclude each other committed',
    by: 'UE-VERSION-004/accounts',
    statements: [[/("version" = \$\d+) for share/, '$1']],
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
    name: 'guards-any-state',
    defect: 'A guard by states locks the row, and does not compare its state.',
    breaks: 'UE-VERSION-005',
    expect: 'a guard by the state before resolved',
    by: 'UE-VERSION-005/accounts',
    statements: [[/state = any\((\$\d+::text\[\])\) for share/, '$1 is not null for share']],
  },
  {
    name: 'guards-states-without-a-lock',
    defect: 'A guard by states compares by a plain SELECT, and holds nothing until the commit.',
    breaks: 'UE-VERSION-004',
    expect: '2 of two that exclude each other committed',
    by: 'UE-VERSION-004/accounts-by-state',
    statements: [[/(state = any\(\$\d+::text\[\]\)) for share/, '$1']],
  },
  {
    name: 'guards-states-by-the-key-alone',
    defect: 'A guard by states locks FOR KEY SHARE, which an update does not wait for.',
    breaks: 'UE-VERSION-004',
    expect: '2 of two that exclude each other committed',
    by: 'UE-VERSION-004/tenants-by-state',
    statements: [[/(state = any\(\$\d+::text\[\]\)) for share/, '$1 for key share']],
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
  {
    name: 'values-without-a-lock',
    defect: 'An update of a profile value that is alone compares the version by a plain SELECT before it.',
    breaks: 'UE-VERSION-002',
    expect: 'of two that exclude each other committed',
    by: 'UE-VERSION-002/profile-values',
    statements: [looksBeside('profile_values')],
  },
  {
    name: 'guards-the-key-of-a-tenant',
    defect: 'A guard of a tenant locks FOR KEY SHARE, which an update does not wait for.',
    breaks: 'UE-VERSION-004',
    expect: 'of two that exclude each other committed',
    by: 'UE-VERSION-004/tenants',
    statements: [[/("tenants" where [^()]*) for share/, '$1 for key share']],
  },
  {
    name: 'keeps-the-old-answer',
    defect: 'Who takes over a key that has expired leaves the result of the command before.',
    breaks: 'UE-IDEMPOTENCY-003',
    expect: 'the record under the key that was free: result.version is',
    by: 'UE-IDEMPOTENCY-003/expiry',
    statements: [['"result" = "excluded"."result", ', '']],
  },
]
