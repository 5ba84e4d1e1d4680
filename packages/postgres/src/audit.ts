import type { Actor, AuditLog, AuditRecord, DenialRecord, Target, TimelineEntry } from '@user-engine/store'
import { sql } from 'kysely'

import { db } from './database.ts'
import { isolate } from './isolate.ts'
import { rowsOfPage } from './limits.ts'
import { FIRST, pageOfTwo, type Access } from './reads.ts'
import { inScopes, template } from './template.ts'

type Name = 'scopes' | 'scopeId' | 'targetId' | 'after' | 'limit'

const common = [
  'scope_id as scopeId',
  'id',
  'occurred_at as occurredAt',
  'actor_kind as actorKind',
  'actor_id as actorId',
  'action',
  'target_kind as targetKind',
  'target_id as targetId',
  'correlation_id as correlationId',
] as const

function timeline(byTarget: boolean) {
  return template<Name>((parameter) => {
    const limit = parameter<number>('limit')
    const half = (table: 'audit_records' | 'denials') =>
      db
        .selectFrom(table)
        .select(common)
        .where('scope_id', '=', parameter('scopeId'))
        .where(inScopes(parameter('scopes')))
        .where('id', '>', parameter('after'))
        .$if(byTarget, (query) => query.where('target_id', '=', parameter<string>('targetId')))
        .orderBy('id')
        .limit(limit)
    const changes = half('audit_records').select([
      'command_id as commandId',
      'changes',
      sql<string | null>`null::text`.as('reason'),
    ])
    const denials = half('denials').select([
      sql<string | null>`null::uuid`.as('commandId'),
      sql<string | null>`null::jsonb`.as('changes'),
      'reason',
    ])
    return pageOfTwo(changes, denials, limit)
  })
}

const all = timeline(false)
const ofTarget = timeline(true)

type TimelineRow = Omit<AuditRecord, 'actor' | 'target'> &
  Omit<DenialRecord, 'actor' | 'target' | 'id'> & {
    readonly actorKind: Actor['kind']
    readonly actorId: string
    readonly targetKind: Target['kind']
    readonly targetId: string | null
  }

function toEntry(row: TimelineRow): TimelineEntry {
  const { scopeId, id, occurredAt, actorKind, actorId, action, targetKind, targetId, correlationId } = row
  const both = {
    scopeId,
    occurredAt,
    actor: { kind: actorKind, id: actorId },
    action,
    target: { kind: targetKind, id: targetId },
    correlationId,
  }
  const { commandId, changes, reason } = row
  if (reason !== null) {
    return { kind: 'denial', record: { ...both, id: id as string as DenialRecord['id'], reason } }
  }
  return { kind: 'change', record: { ...both, id, commandId, changes } }
}

export function createAuditLog(access: Access): AuditLog {
  return {
    append: (record) =>
      access.write(record.scopeId, null, () => void access.buffer.audit.push(isolate(record))),
    timeline: ({ scopeId, targetId, after, limit }) =>
      access.call(async () => {
        const { scopes } = access
        const values = { scopes, scopeId, targetId, after: after ?? FIRST, limit: rowsOfPage(limit) }
        if (!scopes.includes(scopeId)) return { items: [], next: null }
        const rows = await access.scan((targetId === null ? all : ofTarget)(values), ['audit_records'])
        const items = rows.slice(0, limit).map((row) => toEntry(row as unknown as TimelineRow))
        return { items, next: rows.length > limit ? (items.at(-1)?.record.id ?? null) : null }
      }),
  }
}
