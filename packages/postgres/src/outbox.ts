import { DIRECTORY, type Outbox, type OutboxEvent, type PendingEvent } from '@user-engine/store'
import { sql } from 'kysely'

import type { Row } from './batch.ts'
import { db } from './database.ts'
import { isolate } from './isolate.ts'
import { rowsOfPage } from './limits.ts'
import { FIRST, pageOfTwo, type Access } from './reads.ts'
import { inScopes, template } from './template.ts'

export const eventColumns = [
  'scope_id as scopeId',
  'id',
  'type',
  'aggregate_kind as aggregateKind',
  'aggregate_id as aggregateId',
  'aggregate_version as aggregateVersion',
  'ordinal',
  'occurred_at as occurredAt',
  'command_id as commandId',
  'correlation_id as correlationId',
  'data',
] as const

/** An event from its row. */
export function toEvent(row: Row): OutboxEvent {
  const { aggregateKind, aggregateId, ...event } = row as unknown as Omit<OutboxEvent, 'aggregate'> & {
    readonly aggregateKind: OutboxEvent['aggregate']['kind']
    readonly aggregateId: string
  }
  return { ...event, aggregate: { kind: aggregateKind, id: aggregateId } }
}

/** Without the token, which is the relay's alone. */
const pending = template<'scopes' | 'tenantId' | 'after' | 'limit'>((parameter) => {
  const limit = parameter<number>('limit')
  const half = (scopeId: string) =>
    db
      .selectFrom('outbox_events')
      .select(eventColumns)
      .select('attempts')
      .select(
        sql<PendingEvent['state']>`case
          when dead_at is not null then 'dead'
          when leased and available_at > now() then 'leased'
          else 'pending'
        end`.as('deliveryState'),
      )
      .where('scope_id', '=', scopeId)
      .where(inScopes(parameter('scopes')))
      .where('id', '>', parameter('after'))
      .orderBy('id')
      .limit(limit)
  return pageOfTwo(half(DIRECTORY), half(parameter('tenantId')), limit)
})

export function createOutbox(access: Access): Outbox {
  return {
    append: (event) =>
      access.write(event.scopeId, event.aggregate.kind, () => void access.buffer.events.push(isolate(event))),
    pending: ({ after, limit }) =>
      access.call(async () => {
        const { scopes, tenantId } = access
        const values = { scopes, tenantId, after: after ?? FIRST, limit: rowsOfPage(limit) }
        const rows = await access.scan(pending(values), ['outbox_events'])
        const items = rows.slice(0, limit).map(({ attempts, deliveryState, ...event }) => ({
          event: toEvent(event),
          attempts: attempts as number,
          state: deliveryState as PendingEvent['state'],
        }))
        return { items, next: rows.length > limit ? (items.at(-1)?.event.id ?? null) : null }
      }),
  }
}
