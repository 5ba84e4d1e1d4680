import {
  isUuid,
  type ProfileCatalog,
  type ProfileValue,
  type ProfileValueRepository,
} from '@user-engine/store'
import { sql } from 'kysely'

import { db } from './database.ts'
import {
  catalogsInForce,
  FACTS_TABLES,
  factsColumns,
  factsOf,
  factsValues,
  place,
  placeColumns,
  profileValueColumns,
  type FactsName,
} from './profile-facts.ts'
import { readPage, type Access } from './reads.ts'
import { createRepository } from './repository.ts'
import { inScopes, ownFirst, template } from './template.ts'

const find = template<'scopes' | 'id'>((parameter) =>
  db
    .selectFrom('profile_values')
    .select(profileValueColumns)
    .where(inScopes(parameter('scopes')))
    .where('id', '=', parameter('id'))
    .orderBy(ownFirst(parameter('scopes'))),
)

const facts = template<FactsName | 'userId'>((parameter) =>
  db
    .selectFrom(place(parameter))
    .select([...placeColumns, ...factsColumns(parameter, sql`${parameter('userId')}::uuid`)]),
)

const findByOwner = template<'scopes' | 'userId' | 'ownerId' | 'attributes'>((parameter) =>
  db
    .selectFrom('profile_values')
    .select(profileValueColumns)
    .where(inScopes(parameter('scopes')))
    .where('user_id', '=', parameter('userId'))
    .where('owner_id', '=', parameter('ownerId'))
    .where(sql<boolean>`attribute = any(${parameter('attributes')}::text[])`)
    .orderBy('id'),
)

const listByUser = template<'scopes' | 'of' | 'after' | 'limit'>((parameter) =>
  db
    .selectFrom('profile_values')
    .select(profileValueColumns)
    .where(inScopes(parameter('scopes')))
    .where('user_id', '=', parameter('of'))
    .where('id', '>', parameter('after'))
    .orderBy('id')
    .limit(parameter<number>('limit')),
)

const uuidOrNull = (id: string | null) => (isUuid(id) ? id : null)

export function createProfileValueRepository(access: Access): ProfileValueRepository {
  return {
    facts: (query) =>
      access.call(async () => {
        const userId = uuidOrNull(query.userId)
        const values = factsValues(access, query)
        if (userId === null && values.applicationId === null) {
          const rows = await access.read(catalogsInForce(values), ['attribute_catalogs'])
          const catalogs = rows as readonly unknown[] as readonly ProfileCatalog[]
          return { ...factsOf({}), catalogs: catalogs.toSorted((a, b) => (a.id < b.id ? -1 : 1)) }
        }
        const [row] = await access.read(facts({ ...values, userId }), FACTS_TABLES)
        return factsOf(row ?? {})
      }),
    findByOwner: (userId, ownerId, attributes) =>
      access.call(async () => {
        const of = { userId: uuidOrNull(userId), ownerId: uuidOrNull(ownerId) }
        const values = { scopes: access.scopes, ...of, attributes: [...attributes] }
        const rows = await access.read(findByOwner(values), ['profile_values'])
        return rows as readonly unknown[] as readonly ProfileValue[]
      }),
    listByUser: (of, page) => readPage<ProfileValue>(access, listByUser, page, ['profile_values'], of),
    ...createRepository<ProfileValue>('profile_value', access, find),
  }
}
