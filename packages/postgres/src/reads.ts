import type { RecordKind, ScopeId } from '@user-engine/store'

import type { Row, Statement } from './batch.ts'
import { rowsOfPage } from './limits.ts'
import type { Template } from './template.ts'
import type { Buffered } from './write-buffer.ts'

/** What a repository needs of the transaction that it belongs to. */
export interface Access {
  /** The scopes that may be written, the directory first. */
  readonly scopes: readonly ScopeId[]
  readonly tenantId: string | null
  /** The transaction's own unsent writes. */
  readonly buffered: Buffered
  /**
   * Runs a read. Those of one turn travel together. `over` names the tables whose unsent writes the answer depends on:
   * where there are any, they are sent first.
   */
  read(statement: Statement, over: readonly TableName[]): Promise<readonly Row[]>
  /** Throws a TypeError when the transaction can't be used, or what made it lost. */
  assertUsable(): void
  /** The same, and TENANT_BOUNDARY where the scope is not bound for writing. */
  assertWritable(scopeId: ScopeId, kind: RecordKind | null): void
}

export type TableName =
  | 'tenants'
  | 'users'
  | 'accounts'
  | 'external_identities'
  | 'tenant_accounts'
  | 'audit_records'
  | 'outbox_events'
  | 'idempotency_records'

/** A page, from one row more than it holds: that there is one tells that the list goes on. */
export async function readPage<Item extends { readonly id: string }>(
  access: Access,
  statement: Template<'scopes' | 'after' | 'limit'>,
  page: { readonly after: string | null; readonly limit: number },
  over: readonly TableName[],
) {
  const rows = await access.read(
    statement({ scopes: access.scopes, after: page.after ?? FIRST, limit: rowsOfPage(page.limit) }),
    over,
  )
  return toPage(rows as unknown as readonly Item[], page.limit)
}

export function toPage<Item extends { readonly id: string }>(rows: readonly Item[], limit: number) {
  const items = rows.slice(0, limit)
  return { items, next: rows.length > limit ? ((items.at(-1)?.id ?? null) as Item['id'] | null) : null }
}

/** Before every id. */
export const FIRST = '00000000-0000-0000-0000-000000000000'
