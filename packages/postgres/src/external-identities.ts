import {
  DIRECTORY,
  type ExternalIdentity,
  type ExternalIdentityRepository,
  type Group,
  type Membership,
  type SignIn,
  type SignInQuery,
} from '@user-engine/store'
import { sql, type AliasedExpression } from 'kysely'

import { db } from './database.ts'
import { groupColumns } from './groups.ts'
import { membershipColumns } from './memberships.ts'
import {
  FACTS_TABLES,
  factsColumns,
  factsOf,
  factsValues,
  jsonOf,
  place,
  PLACE_TABLES,
  placeColumns,
  revived,
  type FactsName,
} from './profile-facts.ts'
import { readPage, type Access } from './reads.ts'
import { createRepository, first } from './repository.ts'
import { inScopes, template } from './template.ts'

const identityColumns = [
  'scope_id as scopeId',
  'id',
  'user_id as userId',
  'issuer',
  'subject',
  'state',
  'version',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const

const find = template<'scopes' | 'id'>((parameter) =>
  db
    .selectFrom('external_identities')
    .select(identityColumns)
    .where(inScopes(parameter('scopes')))
    .where('id', '=', parameter('id')),
)

/** Its scope is one that the transaction sees: the caller has looked. */
type SubjectName = 'scopeId' | 'issuer' | 'subject'

const findLinked = template<SubjectName>((parameter) =>
  db
    .selectFrom('external_identities')
    .select(identityColumns)
    .where('scope_id', '=', parameter('scopeId'))
    .where('issuer', '=', parameter('issuer'))
    .where('subject', '=', parameter('subject'))
    .where('state', '=', sql.lit('linked')),
)

const listByUser = template<'scopes' | 'of' | 'after' | 'limit'>((parameter) =>
  db
    .selectFrom('external_identities')
    .select(identityColumns)
    .where(inScopes(parameter('scopes')))
    .where('user_id', '=', parameter('of'))
    .where('id', '>', parameter('after'))
    .orderBy('id')
    .limit(parameter<number>('limit')),
)

/** A row of one table as the columns of a wider one: `prefix` before each name. */
function columnsOf<Alias extends string>(alias: Alias, names: readonly string[]) {
  return names.map((name) => sql`${sql.ref(`${alias}.${name}`)}`.as(`${alias}_${name}`))
}

const BASE = ['scope_id', 'id', 'state', 'version', 'created_at', 'updated_at']
const PARTS = {
  i: [...BASE, 'user_id', 'issuer', 'subject'],
  u: [...BASE, 'kind'],
  a: [...BASE, 'user_id'],
  t: [...BASE, 'external_ref'],
  ta: [...BASE, 'user_id', 'external_id', 'origin'],
} as const

/** Each column of a part, and the field of the record that it is. */
const fieldsOf = (alias: keyof typeof PARTS) =>
  PARTS[alias].map((name) => {
    const field = name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())
    return [`${alias}_${name}`, field] as const
  })
const FIELDS = {
  i: fieldsOf('i'),
  u: fieldsOf('u'),
  a: fieldsOf('a'),
  t: fieldsOf('t'),
  ta: fieldsOf('ta'),
}

const memberships = (tenantId: unknown) =>
  sql`(
    select coalesce(json_agg(json_build_object(
      'membership', ${jsonOf(membershipColumns, 'r')}, 'group', ${jsonOf(groupColumns, 'g')}
    ) order by r.id), '[]')
    from user_engine.memberships r
    join user_engine.groups g on g.scope_id = r.scope_id and g.id = r.group_id and g.state <> 'removed'
    where r.scope_id = ${tenantId}::uuid and r.tenant_account_id = ta.id and r.state <> 'removed'
  )`.as('memberships')

type Parameters = <Value = never>(name: SubjectName | FactsName) => Value

