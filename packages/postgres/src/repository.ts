import {
  DIRECTORY,
  isUuid,
  type RecordKind,
  type RecordState,
  type RecordVersion,
  type Repository,
  type VersionedRecord,
} from '@user-engine/store'

import type { Row } from './batch.ts'
import { isolate } from './isolate.ts'
import type { Access } from './reads.ts'
import type { Template } from './template.ts'
import { bufferGuard, bufferInsert, bufferUpdate } from './write-buffer.ts'

/** What the repositories of all versioned nouns have in common: find by id, and writes that wait in the buffer. */
export function createRepository<Record extends VersionedRecord>(
  kind: RecordKind,
  access: Access,
  find: Template<'scopes' | 'id'>,
): Repository<Record> {
  const { buffer, buffered, scopes } = access
  return {
    find: (id) =>
      access.call(async () => {
        const own = buffered.record(kind, scopes, id)
        if (own !== null) return isolate(own) as Record
        return isUuid(id) ? first<Record>(await access.read(find({ scopes, id }), [])) : null
      }),
    insert: (record) =>
      access.write(record.scopeId, kind, () => {
        if (record.version !== 1) throw new TypeError('A new record has version 1.')
        bufferInsert(buffer, buffered, kind, atHome(kind, record))
      }),
    update: (record) =>
      access.write(record.scopeId, kind, () => bufferUpdate(buffer, buffered, kind, atHome(kind, record))),
    guard: ({ scopeId, id, version }: RecordVersion<Record>) =>
      access.call(async () => bufferGuard(buffer, buffered, { kind, scopeId, id, expected: version })),
    guardState: ({ scopeId, id, states }: RecordState<Record>) =>
      access.call(async () => bufferGuard(buffer, buffered, { kind, scopeId, id, expected: [...states] })),
  }
}

/** Of the nouns that live in one of both only. */
const HOMES: Partial<Record<RecordKind, 'the directory' | 'a tenant'>> = {
  tenant: 'the directory',
  user: 'the directory',
  account: 'the directory',
  tenant_account: 'a tenant',
  group: 'a tenant',
  membership: 'a tenant',
  application_binding: 'a tenant',
}

/** What is written is what was given: later changes of the caller's object are not. */
function atHome(kind: RecordKind, record: VersionedRecord): VersionedRecord {
  const home = HOMES[kind]
  if (home !== undefined && home !== (record.scopeId === DIRECTORY ? 'the directory' : 'a tenant')) {
    throw new TypeError(`A record of kind ${kind} lives in ${home}.`)
  }
  return isolate(record)
}

export function first<Item>(rows: readonly Row[]): Item | null {
  return (rows[0] as Item | undefined) ?? null
}
