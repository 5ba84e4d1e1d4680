import { area } from './requirement.ts'

export const CATALOG = area(
  'Attribute catalogs and profile values',
  'A catalog says which attributes a layer (the platform, a tenant, an application) has of a person, in versions. A value is ' +
    'what one owner knows of one attribute of one user. Both are JSON to the store: it keeps them, and never looks inside.',
  { profile: 'store-core', topic: 'constraints', entities: ['attribute catalogs'] },
  {
    'UE-CATALOG-001': {
      title: 'Versions of a catalog are unique',
      statement:
        'Of two catalogs of an owner with the same key and catalog version the second MUST fail with CONFLICT ' +
        '`attribute_catalog_version`.',
      rationale: 'A value names the version that it was written under: that must be one.',
    },
    'UE-CATALOG-002': {
      title: 'One version is published at a time',
      statement:
        'Of two published catalogs of an owner with the same key the second MUST fail with CONFLICT ' +
        '`attribute_catalog_published`, under any concurrency.',
      rationale: 'Two versions in force validate the same write differently.',
    },
    'UE-CATALOG-003': {
      title: 'A tenant sees the directory’s catalogs',
      statement:
        'A tenant scope MUST find and list the directory’s catalogs, MUST be able to guard them, and MUST be refused with ' +
        'TENANT_BOUNDARY when it writes one.',
      rationale:
        'A tenant resolves profiles by the platform’s definitions; it must not change them for all others.',
      topic: 'tenant context',
    },
    'UE-CATALOG-004': {
      title: 'A draft of the directory is absent in tenants',
      statement:
        'In a tenant scope a catalog of the directory that is a draft MUST be answered as if it did not exist: in finds, ' +
        'lists, counts and guards alike.',
      rationale: 'Definitions that are not in force must not be taken for those that are.',
      topic: 'tenant context',
    },
    'UE-CATALOG-005': {
      title: 'A catalog is found by scope, owner and key',
      statement:
        'findLatest MUST answer the highest catalog version of the scope, owner and key that are asked for, whatever its ' +
        'state and whichever was written last; findPublished MUST answer the one that is published. Both MUST answer null ' +
        'where there is none.',
      rationale:
        'The next version is decided on the latest: on another one it is refused, or takes the wrong place.',
      topic: 'query behaviour',
    },
    'UE-PROFILE-001': {
      title: 'One value for each attribute',
      statement:
        'A second value of a user, an owner and an attribute MUST fail with CONFLICT `profile_value_attribute`, whatever ' +
        'the state of the first.',
      rationale: 'Of two values nobody can say which one holds.',
      entities: ['profile values'],
    },
    'UE-PROFILE-002': {
      title: 'Unique values are unique',
      statement:
        'Where a value has a unique key, a second value of the same scope, owner and attribute with that key MUST fail with ' +
        'CONFLICT `profile_value_unique`; any number of values MAY have none. Of any number of parallel writes exactly one ' +
        'MUST win.',
      rationale: 'An employee number that two people have pays one of them twice.',
      entities: ['profile values'],
    },
    'UE-PROFILE-003': {
      title: 'The facts of a profile are one read',
      statement:
        'facts and resolve MUST answer, all of one moment: the application and the bound tenant’s binding to it; of each key ' +
        'of the directory, the tenant and the application, each in its own scope, the highest catalog version that is ' +
        'published or deprecated, and the one that the binding pins where it is either, without state and times; and of each value of the same owners ' +
        'that is set for the user its layer, attribute, value, source and catalog, as far as the scope sees it and the ' +
        'application, whatever the state of the application and the binding. Definitions of catalogs that the caller knows ' +
        'MUST be null. Catalogs and values MUST be in order of their ids.',
      rationale: 'A profile put together from several moments shows values under rules that they never met.',
      topic: 'query behaviour',
      entities: ['profile values'],
    },
    'UE-PROFILE-004': {
      title: 'Values come back as they were given',
      statement:
        'The JSON of a definition or a value MUST be read back equal to what was written, but for the order of names in an ' +
        'object: texts by code point, numbers to the last digit, nested, empty, and of up to 1 MiB.',
      rationale: 'A value that changes on its way is a person’s data falsified.',
      topic: 'query behaviour',
      entities: ['profile values', 'attribute catalogs'],
    },
    'UE-PROFILE-005': {
      title: 'A write sees all that one owner knows of what it writes',
      statement:
        'findByOwner MUST answer each value of the user, the owner and the attributes that the scope sees, whole, whether it is ' +
        'set or cleared, and no other; in order of id.',
      rationale: 'Who is not shown what was cleared writes it a second time, and is refused.',
      topic: 'query behaviour',
      entities: ['profile values'],
    },
  },
)