/** Always one row: the tenant is told even where nobody has the identity. */
function resolve(
  from: (parameter: Parameters) => ReturnType<typeof place>,
  more: (parameter: Parameters) => readonly AliasedExpression<unknown, string>[],
) {
  return template<SubjectName | FactsName>((parameter) =>
    db
      .selectFrom(from(parameter))
      .leftJoin('external_identities as i', (join) =>
        join
          .on('i.scope_id', '=', parameter('scopeId'))
          .on('i.issuer', '=', parameter('issuer'))
          .on('i.subject', '=', parameter('subject'))
          .on('i.state', '=', sql.lit('linked')),
      )
      .leftJoin('users as u', (join) =>
        join.on('u.scope_id', '=', sql.lit(DIRECTORY)).onRef('u.id', '=', 'i.user_id'),
      )
      .leftJoin('accounts as a', (join) =>
        join.on('a.scope_id', '=', sql.lit(DIRECTORY)).onRef('a.user_id', '=', 'i.user_id'),
      )
      .leftJoin('tenants as t', (join) =>
        join.on('t.scope_id', '=', sql.lit(DIRECTORY)).on('t.id', '=', parameter('tenantId')),
      )
      .leftJoin('tenant_accounts as ta', (join) =>
        join.on('ta.scope_id', '=', parameter('tenantId')).onRef('ta.user_id', '=', 'i.user_id'),
      )
      .select([
        ...columnsOf('i', PARTS.i),
        ...columnsOf('u', PARTS.u),
        ...columnsOf('a', PARTS.a),
        ...columnsOf('t', PARTS.t),
        ...columnsOf('ta', PARTS.ta),
        memberships(parameter('tenantId')),
        ...more(parameter),
      ]),
  )
}

const resolvePeople = resolve(
  () => sql`(select)`.as('place'),
  () => [],
)
const resolveInApplication = resolve(place, () => placeColumns)
const resolveWithProfile = resolve(place, (parameter) => [
  ...placeColumns,
  ...factsColumns(parameter, sql.ref('i.user_id')),
])

const PEOPLE_TABLES = [
  'external_identities',
  'users',
  'accounts',
  'tenants',
  'tenant_accounts',
  'groups',
  'memberships',
] as const
const APPLICATION_TABLES = [...PEOPLE_TABLES, ...PLACE_TABLES] as const
const PROFILE_TABLES = [...PEOPLE_TABLES, ...FACTS_TABLES] as const

/** Each asks for no more than is answered: what is not asked for would be planned and looked for all the same. */
function statementFor({ withProfile, applicationId }: SignInQuery) {
  if (withProfile) return { statement: resolveWithProfile, tables: PROFILE_TABLES }
  if (applicationId !== null) return { statement: resolveInApplication, tables: APPLICATION_TABLES }
  return { statement: resolvePeople, tables: PEOPLE_TABLES }
}

function part<Record>(
  row: Readonly<globalThis.Record<string, unknown>>,
  alias: keyof typeof PARTS,
): Record | null {
  if (row[`${alias}_id`] === null) return null
  const record: globalThis.Record<string, unknown> = {}
  for (const [column, field] of FIELDS[alias]) record[field] = row[column]
  return record as Record
}

export function createExternalIdentityRepository(access: Access): ExternalIdentityRepository {
  const { scopes } = access
  return {
    findLinked: ({ scopeId, issuer, subject }) =>
      access.call(async () => {
        if (!scopes.includes(scopeId)) return null
        const statement = findLinked({ scopeId, issuer, subject })
        return first<ExternalIdentity>(await access.read(statement, ['external_identities']))
      }),
    resolve: (query) =>
      access.call(async (): Promise<SignIn> => {
        const { scopeId, issuer, subject } = query
        const seen = scopes.includes(scopeId) ? scopeId : null
        const { statement, tables } = statementFor(query)
        const values = { ...factsValues(access, query), scopeId: seen, issuer, subject }
        const [row = {}] = await access.read(statement(values), tables)
        return {
          identity: part(row, 'i'),
          user: part(row, 'u'),
          account: part(row, 'a'),
          tenant: part(row, 't'),
          tenantAccount: part(row, 'ta'),
          memberships: (row['memberships'] as readonly { membership: unknown; group: unknown }[]).map(
            ({ membership, group }) => ({
              membership: revived<Membership>(membership) as Membership,
              group: revived<Group>(group) as Group,
            }),
          ),
          profile: factsOf(row),
        }
      }),
    listByUser: (of, page) =>
      readPage<ExternalIdentity>(access, listByUser, page, ['external_identities'], of),
    ...createRepository<ExternalIdentity>('external_identity', access, find),
  }
}
