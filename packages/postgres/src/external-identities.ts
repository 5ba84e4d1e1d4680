import {
  DIRECTORY,
  isUuid,
  type ExternalIdentity,
  type ExternalIdentityRepository,
  type SignIn,
} from '@user-engine/store'
import { sql } from 'kysely'

import { db } from './database.ts'
import { rowsOfPage } from './limits.ts'
import { FIRST, toPage, type Access } from './reads.ts'
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

type SubjectName = 'scopes' | 'scopeId' | 'issuer' | 'subject'

const findLinked = template<SubjectName>((parameter) =>
  db
    .selectFrom('external_identities')
    .select(identityColumns)
    .where('scope_id', '=', parameter('scopeId'))
    .where(inScopes(parameter('scopes')))
    .where('issuer', '=', parameter('issuer'))
    .where('subject', '=', parameter('subject'))
    .where('state', '=', sql.lit('linked')),
)

const listByUser = template<'scopes' | 'userId' | 'after' | 'limit'>((parameter) =>
  db
    .selectFrom('external_identities')
    .select(identityColumns)
    .where(inScopes(parameter('scopes')))
    .where('user_id', '=', parameter('userId'))
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

/** Always one row: the tenant is told even where nobody has the identity. */
const resolve = template<SubjectName | 'tenantId'>((parameter) =>
  db
    .selectFrom(sql`(select)`.as('one'))
    .leftJoin('external_identities as i', (join) =>
      join
        .on('i.scope_id', '=', parameter('scopeId'))
        .on(inScopes(parameter('scopes'), 'i.scope_id'))
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
    ]),
)

function part<Record>(
  row: Readonly<globalThis.Record<string, unknown>>,
  alias: keyof typeof PARTS,
): Record | null {
  if (row[`${alias}_id`] === null) return null
  const entries = PARTS[alias].map((name) => [
    name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
    row[`${alias}_${name}`],
  ])
  return Object.fromEntries(entries) as Record
}

export function createExternalIdentityRepository(access: Access): ExternalIdentityRepository {
  const { scopes, tenantId } = access
  return {
    ...createRepository<ExternalIdentity>('external_identity', access, find),
    findLinked: ({ scopeId, issuer, subject }) =>
      access.call(async () => {
        if (!scopes.includes(scopeId)) return null
        const statement = findLinked({ scopes, scopeId, issuer, subject })
        return first<ExternalIdentity>(await access.read(statement, ['external_identities']))
      }),
    resolve: ({ scopeId, issuer, subject }) =>
      access.call(async (): Promise<SignIn> => {
        const seen = scopes.includes(scopeId) ? scopeId : null
        const rows = await access.read(resolve({ scopes, scopeId: seen, issuer, subject, tenantId }), [
          'external_identities',
          'users',
          'accounts',
          'tenants',
          'tenant_accounts',
        ])
        const row = rows[0] ?? {}
        return {
          identity: part(row, 'i'),
          user: part(row, 'u'),
          account: part(row, 'a'),
          tenant: part(row, 't'),
          tenantAccount: part(row, 'ta'),
        }
      }),
    listByUser: (userId, { after, limit }) =>
      access.call(async () => {
        const values = { scopes, userId, after: after ?? FIRST, limit: rowsOfPage(limit) }
        if (!isUuid(userId)) return { items: [], next: null }
        const rows = await access.read(listByUser(values), ['external_identities'])
        return toPage(rows as unknown as readonly ExternalIdentity[], limit)
      }),
  }
}
