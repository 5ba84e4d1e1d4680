import type { FaultyProvider } from './faulty-provider.ts'

/** What is given to a role, and to everybody. */
export const faultyRoles: readonly FaultyProvider[] = [
  {
    name: 'runtime-bypasses-row-security',
    defect: 'The runtime login has BYPASSRLS.',
    breaks: 'UE-PRIVILEGE-001',
    by: 'UE-PRIVILEGE-001/attributes',
    expect: 'runtime has BYPASSRLS',
    disturbs: ['UE-PRIVILEGE-007'],
    sql: ({ role }) => ({
      spoil: `alter role ${role('runtime')} bypassrls`,
      mend: `alter role ${role('runtime')} nobypassrls`,
    }),
  },
  {
    name: 'migrator-is-superuser',
    defect: 'A superuser migrates.',
    breaks: 'UE-PRIVILEGE-001',
    by: 'UE-PRIVILEGE-001/attributes',
    expect: 'migrator has BYPASSRLS, CREATEDB, CREATEROLE, REPLICATION, SUPERUSER',
    disturbs: ['UE-HANDOFF-001'],
    needs: ['provider.migrator'],
    sql: ({ role }) => ({
      spoil: `alter role ${role('migrator')} superuser bypassrls createdb createrole replication`,
      mend: `alter role ${role('migrator')} nosuperuser nobypassrls nocreatedb nocreaterole noreplication`,
    }),
  },
  {
    name: 'relay-makes-databases',
    defect: 'The relay may make databases.',
    breaks: 'UE-PRIVILEGE-001',
    by: 'UE-PRIVILEGE-001/attributes',
    expect: 'relay has CREATEDB',
    sql: ({ role }) => ({
      spoil: `alter role ${role('relay')} createdb`,
      mend: `alter role ${role('relay')} nocreatedb`,
    }),
  },
  {
    name: 'runtime-is-owner',
    defect: 'The runtime login is a member of the owner.',
    breaks: 'UE-PRIVILEGE-001',
    by: 'UE-PRIVILEGE-001/ownership',
    expect: 'runtime owns the schema user_engine, tables of user_engine',
    disturbs: ['UE-HANDOFF-001', 'UE-PRIVILEGE-007'],
    sql: ({ role }) => ({
      spoil: `grant ${role('owner')} to ${role('runtime')}`,
      mend: `revoke ${role('owner')} from ${role('runtime')}`,
    }),
  },
  {
    name: 'relay-becomes-runtime',
    defect: 'The relay can become the runtime.',
    breaks: 'UE-HANDOFF-001',
    by: 'UE-HANDOFF-001/apart',
    expect: 'relay can become runtime',
    sql: ({ role }) => ({
      spoil: `alter role ${role('relay')} noinherit; grant ${role('runtime')} to ${role('relay')}`,
      mend: `revoke ${role('runtime')} from ${role('relay')}; alter role ${role('relay')} inherit`,
    }),
  },
  {
    name: 'denials-not-written',
    defect: 'The login of the denials may not write them.',
    breaks: 'UE-HANDOFF-001',
    by: 'UE-HANDOFF-001/rights',
    expect: 'denials: insert into user_engine.denials',
    sql: ({ role }) => ({
      spoil: `revoke insert on user_engine.denials from ${role('denials')}`,
      mend: `grant insert on user_engine.denials to ${role('denials')}`,
    }),
  },
  {
    name: 'audit-records-changed',
    defect: 'The runtime may change audit records.',
    breaks: 'UE-HANDOFF-001',
    by: 'UE-HANDOFF-001/rights',
    expect: 'runtime: update user_engine.audit_records',
    sql: ({ role }) => ({
      spoil: `grant update on user_engine.audit_records to ${role('runtime')}`,
      mend: `revoke update on user_engine.audit_records from ${role('runtime')}`,
    }),
  },
  {
    name: 'owner-logs-in',
    defect: 'The owner of the schema can log in.',
    breaks: 'UE-OWNERSHIP-001',
    by: 'UE-OWNERSHIP-001/owner',
    expect: 'which can log in',
    sql: ({ role }) => ({
      spoil: `alter role ${role('owner')} login`,
      mend: `alter role ${role('owner')} nologin`,
    }),
  },
  {
    name: 'view-of-somebody-else',
    defect: 'Somebody else has put a view into the schema.',
    breaks: 'UE-OWNERSHIP-001',
    by: 'UE-OWNERSHIP-001/objects',
    expect: 'of somebody else: everybody',
    disturbs: ['UE-PRIVILEGE-007'],
    sql: () => ({
      spoil: 'create view user_engine.everybody as select * from user_engine.users',
      mend: 'drop view user_engine.everybody',
    }),
  },
  {
    name: 'everybody-writes-retention',
    defect: 'Everybody has a right on a table.',
    breaks: 'UE-OWNERSHIP-002',
    by: 'UE-OWNERSHIP-002/grants',
    expect: 'rights on retention to PUBLIC',
    sql: () => ({
      spoil: 'grant insert on user_engine.retention to public',
      mend: 'revoke insert on user_engine.retention from public',
    }),
  },
  {
    name: 'everybody-reads-what-comes',
    defect: 'Everybody has a right on what the owner will make.',
    breaks: 'UE-OWNERSHIP-002',
    by: 'UE-OWNERSHIP-002/grants',
    expect: 'rights on what the owner will make to PUBLIC',
    sql({ role }) {
      const defaults = `alter default privileges for role ${role('owner')} in schema user_engine`
      return {
        spoil: `${defaults} grant select on tables to public`,
        mend: `${defaults} revoke select on tables from public`,
      }
    },
  },
  {
    name: 'everybody-creates-in-public',
    defect: 'Everybody may create in the schema public, where names are looked up.',
    breaks: 'UE-OWNERSHIP-002',
    by: 'UE-OWNERSHIP-002/search-path',
    expect: 'runtime may create in public',
    sql: () => ({
      spoil: 'grant create on schema public to public',
      mend: 'revoke create on schema public from public',
    }),
  },
]
