import { StoreError, type VersionedRecord } from '@user-engine/store'

import type { Layer, View } from './layers.ts'
import type { LockMode } from './locks.ts'
import {
  keyOf,
  type IdempotencyRow,
  type Rows,
  type Table,
  type TableName,
  type VersionedTable,
  type VersionedTableName,
} from './tables.ts'

/** A write or a guard, from its call until it is carried out. */
export interface Change {
  readonly table: TableName
  readonly key: string
  /** What a read by id of the same frame finds before the change is carried out; null for a guard. */
  readonly row: Rows[TableName] | null
  readonly mode: LockMode
  /** Carried out before all others: an idempotency key tells of a replay before any version does. */
  readonly first: boolean
  /** The unique values that it takes or frees. `view` shows the row as it is under its lock. */
  claims(view: View): readonly string[]
  /** Checks and writes at once. Throws what is in its way. */
  apply(view: View, layer: Layer): void
}

/** A reference of a row to another one, by its key. */
export type Reference<Name extends TableName> = (row: Rows[Name]) => { table: TableName; key: string }

export function insertion<Name extends TableName>(
  table: Table<Name>,
  row: Rows[Name],
  references: readonly Reference<Name>[] = [],
): Change {
  const key = keyOf(row.scopeId, row.id)
  const claims = table.claims(row)
  return {
    table: table.name,
    key,
    row,
    mode: 'exclusive',
    first: false,
    claims: () => claims.map(({ name }) => name),
    apply(view, layer) {
      if (view.find(table.name, key) !== null) throw new StoreError('CONFLICT', { constraint: table.primary })
      write(table, key, row, view, layer, references)
    },
  }
}

export function replacement<Name extends VersionedTableName>(
  table: VersionedTable<Name>,
  row: Rows[Name],
  references: readonly Reference<Name>[] = [],
): Change {
  const key = keyOf(row.scopeId, row.id)
  const claimsOf = (one: Rows[Name] | null) => (one === null ? [] : table.claims(one).map(({ name }) => name))
  return {
    table: table.name,
    key,
    row,
    mode: 'exclusive',
    first: false,
    claims: (view) => [...claimsOf(view.find(table.name, key)), ...claimsOf(row)],
    apply(view, layer) {
      const stored = expectRow(table, view, row, ({ version }) => version === row.version - 1)
      for (const claim of claimsOf(stored)) layer.claims.set(claim, null)
      write(table, key, { ...row, createdAt: stored.createdAt }, view, layer, references)
    },
  }
}

/** That a record is there, and as it is expected. */
export function guard<Name extends VersionedTableName>(
  table: VersionedTable<Name>,
  { scopeId, id }: Pick<VersionedRecord, 'scopeId' | 'id'>,
  isExpected: (row: Rows[Name]) => boolean,
): Change {
  return {
    table: table.name,
    key: keyOf(scopeId, id),
    row: null,
    mode: 'share',
    first: false,
    claims: () => [],
    apply: (view) => void expectRow(table, view, { scopeId, id }, isExpected),
  }
}

/** Takes a key that is free or has expired. */
export function keyInsertion(
  table: Table<'idempotencyRecords'>,
  row: IdempotencyRow,
  now: () => number,
): Change {
  const key = keyOf(row.scopeId, row.id)
  return {
    table: table.name,
    key,
    row,
    mode: 'exclusive',
    first: true,
    claims: () => [],
    apply(view, layer) {
      const taken = view.find('idempotencyRecords', key)
      if (taken !== null && taken.expiresAt > now()) {
        throw new StoreError('CONFLICT', { constraint: table.primary })
      }
      layer.rows.idempotencyRecords.set(key, row)
    },
  }
}

function write<Name extends TableName>(
  table: Table<Name>,
  key: string,
  row: Rows[Name],
  view: View,
  layer: Layer,
  references: readonly Reference<Name>[],
): void {
  for (const { constraint, name } of table.claims(row)) {
    if (view.claimedBy(name) !== null) throw new StoreError('CONFLICT', { constraint })
    layer.claims.set(name, key)
  }
  for (const reference of references) {
    const named = reference(row)
    if (view.find(named.table, named.key) === null) {
      throw new StoreError('CONFLICT', { constraint: 'reference' })
    }
  }
  layer.rows[table.name].set(key, row)
}

function expectRow<Name extends VersionedTableName>(
  table: VersionedTable<Name>,
  view: View,
  { scopeId, id }: Pick<VersionedRecord, 'scopeId' | 'id'>,
  isExpected: (row: Rows[Name]) => boolean,
): Rows[Name] {
  const stored = view.find(table.name, keyOf(scopeId, id))
  if (stored === null || !isExpected(stored)) {
    throw new StoreError('VERSION_CONFLICT', { kind: table.kind, id })
  }
  return stored
}
