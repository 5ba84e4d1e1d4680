import { area } from './requirement.ts'

export const IDENTITY = area(
  'External identities',
  'A person signs in with an account at an identity provider. That account is named by issuer and subject and by nothing ' +
    'else; an e-mail address names nobody. What is linked is unique under any concurrency, and what was unlinked stays ' +
    'as history.',
  { profile: 'store-core', topic: 'constraints', entities: ['external identities'] },
  {
    'UE-IDENTITY-001': {
      title: 'A linked identity is unique in its scope',
      statement:
        'Among the linked identities of a scope (issuer, subject) MUST be unique: the second link MUST fail with CONFLICT ' +
        '`external_identity_subject`. Of any number of parallel links exactly one MUST win.',
      rationale: 'Two users behind one sign-in is an account take-over.',
    },
    'UE-IDENTITY-002': {
      title: 'Unlinking frees the subject and keeps the history',
      statement:
        'An unlinked identity MUST stay readable as what it was, MUST NOT be found as linked, and its (issuer, subject) ' +
        'MUST be free to be linked again, to the same user or to another. Linking it back while it is taken MUST fail with ' +
        'CONFLICT `external_identity_subject`.',
      rationale: 'Who could sign in as whom, and when, is the first question after an incident.',
    },
    'UE-IDENTITY-003': {
      title: 'Issuer and subject are compared exactly',
      statement:
        'Issuer and subject MUST be compared code point by code point: case, normal form, white space and invisible ' +
        'characters tell subjects apart. A subject MUST come back as it was given.',
      rationale: 'A store that folds case or normal forms lets one subject sign in as another.',
    },
    'UE-IDENTITY-004': {
      title: 'One account for each user',
      statement: 'A second account of a user MUST fail with CONFLICT `account_user`.',
      rationale: 'The account carries the state that closes a person out: there must be no second one.',
      entities: ['accounts'],
    },
    'UE-IDENTITY-005': {
      title: 'A sign-in is resolved in one read',
      statement:
        'resolve MUST answer the linked identity with its user, its account, the bound tenant and the tenant account of ' +
        'the user in it, each as the scope sees it, and all of one moment; a part that does not exist MUST be null. Without ' +
        'the profile it MUST answer the same but for catalogs and values, of which there MUST be none.',
      rationale:
        'A decision put together from several moments can let in a person whom each moment would refuse.',
      topic: 'query behaviour',
    },
    'UE-IDENTITY-006': {
      title: 'All identities of a user are listed',
      statement:
        'listByUser MUST answer the identities of the user that the scope sees, linked and unlinked, in order of id.',
      rationale: 'What a list leaves out, nobody unlinks.',
      topic: 'query behaviour',
    },
    'UE-IDENTITY-007': {
      title: 'A sign-in is answered to whoever asked',
      statement:
        'Of sign-ins that are asked for at the same moment, in one scope or in several, each MUST be answered as if it had ' +
        'been asked alone.',
      rationale:
        'A store that looks many up at once, and hands an answer to the wrong one of them, has let somebody in as somebody else.',
      profile: 'store-concurrent',
      proof: 'race',
      topic: 'query behaviour',
    },
  },
)
