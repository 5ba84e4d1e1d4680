import {
  DIRECTORY,
  isUuid,
  type ProfileCatalog,
  type ProfileEntry,
  type ProfileFacts,
  type ProfileQuery,
  type ScopeId,
} from '@user-engine/store'
import { sql, type RawBuilder } from 'kysely'

import { applicationBindingColumns } from './application-bindings.ts'
import { applicationColumns } from './applications.ts'
import { jsonRecord } from './json-records.ts'
import { columnsOfPart, columnsOfPartIn } from './joined-rows.ts'
import type { Access, TableName } from './reads.ts'
import { asCompilable, inScopesOrPublished, ownFirst, template } from './template.ts'

export const profileValueColumns = [
  'scope_id as scopeId',
  'id',
  'user_id as userId',
  'layer',
  'owner_id as ownerId',
  'attribute',
  'value',
  'state',
  'source',
  'catalog_id as catalogId',
  'unique_key as uniqueKey',
  'version',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const

/** Of a catalog, what a profile is made and judged by. */
const catalogColumns = [
  'scope_id as scopeId',
  'id',
  'version',
  'layer',
  'owner_id as ownerId',
  'key',
  'catalog_version as catalogVersion',
  'definitions',
] as const

const CATALOG = jsonRecord<ProfileCatalog>(catalogColumns)

/** Of a value, what a profile is made of. */
const entryColumns = ['layer', 'attribute', 'value', 'source', 'catalog_id as catalogId'] as const

const USABLE = sql`state in ('published', 'deprecated')`

export type FactsName = 'scopes' | 'tenantId' | 'applicationId' | 'knownCatalogIds'

/** What `place` is read from. */
export const PLACE_TABLES = ['applications', 'application_bindings'] as const satisfies readonly TableName[]

/** What the facts of a profile are read from. */
export const FACTS_TABLES = [
  ...PLACE_TABLES,
  'attribute_catalogs',
  'profile_values',
] as const satisfies readonly TableName[]

const directory = sql`${sql.lit(DIRECTORY)}::uuid`

/** What a sign-in asks of an application. */
export const placeColumns = [
  ...columnsOfPartIn('place', 'application', applicationColumns),
  ...columnsOfPartIn('place', 'binding', applicationBindingColumns),
]

/**
 * The facts of the profile of one user as columns of a wider statement: one statement is one look at the database, so
 * that a value is never seen beside a catalog of another moment. It reads them from `place`.
 */
export function factsColumns(
  parameter: <Value = never>(name: FactsName) => Value,
  userId: RawBuilder<unknown>,
) {
  const tenant = sql`${parameter('tenantId')}::uuid`
  const definitions = unknownDefinitions(parameter)
  const owners = sql`(${directory}, ${directory}), (${tenant}, ${tenant}), (place.scope_id, place.owner_id)`
  return [
    sql`(
      select coalesce(json_agg(${CATALOG.from('c', { definitions })} order by c.id), '[]')
      ${inForce(owners, sql`c.id = place.pinned`)}
    )`.as('catalogs'),
    sql`(
      select ${arraysOf(entryColumns, 'p')}
      from user_engine.profile_values p
      where p.scope_id = any(${parameter('scopes')}::uuid[]) and p.user_id = ${userId} and p.state = 'set'
        and (p.scope_id = p.owner_id or (p.scope_id = ${tenant} and p.owner_id = place.owner_id))
    )`.as('values'),
  ]
}

/**
 * Without an application there are catalogs of directory and tenant alone: rows, which are cheaper to make and to read than
 * JSON, in no order.
 */
export const catalogsInForce = template<'tenantId' | 'knownCatalogIds'>((parameter) => {
  const columns = catalogColumns.map((each) => {
    const [column = each, field = column] = each.split(' as ')
    return sql`${column === 'definitions' ? unknownDefinitions(parameter) : sql.ref(`c.${column}`)} as ${sql.ref(field)}`
  })
  return asCompilable(
    sql`select distinct on (c.scope_id, c.key) ${sql.join(columns)}
      from (values (${directory}), (${parameter('tenantId')}::uuid)) as o (id)
      join user_engine.attribute_catalogs c on c.scope_id = o.id and c.owner_id = o.id
      where c.${USABLE} order by c.scope_id, c.key, c.catalog_version desc`,
  )
})

/** Of a catalog that the caller has compiled already they are not read. */
function unknownDefinitions(
  parameter: <Value = never>(name: 'knownCatalogIds') => Value,
): RawBuilder<unknown> {
  return sql`case when c.id = any(${parameter('knownCatalogIds')}::uuid[]) then null else c.definitions end`
}

/** Of each of the owners and each key the latest that is published or deprecated; one that is pinned stays. */
function inForce(owners: RawBuilder<unknown>, pinned: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`from (values ${owners}) as o (scope_id, owner_id)
      join user_engine.attribute_catalogs c on c.scope_id = o.scope_id and c.owner_id = o.owner_id
      where c.${USABLE} and (${pinned} or not exists (
        select from user_engine.attribute_catalogs later
        where later.scope_id = c.scope_id and later.owner_id = c.owner_id and later.key = c.key
          and later.catalog_version > c.catalog_version and later.${USABLE}
      ))`
}

/** One row: the application that is asked for, as far as the scope sees it, and the tenant's binding to it. */
export function place(parameter: <Value = never>(name: FactsName) => Value) {
  const application = sql`${parameter('applicationId')}::uuid`
  return sql`(
    select app.scope_id, app.id as owner_id, b.catalog_id as pinned,
      ${sql.join([...columnsOfPart('application', 'app', applicationColumns), ...columnsOfPart('binding', 'b', applicationBindingColumns)])}
    from (select) as one
    left join (
      select * from user_engine.applications
      where id = ${application} and ${inScopesOrPublished(parameter('scopes'))}
      order by ${ownFirst(parameter('scopes'))} limit 1
    ) as app on true
    left join user_engine.application_bindings as b
      on b.scope_id = ${parameter('tenantId')}::uuid and b.application_id = ${application}
  )`.as('place')
}

/** The values that `factsColumns` asks for. */
export function factsValues(
  { scopes, tenantId }: Access,
  { applicationId, knownCatalogIds }: Omit<ProfileQuery, 'userId'>,
): Readonly<Record<FactsName, unknown>> {
  return {
    scopes: scopes satisfies readonly ScopeId[],
    tenantId,
    applicationId: isUuid(applicationId) ? applicationId : null,
    knownCatalogIds: knownCatalogIds.filter(isUuid),
  }
}

/** Nothing of it where it was not asked for. */
export type FactsRow = Partial<Pick<ProfileFacts, 'application' | 'binding'>> & {
  readonly catalogs?: readonly unknown[]
  readonly values?: unknown
}

export function factsOf(row: FactsRow): ProfileFacts {
  return {
    application: row.application ?? null,
    binding: row.binding ?? null,
    catalogs: (row.catalogs ?? []).map((each) => CATALOG.read(each)),
    values: entriesOf(row.values),
  }
}

/** Many rows as one JSON array for each column, in the order of their ids: a name is sent for none of them, and built for none. */
function arraysOf(columns: readonly string[], row: string): RawBuilder<unknown> {
  const id = sql.ref(`${row}.id`)
  const arrays = columns.map(
    (each) => sql`json_agg(${sql.ref(`${row}.${each.split(' as ')[0]}`)} order by ${id})`,
  )
  return sql`json_build_array(${sql.join(arrays)})`
}

/** What such arrays of `entryColumns` hold; of null, nothing. */
function entriesOf(arrays: unknown): readonly ProfileEntry[] {
  const [layers, attributes, values, sources, catalogIds] = (arrays ?? []) as EntryArrays
  return (attributes ?? []).map((attribute, index) => {
    const of = <Item>(items: readonly Item[] | null | undefined) => items?.[index] as Item
    return {
      layer: of(layers),
      attribute,
      value: of(values),
      source: of(sources),
      catalogId: of(catalogIds),
    }
  })
}

type Items<Name extends keyof ProfileEntry> = readonly ProfileEntry[Name][] | null
type EntryArrays = Partial<
  readonly [Items<'layer'>, Items<'attribute'>, Items<'value'>, Items<'source'>, Items<'catalogId'>]
>
