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

import { accountColumns } from './accounts.ts'
import { db } from './database.ts'
import { groupColumns } from './groups.ts'
import { jsonRecord } from './json-records.ts'
import { columnsOfPart } from './joined-rows.ts'
import { membershipColumns } from './memberships.ts'
import {
  FACTS_TABLES,
  factsColumns,
  factsOf,
  factsValues,
  place,
  PLACE_TABLES,
  placeColumns,
  type FactsName,
  type FactsRow,
} from './profile-facts.ts'
import { question } from './questions.ts'
import { readPage, type Access } from './reads.ts'
import { createRepository, first } from './repository.ts'
import { inScopes, template } from './template.ts'
import { tenantAccountColumns } from './tenant-accounts.ts'
import { tenantColumns } from './tenants.ts'
import { userColumns } from './users.ts'

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

const PARTS = [
  ...columnsOfPart('identity', 'i', identityColumns),
  ...columnsOfPart('user', 'u', userColumns),
  ...columnsOfPart('account', 'a', accountColumns),
  ...columnsOfPart('tenant', 't', tenantColumns),
  ...columnsOfPart('tenantAccount', 'ta', tenantAccountColumns),
]

const MEMBERSHIP = jsonRecord<Membership>(membershipColumns)
const GROUP = jsonRecord<Group>(groupColumns)

const memberships = (tenantId: unknown) =>
  sql`(
    select coalesce(json_agg(json_build_array(${MEMBERSHIP.from('r')}, ${GROUP.from('g')}) order by r.id), '[]')
    from user_engine.memberships r
    join user_engine.groups g on g.scope_id = r.scope_id and g.id = r.group_id and g.state <> 'removed'
    where r.scope_id = ${tenantId}::uuid and r.tenant_account_id = ta.id and r.state <> 'removed'
  )`.as('memberships')

type Parameters = <Value = never>(name: SubjectName | FactsName) => Value

type SignInRow = Omit<SignIn, 'memberships' | 'profile'> &
  FactsRow & { readonly memberships: readonly (readonly [membership: unknown, group: unknown])[] }

/** Always one row: the tenant is told even where nobody has the identity. */
function resolve(
  from: (parameter: Parameters) => ReturnType<typeof place>,
  more: (parameter: Parameters) => readonly AliasedExpression<unknown, string>[],
) {
  return question<SubjectName | FactsName>(
    (parameter) =>
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
        .select([...PARTS, memberships(parameter('tenantId')), ...more(parameter)]),
    ['issuer', 'subject'],
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
        const [row] = (await access.read(statement(values), tables)) as readonly unknown[] as [SignInRow]
        const { identity, user, account, tenant, tenantAccount } = row
        return {
          identity,
          user,
          account,
          tenant,
          tenantAccount,
          memberships: row.memberships.map(([membership, group]) => ({
            membership: MEMBERSHIP.read(membership),
            group: GROUP.read(group),
          })),
          profile: factsOf(row),
        }
      }),
    listByUser: (of, page) =>
      readPage<ExternalIdentity>(access, listByUser, page, ['external_identities'], of),
    ...createRepository<ExternalIdentity>('external_identity', access, find),
  }
}
