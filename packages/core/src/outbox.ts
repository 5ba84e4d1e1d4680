import { parseEventId, type OutboxEvent } from '@user-engine/store'

import { defineQuery, scopeIdOf, type Operations } from './command.ts'
import { decodeCursor, encodePage } from './cursor.ts'
import { pageFields } from './input.ts'

/** An event as CloudEvents 1.0 has it, in the JSON format: ready for `JSON.stringify`. */
export interface CloudEvent {
  readonly specversion: '1.0'
  /** Stable over every delivery: deduplicate by it. */
  readonly id: string
  readonly source: string
  /** e.g. `user.suspended`. */
  readonly type: string
  /** `kind/id` of the record. */
  readonly subject: string
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly data: OutboxEvent['data']
  /** Extension: the record's version. Its events come in this order, without a gap. */
  readonly ueaggregateversion: number
  /**
   * Extension: since when the history runs that the event is of; a restore begins another. Order a record's events by this
   * and then by version.
   */
  readonly ueepoch: string
  /** Extension: the command that the event and its audit record came from. */
  readonly uecommandid: string
  /** Extension: the host's trace of the request, where it gave one. */
  readonly uecorrelationid?: string
}

export function toCloudEvent(event: OutboxEvent, epoch: string): CloudEvent {
  const { id, type, scopeId, aggregate, aggregateVersion, occurredAt, commandId, correlationId, data } = event
  return {
    specversion: '1.0',
    id,
    source: `urn:user-engine:scope:${scopeId}`,
    type,
    subject: `${aggregate.kind}/${aggregate.id}`,
    time: occurredAt.toISOString(),
    datacontenttype: 'application/json',
    data,
    ueaggregateversion: aggregateVersion,
    ueepoch: epoch,
    uecommandid: commandId,
    ...(correlationId === null ? {} : { uecorrelationid: correlationId }),
  }
}

export const outboxQueries = {
  /** What of the context's tenant, or of the directory where there is none, is not delivered yet; nothing is claimed. */
  pendingEvents: defineQuery(pageFields, {
    action: 'outbox.pending',
    scope: 'context',
    target: (_, { tenantId }) => ({ kind: 'tenant', id: tenantId }),
    async read(tx, input, { tenantId }) {
      const scopeId = scopeIdOf('context', tenantId)
      const after = decodeCursor('outbox', scopeId, input.cursor, parseEventId)
      const page = await tx.outbox.pending({ after, limit: input.limit })
      // A composition sees the directory's events beside the tenant's.
      const items = page.items.filter(({ event }) => event.scopeId === scopeId)
      return encodePage('outbox', scopeId, { ...page, items })
    },
  }),
}

export type OutboxQueries = Operations<typeof outboxQueries>
