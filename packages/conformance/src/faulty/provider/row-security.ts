import type { FaultyProvider } from './faulty-provider.ts'

/** What somebody does to row security by hand. */
export const faultyRowSecurity: readonly FaultyProvider[] = [
  {
    name: 'row-security-not-forced',
    defect: 'A table does not force row security.',
    breaks: 'UE-PRIVILEGE-007',
    by: 'UE-PRIVILEGE-007/every-table',
    expect: 'groups has row security not forced',
    needs: ['provider.migrate'],
    sql: () => ({
      spoil: 'alter table user_engine.groups no force row level security',
      mend: 'alter table user_engine.groups force row level security',
    }),
  },
  {
    name: 'policy-of-another-role',
    defect: 'The policy of a table is not one of the runtime.',
    breaks: 'UE-PRIVILEGE-007',
    by: 'UE-PRIVILEGE-007/every-table',
    expect: 'memberships has no policy',
    needs: ['provider.migrate'],
    sql: ({ role }) => ({
      spoil: `alter policy scope on user_engine.memberships to ${role('relay')}`,
      mend: 'alter policy scope on user_engine.memberships to public',
    }),
  },
  {
    name: 'policy-for-everybody',
    defect: 'A second policy lets everything through.',
    breaks: 'UE-PRIVILEGE-007',
    by: 'UE-PRIVILEGE-007/foreign-row',
    expect: 'a group is seen in another tenant',
    needs: ['provider.migrate'],
    sql: () => ({
      spoil: 'create policy everybody on user_engine.groups using (true)',
      mend: 'drop policy everybody on user_engine.groups',
    }),
  },
  {
    name: 'probe-seen-by-everybody',
    defect: 'The table of the probe has no row security.',
    breaks: 'UE-PRIVILEGE-007',
    by: 'UE-PRIVILEGE-007/probe',
    expect: 'the row of the probe is seen without a scope',
    needs: ['provider.migrate'],
    sql: () => ({
      spoil: 'alter table user_engine.isolation_probe disable row level security',
      mend: 'alter table user_engine.isolation_probe enable row level security',
    }),
  },
]
