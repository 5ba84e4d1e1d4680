import type { FaultyPostgres } from './faulty-postgres.ts'

/** A constraint that is looked at when a row is inserted, and never again. */
const onInsert = (table: string, constraint: string, broken: string, violation: string) => [
  `alter table user_engine.${table} drop constraint ${constraint}`,
  `create function public.spoil() returns trigger language plpgsql security definer as $$ begin
    if ${broken} then raise ${violation} using constraint = '${constraint}'; end if; return null; end $$`,
  `create constraint trigger spoil after insert on user_engine.${table} for each row execute function public.spoil()`,
]
const missing = (parent: string, column: string) =>
  `not exists (select from user_engine.${parent} p where p.scope_id = new.scope_id and p.id = new.${column})`

/** Keys that take some texts or owners for one, and references that hold for some writes. */
export const faultyKeys: readonly FaultyPostgres[] = [
  {
    name: 'client-keys-in-lower-case',
    defect: 'The unique key of applications is of the client key in lower case.',
    breaks: 'UE-APPLICATION-001',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    by: 'UE-APPLICATION-001/beside-each-other',
    schema: [
      'alter table user_engine.applications drop constraint application_client_key',
      'create unique index application_client_key on user_engine.applications (scope_id, lower(client_key))',
    ],
  },
  {
    name: 'subjects-by-their-beginning',
    defect: 'The unique key of identities is of the first 200 characters of the subject.',
    breaks: 'UE-IDENTITY-001',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    by: 'UE-IDENTITY-001/beside-each-other',
    schema: [
      'drop index user_engine.external_identity_subject',
      `create unique index external_identity_subject
        on user_engine.external_identities (scope_id, issuer, left(subject, 200)) where state = 'linked'`,
    ],
  },
  {
    name: 'unique-values-of-any-owner',
    defect: 'The key of unique values was made without the owner.',
    breaks: 'UE-PROFILE-002',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    by: 'UE-PROFILE-002/separate',
    schema: [
      'drop index user_engine.profile_value_unique',
      `create unique index profile_value_unique
        on user_engine.profile_values (scope_id, attribute, unique_key) where unique_key is not null`,
    ],
  },
  {
    name: 'attribute-and-value-in-one',
    defect: 'The key of unique values is of attribute and value with a bar between them.',
    breaks: 'UE-PROFILE-002',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    by: 'UE-PROFILE-002/boundary',
    schema: [
      'drop index user_engine.profile_value_unique',
      `create unique index profile_value_unique on user_engine.profile_values
        (scope_id, owner_id, (attribute || '|' || unique_key)) where unique_key is not null`,
    ],
  },
  {
    name: 'attributes-across-tenants',
    defect: 'The unique key of values was made without the tenant: two that use one application meet in it.',
    breaks: 'UE-PROFILE-001',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    by: 'UE-PROFILE-001/separate',
    schema: [
      'alter table user_engine.profile_values drop constraint profile_value_attribute',
      `create unique index profile_value_attribute
        on user_engine.profile_values (user_id, owner_id, attribute)`,
    ],
  },
  {
    name: 'key-and-version-in-one',
    defect: 'The unique key of catalogs is of key and version, one behind the other.',
    breaks: 'UE-CATALOG-001',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    by: 'UE-CATALOG-001/boundary',
    schema: [
      'alter table user_engine.attribute_catalogs drop constraint attribute_catalog_version',
      `create unique index attribute_catalog_version
        on user_engine.attribute_catalogs (scope_id, owner_id, (key || catalog_version))`,
    ],
  },
  {
    name: 'catalogs-of-any-owner',
    defect: 'The unique key of published catalogs was made without the owner.',
    breaks: 'UE-CATALOG-002',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    by: 'UE-CATALOG-002/separate',
    schema: [
      'drop index user_engine.attribute_catalog_published',
      `create unique index attribute_catalog_published
        on user_engine.attribute_catalogs (scope_id, key) where state = 'published'`,
    ],
  },
  {
    name: 'members-moved-to-nothing',
    defect: 'The group of a membership is looked for when that is inserted, and not when it is moved.',
    breaks: 'UE-MEMBERSHIP-002',
    expect: 'a membership of an absent group, moved resolved',
    by: 'UE-MEMBERSHIP-002/absent',
    schema: onInsert(
      'memberships',
      'membership_group_reference',
      missing('groups', 'group_id'),
      'foreign_key_violation',
    ),
  },
  {
    name: 'accounts-given-to-nobody',
    defect:
      'The user of an account is looked for when that is inserted, and not when it is given to another.',
    breaks: 'UE-RECORD-003',
    expect: 'an account that is given to no user resolved',
    by: 'UE-RECORD-003/absent-user',
    schema: onInsert(
      'accounts',
      'account_user_reference',
      missing('users', 'user_id'),
      'foreign_key_violation',
    ),
  },
  {
    name: 'bindings-moved-onto-others',
    defect:
      'Whether an application is bound already is looked at when a binding is inserted, and not when it is moved.',
    breaks: 'UE-BINDING-001',
    expect:
      'an update to the second of two bindings to one application, of which the first is requested, resolved',
    by: 'UE-BINDING-001/second',
    schema: onInsert(
      'application_bindings',
      'application_binding_application',
      `exists (select from user_engine.application_bindings o
        where o.id <> new.id and o.scope_id = new.scope_id and o.application_id = new.application_id)`,
      'unique_violation',
    ),
  },
]
