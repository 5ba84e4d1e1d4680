import { isUuid, type RecordKind, type ScopeId } from '@user-engine/store'
import { sql, type Expression } from 'kysely'

import type { Row, Statement } from './batch.ts'
import { db } from './database.ts'
import { rowsOfPage } from './limits.ts'
import type { Template } from './template.ts'
import type { Buffered, WriteBuffer } from './write-buffer.ts'

/** What a repository needs of the transaction that it belongs to. */
export interface Access {
  /** The scopes that may be written, the directory first. */
  readonly scopes: readonly ScopeId[]
  readonly tenantId: string | null
  /** Where writes wait. */
  readonly buffer: WriteBuffer
  /** The unsent writes that the transaction sees: its own, and those around it. */
  readonly buffered: Buffered
  /** Makes a call: TypeError, or what made the transaction lost, where it can't be made. One that fails makes it lost. */
  call<Answer>(work: () => Promise<Answer>): Promise<Answer>
  /** Makes a call that changes the buffer; TENANT_BOUNDARY where the scope is not bound for writing. */
  write(scopeId: ScopeId, kind: RecordKind | null, change: () => void): Promise<void>
  /**
   * Reads, inside of a call. Reads of one turn travel together. `over` names the tables whose unsent writes the answer
   * depends on: where there are any, they are sent first.
   */
  read(statement: Statement, over: readonly TableName[]): Promise<readonly Row[]>
  /** The same for what may be long: a page, a count. What others read does not wait for it. */
  scan(statement: Statement, over: readonly TableName[]): Promise<readonly Row[]>
}

export type TableName =
  | 'tenants'
  | 'users'
  | 'accounts'
  | 'external_identities'
  | 'tenant_accounts'
  | 'groups'
  | 'memberships'
  | 'applications'
  | 'application_bindings'
  | 'attribute_catalogs'
  | 'profile_values'
  | 'audit_records'
  | 'outbox_events'
  | 'idempotency_records'

/**
 * A page, from one row more than it holds: that there is one tells that the list goes on. `of` is the id of what the
 * items belong to, where a list is of something. A list that lies in one scope states it: of one among several the index
 * gives no order, and all of it would be read and sorted for a page. One that lies in two is `pageOfTwo`.
 */
export function readPage<Item extends { readonly id: string }>(
  access: Access,
  statement: Template<'scopes' | 'tenantId' | 'of' | 'after' | 'limit'>,
  { after, limit }: { readonly after: string | null; readonly limit: number },
  over: readonly TableName[],
  of: string | null = null,
) {
  return access.call(async () => {
    const { scopes, tenantId } = access
    const values = { scopes, tenantId, of, after: after ?? FIRST, limit: rowsOfPage(limit) }
    if (of !== null && !isUuid(of)) return toPage<Item>([], limit)
    const rows = await access.scan(statement(values), over)
    return toPage(rows as unknown as readonly Item[], limit)
  })
}

/** A page of what lies in two places. Each is read by its own key and cut, so that neither is read further than the page needs. */
export function pageOfTwo(one: Expression<unknown>, other: Expression<unknown>, limit: number) {
  return db
    .selectFrom(sql<Row>`((${one}) union all (${other}))`.as('both'))
    .selectAll()
    .orderBy(sql`id`)
    .limit(limit)
}

export function toPage<Item extends { readonly id: string }>(rows: readonly Item[], limit: number) {
  const items = rows.slice(0, limit)
  return { items, next: rows.length > limit ? ((items.at(-1)?.id ?? null) as Item['id'] | null) : null }
}

/** Before every id. */
export const FIRST = '00000000-0000-0000-0000-000000000000'
