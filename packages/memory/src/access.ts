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

export type Place = Readonly<{ scopeId: ScopeId; id: string }>

/** A tenant's scope sees its own row of the directory; else a scope sees what it may write. */
export function sees(
  { scope, scopes }: Pick<Access, 'scope' | 'scopes'>,
  table: TableName,
  place: Place,
): boolean {
  if (scopes.includes(place.scopeId)) return true
  return (
    table === 'tenants' &&
    scope.kind === 'tenant' &&
    place.scopeId === DIRECTORY &&
    place.id === scope.tenantId
  )
}

export function expectInScope(
  { scopes }: Pick<Access, 'scopes'>,
  scopeId: ScopeId,
  kind: RecordKind | null = null,
): void {
  if (!scopes.includes(scopeId)) throw new StoreError('TENANT_BOUNDARY', { kind })
}
