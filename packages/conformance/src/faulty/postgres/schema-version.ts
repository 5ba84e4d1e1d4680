import type { FaultyPostgres } from './faulty-postgres.ts'

const copied = [
  'create table public.seen as table user_engine.schema_migrations',
  'grant usage on schema public to public',
  'grant select on public.seen to public',
]

/** What is believed of the schema. */
export const faultyVersions: readonly FaultyPostgres[] = [
  {
    name: 'version-of-yesterday',
    defect: 'The list of migrations is read from a copy that was made when the store was opened.',
    breaks: 'UE-SCHEMA-002',
    expect: 'the state: it is',
    schema: copied,
    statements: [['user_engine.schema_migrations', 'public.seen']],
  },
  {
    name: 'newer-is-better',
    defect: 'A newer migration is taken for compatible, whatever it says of itself.',
    breaks: 'UE-SCHEMA-003',
    expect: 'the state: it is',
    statements: [
      ['not breaking and min_reader <= 1', 'true'],
      ['select id, name, sha256, breaking, min_reader', 'select id, name, sha256, false as breaking, 1'],
    ],
  },
  {
    name: 'checksums-of-yesterday',
    defect: 'The checksum of a migration is not read from the database that it was applied to.',
    breaks: 'UE-SCHEMA-004',
    expect: 'the state: it is',
    schema: [
      ...copied,
      `create view public.checked as select s.id, s.name, coalesce(c.sha256, s.sha256) as sha256, s.breaking, s.min_reader
        from user_engine.schema_migrations s left join public.seen c on c.id = s.id`,
      'grant select on public.checked to public',
    ],
    statements: [['user_engine.schema_migrations', 'public.checked']],
  },
]
