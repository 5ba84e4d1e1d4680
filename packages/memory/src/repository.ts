import {
  DIRECTORY,
  StoreError,
  type Page,
  type PageRequest,
  type Repository,
  type ScopeId,
} from '@user-engine/store'

import { expectInScope, sees, type Access } from './access.ts'
import { guard, insertion, replacement, type Reference } from './changes.ts'
import { accept } from './isolate.ts'
import { pageOf } from './pages.ts'
import { keyOf, type Rows, type VersionedTable, type VersionedTableName } from './tables.ts'

/** What every versioned noun does. */
export function createRepository<Name extends VersionedTableName>(
  access: Access,
  table: VersionedTable<Name>,
  references: readonly Reference<Name>[] = [],
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

  const guarded = (
    { scopeId, id }: Pick<Rows[Name], 'scopeId' | 'id'>,
    isExpected: (row: Rows[Name]) => boolean,
  ) =>
    access.write(() => {
      if (!sees(access, table.name, { scopeId, id })) {
        throw new StoreError('VERSION_CONFLICT', { kind: table.kind, id })
      }
      return guard(table, { scopeId, id }, (row) => isExpected(row) && sees(access, table.name, row))
    })

  return {
    async find(id) {
      const keys = scopesSeen(id).map((scopeId) => keyOf(scopeId, id))
      const row = await access.readByKey(table.name, keys)
      return row !== null && sees(access, table.name, row) ? row : null
    },
    insert: (record) =>
      access.write(() => {
        const row = isolateOwn(record)
        if (row.version !== 1) throw new TypeError('A new record has version 1.')
        return insertion(table, row, references)
      }),
    update: (record) => access.write(() => replacement(table, isolateOwn(record), references)),
    guard: (record) => {
      const { version } = record
      return guarded(record, (row) => row.version === version)
    },
    guardState: (record) => {
      const states: readonly string[] = [...record.states]
      return guarded(record, ({ state }) => states.includes(state))
    },
  }
}

/** The records that the scope sees and that match, in order of id. */
export function listSeen<Name extends VersionedTableName>(
  access: Access,
  table: Name,
  page: PageRequest<Rows[Name]['id']>,
  matches: (row: Rows[Name]) => boolean = () => true,
): Promise<Page<Rows[Name], Rows[Name]['id']>> {
  return access.read((view) => {
    const seen = view.list(table).filter((row) => sees(access, table, row) && matches(row))
    return pageOf(seen, page, (row): Rows[Name]['id'] => row.id)
  })
}
