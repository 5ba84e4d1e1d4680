import { DIRECTORY, StoreError, type RecordKind, type Scope, type ScopeId } from '@user-engine/store'

import type { Change } from './changes.ts'
import type { View } from './layers.ts'
import type { DenialRows, Rows, TableName } from './tables.ts'

/** What the nouns may do in one frame of a transaction. Answers are copies. */
export interface Access {
  readonly scope: Scope
  readonly scopes: readonly ScopeId[]
  readonly denials: DenialRows
  /** The store's clock, in ms. */
  now(): number
  /** Carries out what is pending, then asks. */
  read<Answer>(query: (view: View) => Answer): Promise<Answer>
  /** The first of the keys that is there. Leaves what is pending as it is: what this frame wrote is known without asking. */
  readByKey<Name extends TableName>(table: Name, keys: readonly string[]): Promise<Rows[Name] | null>
  write(make: () => Change): Promise<void>
}

/** Where a record is, and in what state where it is known. */
export type Place = Readonly<{ scopeId: ScopeId; id: string; state?: string }>

/**
 * A scope sees what it may write. A tenant's scope sees its own row of the directory too, and the directory's
 * applications and catalogs but for drafts.
 */
export function sees(
  { scope, scopes }: Pick<Access, 'scope' | 'scopes'>,
  table: TableName,
  place: Place,
): boolean {
  if (scopes.includes(place.scopeId)) return true
  if (scope.kind !== 'tenant' || place.scopeId !== DIRECTORY) return false
  if (table === 'tenants') return place.id === scope.tenantId
  return (table === 'applications' || table === 'attributeCatalogs') && place.state !== 'draft'
}

export function expectInScope(
  { scopes }: Pick<Access, 'scopes'>,
  scopeId: ScopeId,
  kind: RecordKind | null = null,
): void {
  if (!scopes.includes(scopeId)) throw new StoreError('TENANT_BOUNDARY', { kind })
}
