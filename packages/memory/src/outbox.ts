import type { Outbox, PendingEvent } from '@user-engine/store'

import { expectInScope, type Access } from './access.ts'
import { insertion } from './changes.ts'
import { accept } from './isolate.ts'
import { pageOf } from './pages.ts'
import { tables, type OutboxRow } from './tables.ts'

/** The outbox inside a transaction. */
export function createOutbox(access: Access): Outbox {
  return {
    append: (event) =>
      access.write(() => {
        expectInScope(access, event.scopeId)
        const now = access.now()
        return insertion(tables.outboxEvents, {
          scopeId: event.scopeId,
          id: event.id,
          event: accept(event),
          appendedAt: now,
          attempts: 0,
          availableAt: now,
          token: null,
          dead: false,
        })
      }),
    pending: (page) =>
      access.read((view) => {
        const now = access.now()
        const seen = view.list('outboxEvents').filter(({ scopeId }) => access.scopes.includes(scopeId))
        const events = seen.map((row): PendingEvent => ({
          event: row.event,
          attempts: row.attempts,
          state: stateOf(row, now),
        }))
        return pageOf(events, page, ({ event }) => event.id)
      }),
  }
}

/** A lease that has run out is none. */
export function stateOf(row: OutboxRow, now: number): PendingEvent['state'] {
  if (row.dead) return 'dead'
  return row.token !== null && row.availableAt > now ? 'leased' : 'pending'
}
