import type { FaultyPostgres } from './faulty-postgres.ts'

const inserted = (table: string) =>
  new RegExp(String.raw`(insert into "user_engine"\."${table}" \([^)]*\) values \([^)]*\)(?:, \([^)]*\))*)`)

/** An INSERT that conflicts with nothing: ON CONFLICT. */
export const faultyUpserts: readonly FaultyPostgres[] = [
  {
    name: 'last-link-wins',
    defect: 'Linking an identity that another user has moves it there, by an upsert.',
    breaks: 'UE-IDENTITY-001',
    expect: "and not with CONFLICT 'external_identity_subject'",
    by: 'UE-IDENTITY-001/second',
    statements: [
      [
        inserted('external_identities'),
        `$1 on conflict (scope_id, issuer, subject) where state = 'linked' do update set user_id = excluded.user_id`,
      ],
    ],
  },
  {
    name: 'groups-once-or-never',
    defect: 'A group whose key is taken is not inserted, and nothing is said: ON CONFLICT DO NOTHING.',
    breaks: 'UE-GROUP-001',
    expect: "and not with CONFLICT 'group_key'",
    by: 'UE-GROUP-001/second',
    statements: [[inserted('groups'), '$1 on conflict do nothing']],
  },
  {
    name: 'last-value-wins',
    defect: 'A value that is there already is overwritten by an upsert.',
    breaks: 'UE-PROFILE-001',
    expect: "and not with CONFLICT 'profile_value_attribute'",
    by: 'UE-PROFILE-001/second',
    statements: [
      [
        inserted('profile_values'),
        '$1 on conflict (scope_id, user_id, owner_id, attribute) do update set value = excluded.value',
      ],
    ],
  },
  {
    name: 'inserts-over-what-is-there',
    defect: 'A tenant whose id is taken overwrites the one that has it, by an upsert.',
    breaks: 'UE-RECORD-002',
    expect: "and not with CONFLICT 'tenant_id'",
    by: 'UE-RECORD-002/tenants',
    statements: [[inserted('tenants'), '$1 on conflict (scope_id, id) do update set state = excluded.state']],
  },
  {
    name: 'many-once-or-never',
    defect: 'Eight users or more are inserted in a way of their own, which leaves out whose id is taken.',
    breaks: 'UE-RECORD-002',
    expect: 'among 40 resolved',
    by: 'UE-RECORD-002/users',
    statements: [
      [
        /(insert into "user_engine"\."users" \([^)]*\) values (?:\([^)]*\), ){7,}\([^)]*\))/,
        '$1 on conflict do nothing',
      ],
    ],
  },
]
