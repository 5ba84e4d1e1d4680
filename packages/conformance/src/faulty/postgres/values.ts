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
    expect: 'value 18 of 20',
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
  {
    name: 'null-changes-nothing',
    defect: 'An update to null leaves the external id that was there: coalesce.',
    breaks: 'UE-RECORD-001',
    expect: 'the record with null for what may be null: externalId is',
    by: 'UE-RECORD-001/tenant-accounts',
    statements: [[/("tenant_accounts" set .*"external_id" = )(\$\d+)/, '$1coalesce($2, "external_id")']],
  },
  {
    name: 'removes-members-with-their-group',
    defect: 'A trigger removes the memberships of a group that is removed, and leaves their versions.',
    breaks: 'UE-RECORD-001',
    expect: 'all records when the group is removed: [6].state is',
    by: 'UE-RECORD-001/others-stay',
    schema: trigger(
      'groups',
      'after update',
      `if new.state = 'removed' then update user_engine.memberships set state = 'removed'
        where scope_id = new.scope_id and group_id = new.id; end if; return null;`,
    ),
  },
  {
    name: 'catalog-versions-as-texts',
    defect: 'The versions of a catalog are compared as texts: the ninth comes after the tenth.',
    breaks: 'UE-PROFILE-003',
    expect: 'catalogs where one is pinned that is deprecated: [1] is',
    by: 'UE-PROFILE-003/in-force',
    statements: [
      ['later.catalog_version > c.catalog_version', 'later.catalog_version::text > c.catalog_version::text'],
    ],
  },
  {
    name: 'pins-what-is-retired',
    defect: 'A catalog that the binding pins is told whatever its state.',
    breaks: 'UE-PROFILE-003',
    expect: 'catalogs where one is pinned that is retired: it has',
    by: 'UE-PROFILE-003/in-force',
    statements: [
      [
        /where c\.state in \('published', 'deprecated'\) and \(c\.id = place\.pinned or/,
        "where (c.id = place.pinned or c.state in ('published', 'deprecated')) and (c.id = place.pinned or",
      ],
    ],
  },
  {
    name: 'every-version-without-an-application',
    defect: 'Where neither a user nor an application is asked for, every version of a catalog is in force.',
    breaks: 'UE-PROFILE-003',
    expect: 'catalogs in force without an application: it has',
    by: 'UE-PROFILE-003/in-force',
    statements: [['distinct on (c.scope_id, c.key) ', '']],
  },
  {
    name: 'memberships-of-one-page',
    defect: 'A sign-in reads the first 500 memberships.',
    breaks: 'UE-MEMBERSHIP-003',
    expect: 'the memberships of the sign-in with the profile: it has 500 items',
    by: 'UE-MEMBERSHIP-003/many',
    statements: [
      [
        /user_engine\.memberships r\n/,
        `(select *, row_number() over (partition by scope_id, tenant_account_id order by id) as place
          from user_engine.memberships) r\n`,
      ],
      ["and r.state <> 'removed'", "and r.state <> 'removed' and r.place <= 500"],
    ],
  },
  {
    name: 'values-of-one-page',
    defect: 'The facts of a profile are read with 500 values at the most.',
    breaks: 'UE-PROFILE-003',
    expect: 'the values of the facts: it has 500 items',
    by: 'UE-PROFILE-003/many',
    statements: [
      [
        'from user_engine.profile_values p',
        `from (select *, row_number() over (partition by scope_id, user_id order by id) as place
          from user_engine.profile_values) p`,
      ],
      [/(where p\.scope_id = any)/, 'where p.place <= 500 and p.scope_id = any'],
    ],
  },
  {
    name: 'answers-in-order-of-subjects',
    defect:
      'Sign-ins of one tenant at the same moment are one statement, whose rows are taken in another order.',
    breaks: 'UE-IDENTITY-007',
    expect: 'asked at once',
    statements: [
      [/asked\.place::integer as place/, 'row_number() over (order by asked.subject)::integer as place'],
    ],
  },
  {
    name: 'memberships-of-all-askers',
    defect:
      'Sign-ins of one tenant at the same moment are one statement, which finds the memberships of any of them.',
    breaks: 'UE-IDENTITY-007',
    expect: 'memberships',
    by: 'UE-IDENTITY-007/own-profiles',
    statements: [[/(asked\.place::integer as place[^]*?) and r\.tenant_account_id = ta\.id/, '$1']],
  },
]
