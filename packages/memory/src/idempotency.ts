import type { IdempotencyKey, IdempotencyLog } from '@user-engine/store'

import { expectInScope, type Access } from './access.ts'
import { keyInsertion } from './changes.ts'
import { accept } from './isolate.ts'
import { keyOf, tables } from './tables.ts'

const idOf = ({ actor, key }: IdempotencyKey) => keyOf(actor, key)

export function createIdempotencyLog(access: Access): IdempotencyLog {
  return {
    async find(key) {
      if (!access.scopes.includes(key.scopeId)) return null
      const row = await access.readByKey('idempotencyRecords', [keyOf(key.scopeId, idOf(key))])
      return row !== null && row.expiresAt > access.now() ? row.record : null
    },
    insert: (record, ttlMs) =>
      access.write(() => {
        expectInScope(access, record.scopeId)
        if (!(ttlMs > 0)) throw new TypeError('A key is kept for more than 0 ms.')
        const { scopeId } = record
        const row = { scopeId, id: idOf(record), record: accept(record), expiresAt: access.now() + ttlMs }
        return keyInsertion(tables.idempotencyRecords, row, () => access.now())
      }),
  }
}
