import {
  isUuid,
  type AttributeCatalog,
  type AttributeCatalogQuery,
  type AttributeCatalogRepository,
} from '@user-engine/store'
import { sql } from 'kysely'

import { db } from './database.ts'
import { readPage, type Access } from './reads.ts'
import { createRepository, first } from './repository.ts'
import { inScopesOrPublished, ownFirst, template, type Template } from './template.ts'

export const attributeCatalogColumns = [
  'scope_id as scopeId',
  'id',
  'layer',
  'owner_id as ownerId',
  'key',
  'catalog_version as catalogVersion',
  'state',
  'definitions',
  'version',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const

const find = template<'scopes' | 'id'>((parameter) =>
  db
    .selectFrom('attribute_catalogs')
    .select(attributeCatalogColumns)
    .where(inScopesOrPublished(parameter('scopes')))
    .where('id', '=', parameter('id'))
    .orderBy(ownFirst(parameter('scopes'))),
)

type KeyName = 'scopes' | 'scopeId' | 'ownerId' | 'key'

const ofKey = (parameter: <Value = never>(name: KeyName) => Value) =>
  db
    .selectFrom('attribute_catalogs')
    .select(attributeCatalogColumns)
    .where('scope_id', '=', parameter('scopeId'))
    .where(inScopesOrPublished(parameter('scopes')))
    .where('owner_id', '=', parameter('ownerId'))
    .where('key', '=', parameter('key'))

const findLatest = template<KeyName>((parameter) =>
  ofKey(parameter).orderBy('catalog_version', 'desc').limit(sql.lit(1)),
)

const findPublished = template<KeyName>((parameter) =>
  ofKey(parameter).where('state', '=', sql.lit('published')),
)

const listByOwner = template<'scopes' | 'of' | 'after' | 'limit'>((parameter) =>
  db
    .selectFrom('attribute_catalogs')
    .select(attributeCatalogColumns)
    .where(inScopesOrPublished(parameter('scopes')))
    .where('owner_id', '=', parameter('of'))
    .where('id', '>', parameter('after'))
    .orderBy('id')
    .limit(parameter<number>('limit')),
)

export function createAttributeCatalogRepository(access: Access): AttributeCatalogRepository {
  const { scopes } = access
  const findBy = (statement: Template<KeyName>, { scopeId, ownerId, key }: AttributeCatalogQuery) =>
    access.call(async () => {
      if (!isUuid(ownerId)) return null
      const rows = await access.read(statement({ scopes, scopeId, ownerId, key }), ['attribute_catalogs'])
      return first<AttributeCatalog>(rows)
    })
  return {
    findLatest: (query) => findBy(findLatest, query),
    findPublished: (query) => findBy(findPublished, query),
    listByOwner: (of, page) =>
      readPage<AttributeCatalog>(access, listByOwner, page, ['attribute_catalogs'], of),
    ...createRepository<AttributeCatalog>('attribute_catalog', access, find),
  }
}
