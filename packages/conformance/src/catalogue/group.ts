import { area } from './requirement.ts'

export const GROUP = area(
  'Groups and memberships',
  'A tenant puts its people into groups. Who is in a group is a membership: it joins a tenant account to a group and carries ' +
    'references to roles, which nobody here reads. Groups and memberships that were removed stay as history.',
  { profile: 'store-core', topic: 'constraints', entities: ['groups'] },
  {
    'UE-GROUP-001': {
      title: 'Group keys are unique in a tenant',
      statement:
        'Among the groups of a tenant that are not removed the key MUST be unique: the second MUST fail with CONFLICT ' +
        '`group_key`. Of any number of parallel inserts exactly one MUST win.',
      rationale: 'A role that is granted to a group by its key must reach one group.',
    },
    'UE-GROUP-002': {
      title: 'A removed group frees its key and stays',
      statement:
        'A removed group MUST stay readable by its id, MUST NOT be found by its key, and its key MUST be free to be used ' +
        'again in its tenant.',
      rationale: 'Who was in which group is asked after an incident, when the group is long gone.',
    },
    'UE-MEMBERSHIP-001': {
      title: 'One membership for each account in a group',
      statement:
        'A second membership of a tenant account in the same group MUST fail with CONFLICT `membership_member`, whatever ' +
        'the state of the first.',
      rationale: 'Two memberships have two states, and removing one leaves the rights of the other.',
      entities: ['memberships'],
    },
    'UE-MEMBERSHIP-002': {
      title: 'A membership joins what exists',
      statement:
        'A membership whose group or whose tenant account does not exist in its tenant MUST fail with CONFLICT `reference`.',
      rationale: 'A membership of another tenant’s group would let one customer grant the rights of another.',
      entities: ['memberships'],
    },
    'UE-MEMBERSHIP-003': {
      title: 'A sign-in reads the memberships that are left',
      statement:
        'resolve MUST answer the memberships of the tenant account that are not removed, with their groups where those are ' +
        'not removed, suspended ones included, in order of the membership’s id, and no other.',
      rationale:
        'A membership that is left out denies a person their work; one that is left in keeps rights that ended.',
      topic: 'query behaviour',
      entities: ['memberships'],
    },
  },
)
