import type { RecordKind, Repository, RecordVersion, VersionedRecord } from '@user-engine/store'

import type { Row } from './batch.ts'
import { isolate } from './isolate.ts'
import type { Access } from './reads.ts'
import type { Template } from './template.ts'
import { bufferGuard, bufferRecord, type WriteBuffer } from './write-buffer.ts'

/** What the repositories of all versioned nouns have in common: find by id, and writes that wait in the buffer. */
export function createRepository<Record extends VersionedRecord>(
  kind: RecordKind,
  access: Access,
  buffer: WriteBuffer,
  find: Template<'scopes' | 'id'>,
): Repository<Record> {
  const { buffered } = access
  return {
    async find(id) {
      access.assertUsable()
      const own = buffered.record(kind, id)
      if (own !== null) return own as Record
      return first<Record>(await access.read(find({ scopes: access.scopes, id }), []))
    },
    async insert(record) {
      access.assertWritable(record.scopeId, kind)
      if (record.version !== 1) throw new TypeError('A new record has version 1.')
      bufferRecord(buffer, buffered, kind, frozen(record), true)
    },
    async update(record) {
      access.assertWritable(record.scopeId, kind)
      bufferRecord(buffer, buffered, kind, frozen(record), false)
    },
    async guard({ scopeId, id, version }: RecordVersion<Record>) {
      access.assertUsable()
      bufferGuard(buffer, buffered, { kind, scopeId, id, version })
    },
  }
}

/** What is written is what was given: later changes of the caller's object are not. */
function frozen<Record extends VersionedRecord>(record: Record): Record {
  return Object.freeze(isolate(record))
}

export function first<Item>(rows: readonly Row[]): Item | null {
  return (rows[0] as Item | undefined) ?? null
}
