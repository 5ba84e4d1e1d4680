import { area } from './requirement.ts'

export const PRIVILEGE = area(
  'Security of the platform',
  'user-engine keeps tenants apart by row level security, which is as strong as the roles are separate.',
  { profile: 'provider-postgres', topic: 'security', entities: [] },
  {
    'UE-PRIVILEGE-001': {
      title: 'No role bypasses row security',
      statement:
        'None of the logins that are handed over MUST be a superuser or have BYPASSRLS, REPLICATION, ' +
        'CREATEROLE or CREATEDB, and none but the migrator MUST own the database, the schema or a table: by ' +
        'itself, or by a role that it is a member of.',
      rationale: 'One attribute switches tenant isolation off, and nothing else shows it.',
      needs: ['provider'],
    },
    'UE-PRIVILEGE-002': {
      title: 'Traffic is encrypted and the server is known',
      statement:
        'Connections MUST use TLS, the certificate MUST be verified against an authority and the host name ' +
        'that the provider hands over, and who asks without encryption MUST be refused.',
      rationale: 'Identities travel over this connection at every sign-in.',
      needs: ['provider'],
    },
    'UE-PRIVILEGE-003': {
      title: 'Known releases only',
      statement:
        'The server MUST run a supported release with the minor version that the adapter asks for, or ' +
        'newer, and MUST be updated within the provider’s stated time.',
      rationale: 'Released versions of Postgres have shown rows that row security hides.',
      needs: ['provider'],
      artefact: 'The patch policy.',
    },
    'UE-PRIVILEGE-004': {
      title: 'Stored data is encrypted',
      statement:
        'Data files, write-ahead log, backups and replicas MUST be encrypted at rest, with keys that the ' +
        'provider can rotate.',
      rationale: 'A lost disk or backup is otherwise a disclosure of every tenant.',
      status: 'provisional',
      proof: 'evidence',
      artefact: 'The description of the encryption, and the record of the last rotation.',
    },
    'UE-PRIVILEGE-005': {
      title: 'Statements are not logged with their values',
      statement:
        'Server logs MUST NOT carry the parameters of statements, and who may read those logs MUST be ' +
        'stated.',
      rationale: 'Subjects and external ids stand in parameters, and logs go elsewhere.',
      status: 'provisional',
      proof: 'evidence',
      artefact:
        'The settings log_statement, log_min_duration_statement, log_parameter_max_length and ' +
        'log_parameter_max_length_on_error, and the access list of the log store.',
    },
    'UE-PRIVILEGE-006': {
      title: 'Network access is limited to those who need it',
      statement: 'Only the application, the migrator and the operator MUST be able to reach the endpoint.',
      rationale: 'A credential that leaks is then not yet an access.',
      status: 'provisional',
      proof: 'evidence',
      artefact: 'The network policy.',
    },
    'UE-PRIVILEGE-007': {
      title: 'Row security holds for who was handed the logins',
      statement:
        'Seen from the runtime login, every table of the schema MUST have row security enabled, forced and ' +
        'by scope: a row of one tenant is neither seen nor changed nor planted from another.',
      rationale: 'A restore, a tool or a hand that leaves it off is noticed by nobody who has one tenant.',
      needs: ['provider', 'provider.migrate'],
    },
  },
)
