import { trigger, type FaultyPostgres } from './faulty-postgres.ts'

const onWrite = (table: string, change: string) =>
  trigger(table, 'before insert or update', `${change}; return new;`)

/** What becomes of a value in the table. */
export const faultyValues: readonly FaultyPostgres[] = [
  {
    name: 'whole-seconds',
    defect: 'Times of users are kept to the second: timestamptz(0).',
    breaks: 'UE-RECORD-001',
    expect: 'records of all states: users[0].createdAt is',
    by: 'UE-RECORD-001/all-states',
    schema: [
      'alter table user_engine.users alter column created_at type timestamptz(0), alter column updated_at type timestamptz(0)',
    ],
  },
  {
    name: 'cuts-names',
    defect: 'A name is cut to a hundred characters, as by an assignment to varchar(100).',
    breaks: 'UE-RECORD-001',
    expect: 'records with 512 bytes: group.displayName is',
    by: 'UE-RECORD-001/texts',
    schema: onWrite('groups', 'new.display_name = left(new.display_name, 100)'),
  },
  {
    name: 'trims-external-ids',
    defect: 'A trigger trims external ids.',
    breaks: 'UE-RECORD-001',
    expect: 'account.externalId is',
    by: 'UE-RECORD-001/texts',
    schema: onWrite('tenant_accounts', 'new.external_id = btrim(new.external_id)'),
  },
  {
    name: 'composes-subjects',
    defect: 'A trigger brings subjects into NFKC.',
    breaks: 'UE-IDENTITY-003',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    schema: onWrite('external_identities', 'new.subject = normalize(new.subject, nfkc)'),
  },
  {
    name: 'subjects-of-any-case',
    defect: 'Subjects have a collation that does not tell upper from lower case.',
    breaks: 'UE-IDENTITY-003',
    expect: 'what is found by another text of',
    schema: [
      `create collation public.any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
      'alter table user_engine.external_identities alter column subject type text collate public.any_case',
    ],
  },
  {
    name: 'updated-when-written',
    defect: 'A trigger sets the time of an update to the server’s.',
    breaks: 'UE-RECORD-001',
    expect: 'what the update gave: updatedAt is',
    by: 'UE-RECORD-004/groups',
    schema: trigger('groups', 'before update', 'new.updated_at = now(); return new;'),
  },
  {
    name: 'created-when-updated',
    defect: 'A trigger sets the time of creation on every write.',
    breaks: 'UE-RECORD-004',
    expect: 'the record afterwards: createdAt is',
    by: 'UE-RECORD-004/tenant-accounts',
    schema: trigger('tenant_accounts', 'before update', 'new.created_at = new.updated_at; return new;'),
  },
  {
    name: 'strips-nulls',
    defect: 'Values are kept without their nulls.',
    breaks: 'UE-PROFILE-004',
    expect: 'value 17 of 19',
    schema: onWrite('profile_values', 'new.value = jsonb_strip_nulls(new.value)'),
  },
  {
    name: 'pages-by-time',
    defect: 'A page of groups is ordered by the time of the last update.',
    breaks: 'UE-PAGING-001',
    expect: 'what was there throughout: it has',
    by: 'UE-PAGING-001/groups',
    statements: [
      [
        /(from "user_engine"\."groups" where [^;]*) order by "id" limit/,
        '$1 order by "updated_at" desc, "id" limit',
      ],
    ],
  },
  {
    name: 'no-row-beyond-the-page',
    defect: 'A page reads as many rows as it shows: whether there are more, nobody knows.',
    breaks: 'UE-PAGING-002',
    expect: 'pages of 1 of',
    by: 'UE-PAGING-002/users',
    statements: [
      [
        /(from "user_engine"\."users" where [^;]*) order by "id" limit (\$\d+)/,
        '$1 order by "id" limit $2::int - 1',
      ],
    ],
  },
  {
    name: 'counts-from-statistics',
    defect: 'Users are counted from the statistics of the planner.',
    breaks: 'UE-DIAGNOSTICS-003',
    expect: 'counts of the directory: users is 0',
    statements: [
      [
        'select count(*)::int from "user_engine"."users"',
        `select coalesce(sum(greatest(reltuples, 0)), 0)::int from (select reltuples, '64697265-6374-8f72-b900-000000000000'::uuid
          as scope_id from pg_class where oid = 'user_engine.users'::regclass) s`,
      ],
    ],
  },
]
