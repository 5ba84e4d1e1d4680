import type { AuditLog, TimelineEntry } from '@user-engine/store'

import { expectInScope, type Access } from './access.ts'
import { insertion } from './changes.ts'
import { accept } from './isolate.ts'
import { pageOf } from './pages.ts'
import { tables } from './tables.ts'

export function createAuditLog(access: Access): AuditLog {
  return {
    append: (record) =>
      access.write(() => {
        expectInScope(access, record.scopeId)
        return insertion(tables.auditRecords, accept(record))
      }),
    timeline: (query) =>
      access.read((view) => {
        const entries: TimelineEntry[] = [
          ...view.list('auditRecords').map((record) => ({ kind: 'change' as const, record })),
          ...[...access.denials.values()].map((record) => ({ kind: 'denial' as const, record })),
        ]
        const asked = entries.filter(
          ({ record }) =>
            record.scopeId === query.scopeId &&
            access.scopes.includes(record.scopeId) &&
            (query.targetId === null || record.target.id === query.targetId),
        )
        return pageOf(asked, query, ({ record }) => record.id)
      }),
  }
}
