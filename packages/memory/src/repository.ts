import { DIRECTORY, StoreError, type Repository, type ScopeId } from '@user-engine/store'

import { expectInScope, sees, type Access } from './access.ts'
import { guard, insertion, replacement, type Reference } from './changes.ts'
import { accept } from './isolate.ts'
import { keyOf, type Rows, type VersionedTable, type VersionedTableName } from './tables.ts'

/** What every versioned noun does. */
export function createRepository<Name extends VersionedTableName>(
  access: Access,
  table: VersionedTable<Name>,
  reference?: Reference<Name>,
): Repository<Rows[Name]> {
  const scopesSeen = (id: string): ScopeId[] =>
    [...new Set([...access.scopes, DIRECTORY])].filter((scopeId) => sees(access, table.name, { scopeId, id }))

  function isolateOwn(record: Rows[Name]): Rows[Name] {
    const row = accept(record)
    expectInScope(access, row.scopeId, table.kind)
    if (table.home !== 'both' && (row.scopeId === DIRECTORY) !== (table.home === 'directory')) {
      throw new TypeError(
        `A record of kind ${table.kind} lives in ${table.home === 'tenant' ? 'a tenant' : 'the directory'}.`,
      )
    }
    return row
  }

  return {
    find: (id) =>
      access.readByKey(
        table.name,
        scopesSeen(id).map((scopeId) => keyOf(scopeId, id)),
      ),
    insert: (record) =>
      access.write(() => {
        const row = isolateOwn(record)
        if (row.version !== 1) throw new TypeError('A new record has version 1.')
        return insertion(table, row, reference)
      }),
    update: (record) => access.write(() => replacement(table, isolateOwn(record), reference)),
    guard: (record) =>
      access.write(() => {
        const { scopeId, id, version } = record
        if (!sees(access, table.name, record))
          throw new StoreError('VERSION_CONFLICT', { kind: table.kind, id })
        return guard(table, { scopeId, id, version })
      }),
  }
}
