import { area } from './requirement.ts'

export const TENANT = area(
  'Tenants kept apart',
  'Every row lives in one scope: a tenant, or the directory that all tenants share. A transaction is opened in a scope ' +
    'and sees that scope. Nothing in the port can name all tenants at once, and a row of another scope looks exactly ' +
    'like a row that was never written.',
  { profile: 'store-core', topic: 'tenant context', entities: ['tenants'] },
  {
    'UE-TENANT-001': {
      title: 'A read outside of the scope finds nothing',
      statement:
        'A read in a scope MUST answer for a row of another scope exactly as if that row did not exist: in finds, lists, ' +
        'counts, timelines and pending events alike.',
      rationale: 'One forgotten predicate shows one customer the people of another.',
      entities: ['tenants', 'all records'],
    },
    'UE-TENANT-002': {
      title: 'A write outside of the scope is refused',
      statement:
        'A write whose record lives outside of what its scope may write MUST fail with TENANT_BOUNDARY, and its transaction ' +
        'MUST keep nothing.',
      rationale: 'A write that is moved or dropped in silence is found by a customer, weeks later.',
      entities: ['tenants', 'all records'],
    },
    'UE-TENANT-003': {
      title: 'No scope, no transaction',
      statement:
        'A transaction without a usable scope (absent, empty, malformed, nil, or of an unknown kind) MUST fail with ' +
        'SCOPE_MISSING before its work is called.',
      rationale: 'A lost context must fail closed; read as "all tenants" it is the worst of all defects.',
    },
    'UE-TENANT-004': {
      title: 'Users and accounts live in the directory',
      statement:
        'A tenant scope MUST NOT find, list or count a user or an account, that of its own members included. A directory ' +
        'scope MUST find them, whether or not a tenant is bound beside it.',
      rationale:
        'A tenant knows people by its own tenant accounts alone; the person behind is not its to enumerate.',
      entities: ['users', 'accounts'],
    },
    'UE-TENANT-005': {
      title: 'A tenant sees its own reference, and only that',
      statement:
        'A tenant scope MUST find and list its own tenant record and no other, MUST be able to guard it, and MUST be ' +
        'refused with TENANT_BOUNDARY when it inserts or updates one.',
      rationale: 'A tenant that could change its own state could end its own suspension.',
    },
    'UE-TENANT-006': {
      title: 'External references of tenants are unique',
      statement:
        'Of two tenants with the same external reference the second MUST fail with CONFLICT `tenant_external_ref`; any ' +
        'number of tenants MAY have none.',
      rationale: 'The reference is how the platform finds its tenant again: it must name one.',
      topic: 'constraints',
    },
    'UE-TENANT-007': {
      title: 'One account for each user in a tenant',
      statement:
        'A second tenant account of a user in the same tenant MUST fail with CONFLICT `tenant_account_user`; the same user ' +
        'MAY have one in each other tenant.',
      rationale: 'Two accounts for one person mean two states, and suspending one leaves the other open.',
      topic: 'constraints',
      entities: ['tenant accounts'],
    },
    'UE-TENANT-008': {
      title: 'External ids are unique in a tenant',
      statement:
        'A second tenant account with the same external id in the same tenant MUST fail with CONFLICT ' +
        '`tenant_account_external_id`; any number of accounts MAY have none.',
      rationale: 'The external id is the key by which the tenant provisions: it must name one account.',
      topic: 'constraints',
      entities: ['tenant accounts'],
    },
    'UE-TENANT-009': {
      title: 'What another tenant uses is free',
      statement:
        'Ids, unique values and idempotency keys that are taken in one tenant MUST be free in every other: no answer in ' +
        'one tenant MUST depend on what is stored in another.',
      rationale: 'A conflict with an invisible row tells one customer whom another one employs.',
      topic: 'constraints',
      entities: ['tenant accounts', 'all records'],
    },
    'UE-TENANT-010': {
      title: 'A scope ends with its transaction',
      statement:
        'A transaction MUST see its own scope alone, whatever ran before it or runs beside it on the same store: after ' +
        'a commit, after a failure, and with many tenants at once.',
      rationale: 'The scope of a pooled connection that outlives its transaction is the classic leak.',
      profile: 'store-concurrent',
      proof: 'race',
      entities: ['all records'],
    },
  },
)
