import type { ScopeId } from '@user-engine/store'
import { sql } from 'kysely'

import type { Statement } from './batch.ts'
import { db } from './database.ts'
import { template } from './template.ts'

const one = template<'scope'>((parameter) =>
  db.selectNoFrom(sql`user_engine.bind_scope(${parameter('scope')}::uuid)`.as('bound')),
)

const two = template<'scope' | 'beside'>((parameter) =>
  db.selectNoFrom(
    sql`user_engine.bind_scope(${parameter('scope')}::uuid, ${parameter('beside')}::uuid)`.as('bound'),
  ),
)

/** Binds the scopes until the transaction ends. It comes first: row security is decided by what is bound. */
export function bindScope([scope, beside]: readonly ScopeId[]): Statement {
  return beside === undefined ? one({ scope }) : two({ scope, beside })
}
