import { area } from './requirement.ts'

export const APPLICATION = area(
  'Applications and bindings',
  'An application is a program that people sign in to. The directory or a tenant owns it. A binding is a tenant’s use of an ' +
    'application. What the directory offers, every tenant sees, and none of them can change.',
  { profile: 'store-core', topic: 'constraints', entities: ['applications'] },
  {
    'UE-APPLICATION-001': {
      title: 'Client keys are unique for their owner',
      statement:
        'Of two applications of a scope with the same client key the second MUST fail with CONFLICT ' +
        '`application_client_key`, whatever the state of the first.',
      rationale: 'A client key that names two programs signs people in to the wrong one.',
    },
    'UE-APPLICATION-002': {
      title: 'A tenant sees the directory’s applications',
      statement:
        'A tenant scope MUST find and list the directory’s applications, MUST be able to guard them, and MUST be refused ' +
        'with TENANT_BOUNDARY when it writes one.',
      rationale: 'A tenant decides on what it is offered; it must not change the offer for all others.',
      topic: 'tenant context',
    },
    'UE-APPLICATION-003': {
      title: 'A draft of the directory is absent in tenants',
      statement:
        'In a tenant scope an application of the directory that is a draft MUST be answered as if it did not exist: in ' +
        'finds, lists, counts and guards alike.',
      rationale: 'What is not announced yet must not be read from a list.',
      topic: 'tenant context',
    },
    'UE-BINDING-001': {
      title: 'One binding for each application in a tenant',
      statement:
        'A second binding of a tenant to the same application MUST fail with CONFLICT `application_binding_application`, ' +
        'whatever the state of the first.',
      rationale: 'Two bindings have two states, and revoking one leaves the other.',
      entities: ['application bindings'],
    },
  },
)
