import type { FaultyProvider } from './faulty-provider.ts'

/** What roles, databases and servers are set to. */
export const faultySettings: readonly FaultyProvider[] = [
  {
    name: 'role-commits-to-memory',
    defect: 'The role of the runtime has synchronous_commit off.',
    breaks: 'UE-DURABILITY-001',
    by: 'UE-DURABILITY-001/settings',
    expect: 'synchronous_commit is off for runtime, by the source "user"',
    sql: ({ role }) => ({
      spoil: `alter role ${role('runtime')} set synchronous_commit = off`,
      mend: `alter role ${role('runtime')} reset synchronous_commit`,
    }),
  },
  {
    name: 'database-commits-to-memory',
    defect: 'The database has synchronous_commit off.',
    breaks: 'UE-DURABILITY-001',
    by: 'UE-DURABILITY-001/settings',
    expect: 'by the source "database"',
    sql: ({ database }) => ({
      spoil: `alter database ${database} set synchronous_commit = off`,
      mend: `alter database ${database} reset synchronous_commit`,
    }),
  },
  {
    name: 'fsync-off',
    defect: 'The server does not wait for its disk.',
    breaks: 'UE-DURABILITY-001',
    by: 'UE-DURABILITY-001/settings',
    expect: 'fsync is off for runtime',
    server: 'one with fsync = off',
  },
  {
    name: 'no-checksums',
    defect: 'Data pages carry no checksums.',
    breaks: 'UE-DURABILITY-003',
    by: 'UE-DURABILITY-003/checksums',
    expect: 'data_checksums is off',
    server: 'one that initdb made with --no-data-checksums',
  },
  {
    name: 'minimal-log',
    defect: 'The write-ahead log holds too little to restore to any moment.',
    breaks: 'UE-BACKUP-007',
    by: 'UE-BACKUP-007/wal-level',
    expect: 'wal_level is minimal',
    server: 'one with wal_level = minimal and max_wal_senders = 0',
  },
  {
    name: 'plain-let-in',
    defect: 'Who asks without encryption is let in.',
    breaks: 'UE-PRIVILEGE-002',
    by: 'UE-PRIVILEGE-002/plain-refused',
    expect: 'without encryption is asked for credentials',
    needs: ['provider.tls'],
    server: 'one with host lines in its pg_hba.conf, beside hostssl',
  },
  {
    name: 'known-holes',
    defect: 'The server is a release whose holes are known.',
    breaks: 'UE-PRIVILEGE-003',
    by: 'UE-PRIVILEGE-003/server-version',
    expect: 'the server is 17.2',
    server: 'Postgres 17.2',
  },
  {
    name: 'ascii-database',
    defect: 'The database counts bytes, and not characters.',
    breaks: 'UE-HANDOFF-005',
    by: 'UE-HANDOFF-005/encoding',
    expect: 'the encoding is SQL_ASCII',
    server: 'a database made with TEMPLATE template0 ENCODING SQL_ASCII',
  },
  {
    name: 'collation-of-another-version',
    defect: 'Indexes were built by another version of the collation.',
    breaks: 'UE-HANDOFF-005',
    by: 'UE-HANDOFF-005/collation-version',
    expect: 'of another version than the database was made with',
    sql: () => ({
      spoil: `update pg_catalog.pg_database set datcollversion = '2.27' where datname = current_database()`,
      mend:
        'update pg_catalog.pg_database set datcollversion = pg_database_collation_actual_version(oid) ' +
        'where datname = current_database()',
    }),
  },
  {
    name: 'endless-statements',
    defect: 'A login has no timeout of statements.',
    breaks: 'UE-HANDOFF-006',
    by: 'UE-HANDOFF-006/set',
    expect: 'statement_timeout of relay is not set',
    sql: ({ role }) => ({
      spoil: `alter role ${role('relay')} reset statement_timeout`,
      mend: `alter role ${role('relay')} set statement_timeout = '10s'`,
    }),
  },
  {
    name: 'too-few-connections',
    defect: 'The role of the runtime admits one connection.',
    breaks: 'UE-HANDOFF-003',
    by: 'UE-HANDOFF-003/budget',
    expect: 'the role of runtime admits 1 of',
    sql: ({ role }) => ({
      spoil: `alter role ${role('runtime')} connection limit 1`,
      mend: `alter role ${role('runtime')} connection limit -1`,
    }),
  },
]
